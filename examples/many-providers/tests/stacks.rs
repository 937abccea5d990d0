//! What the stacks declare, and what the real Terraform says of those whose providers it can install here.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use oleoduto_cdk::testing::{Template, plans, validates};
use oleoduto_cdk::{App, Backend};
use serde_json::json;

fn app() -> App {
    many_providers_example::app("sa-east-1", |stack| Backend::Local { path: format!("../../{stack}.tfstate").into() })
}

#[test]
fn each_stack_has_its_provider_and_reads_what_the_others_decide() {
    let output = app().synth().unwrap();
    let dependencies = |stack: &str| output.manifest.stacks[stack].dependencies.clone();
    assert_eq!(dependencies("storage"), ["names"]);
    assert_eq!(dependencies("cluster"), ["storage", "release"]);
    for (stack, source) in [("names", "hashicorp/random"), ("storage", "hashicorp/aws"), ("cluster", "hashicorp/kubernetes")] {
        let text = &output.stacks.iter().find(|known| known.name == stack).unwrap().json;
        assert!(text.contains(&format!("\"source\": \"{source}\"")), "{text}");
    }
    let names = Template::of(app(), "names");
    names.assert_resource_of("random_string", json!({ "length": 8, "special": false, "upper": false }));
    let cluster = Template::of(app(), "cluster");
    let namespace = "${kubernetes_namespace_v1.shop.metadata[0].name}";
    cluster.assert_resource_of("kubernetes_config_map_v1", json!({ "metadata": { "name": "files", "namespace": namespace } }));
}

#[test]
fn terraform_finds_nothing_wrong_in_what_it_can_install() {
    let mut output = app().synth().unwrap();
    output.stacks.retain(|stack| ["release", "storage"].contains(&stack.name.as_str()));
    validates(&output);
    assert_eq!(plans(&output, "release").created(), ["terraform_data.release"]);
}
