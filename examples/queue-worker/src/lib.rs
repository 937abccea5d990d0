//! Two stacks: `network` (a VPC with a subnet per zone) and `worker` (a queue, and a function in those subnets that
//! works it off). The second reads the first: cross-stack references are nothing special.

mod network;
mod worker;

use std::path::Path;

use oleoduto_aws::provider::AwsProvider;
use oleoduto_cdk::{App, Backend, Stack};

/// The app. `handler` is the folder of the function's code; one that can't be read is reported at synth.
pub fn app(region: &str, handler: &Path) -> App {
    let mut app = App::new();
    let network = network::stack(&mut app, region);
    worker::stack(&mut app, region, handler, &network);
    app.tags([("Project", "queue-worker"), ("ManagedBy", "oleoduto")]);
    app
}

/// A stack with its provider and a local state.
fn stack<'a>(app: &'a mut App, region: &str, name: &str) -> &'a mut Stack {
    let stack = app.stack(name, Backend::Local { path: format!("../../../terraform.{name}.tfstate").into() });
    stack.provider(AwsProvider::builder().region(region).build());
    stack
}
