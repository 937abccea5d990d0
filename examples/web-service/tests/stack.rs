//! What the stack declares, and what the real Terraform says of it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use oleoduto_aws::security_group::SecurityGroup;
use oleoduto_aws::subnet::Subnet;
use oleoduto_cdk::testing::{Matcher, Template, validates};
use oleoduto_cdk::{App, Backend};
use serde_json::json;

fn app(region: &str) -> App {
    web_service_example::app(region, Backend::Local { path: "web.tfstate".into() })
}

#[test]
fn the_service_runs_in_public_subnets_behind_a_firewall() {
    let stack = Template::of(app("sa-east-1"), "web");
    stack.assert_resource::<Subnet>(json!({ "count": 2, "tags": { "Name": "${module.names.name}-${count.index}" } }));
    let web = json!({ "from_port": 80, "to_port": 80, "protocol": "tcp", "self": null });
    stack.assert_resource::<SecurityGroup>(Matcher::object([("ingress", Matcher::containing([web]))]));
    let networked = json!({ "subnets": "${aws_subnet.public[*].id}", "security_groups": ["${aws_security_group.service.id}"] });
    stack.assert_resource_of("aws_ecs_service", json!({ "launch_type": "FARGATE", "network_configuration": networked }));
    let container = json!({ "portMappings": [{ "containerPort": 80 }], "logConfiguration": { "logDriver": "awslogs" } });
    let definitions = Matcher::encoded(Matcher::containing([container]));
    stack.assert_resource_of("aws_ecs_task_definition", Matcher::object([("container_definitions", definitions)]));
    let setting = json!([{ "for_each": "${var.cluster_settings}", "content": { "name": "${setting.key}" } }]);
    stack.assert_resource_of("aws_ecs_cluster", json!({ "dynamic": { "setting": setting } }));
    stack.assert_at(&["module", "names", "source"], "./assets/names/*");
}

#[test]
fn a_region_that_is_not_allowed_is_refused() {
    let refused = app("eu-west-1").synth().unwrap_err().to_string();
    assert!(refused.contains("region `eu-west-1` is not allowed") && refused.contains("guard `allowed-regions`"), "{refused}");
}

#[test]
fn terraform_finds_nothing_wrong() {
    validates(&app("sa-east-1").synth().unwrap());
}
