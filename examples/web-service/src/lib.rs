//! One stack: a web service on Fargate, in a VPC of its own.

#[rustfmt::skip]
mod bindings;
mod network;
mod service;

use oleoduto_aws::guards::{AllowedRegions, RequiredTags, RunningCosts};
use oleoduto_aws::provider::AwsProvider;
use oleoduto_cdk::{App, Backend, Module};

/// Name of the project and of what is in it.
const NAME: &str = "web";

/// The app: what `main` runs and the tests look at.
pub fn app(region: &str, state: Backend) -> App {
    let mut app = App::new();
    let stack = app.stack(NAME, state);
    stack.provider(AwsProvider::builder().region(region).build());
    // A module in Terraform's own language travels with the stack.
    let names = Module::new("./modules/names").input("project", "Oleoduto").input("part", NAME);
    let name = stack.module("names", names).output::<String>("name");
    let network = network::declare(stack, region, &name);
    service::declare(stack, region, &name, &network);
    app.tags([("Project", NAME)]);
    app.guard(RequiredTags::new(["Project"]));
    app.guard(AllowedRegions::new(["sa-east-1", "us-east-1"]));
    // The service is meant to run; a gateway or a load balancer that is added later is an error.
    app.guard(RunningCosts::new().allow("aws_ecs_service"));
    app
}
