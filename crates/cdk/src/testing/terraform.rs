//! What the real Terraform says of an output, in a folder that goes afterwards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value as Json, json};
use tempfile::TempDir;

use crate::app::Synthesized;
use crate::names;

/// Terraform merges files with this ending into the others.
/// Source: <https://developer.hashicorp.com/terraform/language/files/override>.
const OVERRIDE: &str = "testing_override.tf.json";
const EMPTY_STATE: &str = "testing.tfstate";

/// `terraform init` without a backend and `terraform validate` of every stack. An error or a warning panics.
///
/// The providers are installed as for anybody: `TF_PLUGIN_CACHE_DIR` saves their download.
#[track_caller]
pub fn validates(output: &Synthesized) {
    let folder = written(output);
    for stack in &output.stacks {
        let place = place(&folder, &stack.name);
        terraform(&place, &["init", "-backend=false", "-input=false", "-no-color"]);
        let said = parsed(&terraform(&place, &["validate", "-json"]));
        let found: String = said["diagnostics"].as_array().into_iter().flatten().map(finding).collect();
        assert!(found.is_empty(), "terraform finds in stack `{}`:{found}", stack.name);
    }
}

/// A finding of `terraform validate`: its place, and what is wrong.
fn finding(diagnostic: &Json) -> String {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let place = text(&diagnostic["snippet"]["context"]);
    let [severity, summary, detail] = ["severity", "summary", "detail"].map(|key| text(&diagnostic[key]));
    format!("\n  {severity} in {place}: {summary}: {detail}")
}

/// The plan of a stack for an account in which it does not exist yet. A failure panics.
///
/// The state of the backend is not read. Values of other stacks are stand-ins: see [`plans_assuming`]. The providers get their
/// credentials as they always do.
#[track_caller]
pub fn plans(output: &Synthesized, stack: &str) -> Plan {
    plans_assuming(output, stack, [])
}

/// The same, with values of other stacks, by the expression that the stack reads: `("aws_subnet.main[*].id", json!(["subnet-1"]))`.
/// Others are texts.
#[track_caller]
pub fn plans_assuming<'a>(output: &Synthesized, stack: &str, values: impl IntoIterator<Item = (&'a str, Json)>) -> Plan {
    let Some(found) = output.stacks.iter().find(|known| known.name == stack) else {
        let known: Vec<_> = output.stacks.iter().map(|stack| stack.name.as_str()).collect();
        panic!("there is no stack `{stack}`, but {known:?}")
    };
    let folder = written(output);
    let place = place(&folder, stack);
    let values = values.into_iter().map(|(read, value)| (names::strip(&names::cross_stack_output(read)), value));
    let overridden = overridden(&parsed(&found.json), &found.json, &values.collect());
    let empty =
        json!({ "version": 4, "terraform_version": "1.10.0", "serial": 1, "lineage": "", "outputs": {}, "resources": [] });
    for (name, content) in [(OVERRIDE, overridden), (EMPTY_STATE, empty)] {
        let written = std::fs::write(place.join(name), content.to_string());
        assert!(written.is_ok(), "can't write {name} in {}: {written:?}", place.display());
    }
    terraform(&place, &["init", "-input=false", "-no-color"]);
    terraform(&place, &["plan", "-input=false", "-no-color", "-out=plan"]);
    Plan(parsed(&terraform(&place, &["show", "-json", "plan"])))
}

/// What Terraform would do.
#[derive(Clone, Debug)]
pub struct Plan(Json);

/// What Terraform would do with a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its address, such as `aws_s3_bucket.data` or `aws_subnet.main[0]`.
    pub address: String,
    /// Terraform's words: `create`, `update`, `delete`, `no-op`.
    pub actions: Vec<String>,
}

impl Plan {
    /// What would be done with each resource.
    pub fn changes(&self) -> Vec<Change> {
        let changes = self.0["resource_changes"].as_array().into_iter().flatten();
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let change = |change: &Json| Change {
            address: text(&change["address"]),
            actions: change["change"]["actions"].as_array().into_iter().flatten().map(text).collect(),
        };
        changes.map(change).collect()
    }

    /// The addresses of the resources that would be created.
    pub fn created(&self) -> Vec<String> {
        self.changes().into_iter().filter(|change| change.actions == ["create"]).map(|change| change.address).collect()
    }

    /// The values that a resource would have, as far as they are known.
    pub fn planned(&self, address: &str) -> Option<&Json> {
        let changes = self.0["resource_changes"].as_array()?;
        Some(&changes.iter().find(|change| change["address"] == address)?["change"]["after"])
    }

    /// All of it, as `terraform show -json` prints it.
    pub fn json(&self) -> &Json {
        &self.0
    }
}

#[track_caller]
fn written(output: &Synthesized) -> TempDir {
    let folder = match TempDir::new() {
        Ok(folder) => folder,
        Err(error) => panic!("can't create a folder: {error}"),
    };
    if let Err(error) = output.write(folder.path()) {
        panic!("{error}");
    }
    folder
}

fn place(folder: &TempDir, stack: &str) -> PathBuf {
    folder.path().join("stacks").join(stack)
}

#[track_caller]
fn parsed(text: &str) -> Json {
    match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => panic!("not JSON: {error}: {text}"),
    }
}

/// What Terraform prints. `validate -json` says what is wrong in what it prints.
#[track_caller]
fn terraform(folder: &Path, arguments: &[&str]) -> String {
    match Command::new("terraform").args(arguments).current_dir(folder).output() {
        Ok(done) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (out, err) = (text(&done.stdout), text(&done.stderr));
            let is_answer = done.status.success() || arguments[0] == "validate";
            assert!(is_answer, "terraform {arguments:?} in {}: {out}{err}", folder.display());
            out
        }
        Err(error) => panic!("terraform can't be run: {error}. Is it in PATH?"),
    }
}

/// A local state in place of the backend, and empty states with default values in place of those that are read.
fn overridden(stack: &Json, text: &str, values: &BTreeMap<String, Json>) -> Json {
    const READS: &str = ".outputs.";
    let mut overriding = json!({ "terraform": { "backend": { "local": {} } } });
    let states = stack["data"]["terraform_remote_state"].as_object().into_iter().flatten();
    let mut sources = Map::new();
    for (id, _) in states {
        let prefix = format!("data.terraform_remote_state.{id}{READS}");
        let mut defaults = Map::new();
        for (index, _) in text.match_indices(&prefix) {
            let name =
                text[index + prefix.len()..].split(|letter: char| !letter.is_ascii_alphanumeric() && !"_-".contains(letter));
            let name = name.into_iter().next().unwrap_or_default();
            defaults.insert(name.to_owned(), values.get(name).cloned().unwrap_or_else(|| name.into()));
        }
        let config = json!({ "path": EMPTY_STATE });
        sources.insert(id.clone(), json!({ "backend": "local", "config": config, "defaults": defaults, "workspace": "default" }));
    }
    if !sources.is_empty() {
        overriding["data"] = json!({ "terraform_remote_state": sources });
    }
    overriding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{App, Backend, Expr, List, Meta, Ref, S3Backend, func};

    fn data(app: &mut App, stack: &str, input: Expr) -> crate::Target {
        let stack = app.stack(stack, Backend::S3(S3Backend::new("states", format!("{stack}.tfstate"), "sa-east-1")));
        stack.add_raw("terraform_data", "data", [("input", input)], Meta::new())
    }

    /// A stack that reads a text and a list of another one.
    fn app() -> App {
        let mut app = App::new();
        let producer = data(&mut app, "producer", vec!["a".into(), "b".into()].into());
        let (id, list) = (Ref::<String>::new(&producer, "id"), Ref::<List<String>>::new(&producer, "output"));
        let input = Expr::object([("id", Expr::from(id)), ("joined", func::join("+", list).into())]);
        data(&mut app, "consumer", input);
        app
    }

    #[test]
    fn a_plan_needs_neither_a_backend_nor_other_stacks() {
        let output = app().synth().unwrap();
        assert_eq!(plans(&output, "producer").created(), ["terraform_data.data"]);
        let plan = plans_assuming(&output, "consumer", [("terraform_data.data.output", json!(["x", "y"]))]);
        assert_eq!(plan.changes(), [Change { address: "terraform_data.data".into(), actions: vec!["create".into()] }]);
        let expected = json!({ "id": "cross-stack-output-terraform_datadataid", "joined": "x+y" });
        assert_eq!(plan.planned("terraform_data.data").unwrap()["input"], expected);
    }

    #[test]
    fn a_valid_output_is_valid() {
        validates(&app().synth().unwrap());
    }

    #[test]
    #[should_panic(expected = "error in resource.terraform_data.data: Extraneous JSON object property: No argument")]
    fn an_output_that_terraform_refuses_panics_with_what_it_says() {
        let mut app = App::new();
        let stack = app.stack("s", Backend::Local { path: "s.tfstate".into() });
        stack.add_raw("terraform_data", "data", [("inptu", Expr::from("x"))], Meta::new());
        validates(&app.synth().unwrap());
    }

    #[test]
    #[should_panic(expected = "terraform [\"plan\"")]
    fn a_plan_that_fails_panics_with_what_terraform_says() {
        let output = app().synth().unwrap();
        // The stand-in of a list is a text, which can't be joined.
        plans(&output, "consumer");
    }
}
