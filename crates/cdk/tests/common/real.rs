//! The real Terraform, with its built-in provider: it needs no registry and no account.

use std::path::Path;
use std::process::Command;

use oleoduto_cdk::{App, Block, BlockWriter, Ref, Resource, Target, Val};
use serde_json::Value as Json;

/// Run Terraform in the folder of stack `s`; what it printed.
pub fn terraform(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder, arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "terraform {arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// What Terraform says against it.
pub fn refusal(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = command(folder, arguments).output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("terraform");
    command.arg(format!("-chdir={}", folder.join("stacks/s").display())).args(arguments);
    command
}

/// Apply, check that a second plan finds nothing to do, and give the outputs.
pub fn apply(folder: &Path, app: App) -> Json {
    app.synth().unwrap().write(folder).unwrap();
    terraform(folder, &["init", "-input=false", "-no-color"]);
    terraform(folder, &["apply", "-auto-approve", "-input=false", "-no-color"]);
    terraform(folder, &["plan", "-detailed-exitcode", "-input=false", "-no-color"]);
    let outputs: Json = serde_json::from_str(&terraform(folder, &["output", "-json"])).unwrap();
    outputs.as_object().unwrap().iter().map(|(name, output)| (name.clone(), output["value"].clone())).collect()
}

/// `terraform_data` with a text: it keeps `input` and gives it as `output`.
pub struct Data<T = String>(pub Val<T>);

pub struct DataRefs(Target);

impl From<Target> for DataRefs {
    fn from(target: Target) -> Self {
        Self(target)
    }
}

impl AsRef<Target> for DataRefs {
    fn as_ref(&self) -> &Target {
        &self.0
    }
}

impl DataRefs {
    pub fn output(&self) -> Ref<String> {
        Ref::new(&self.0, "output")
    }
}

impl<T> Block for Data<T> {
    fn write(&mut self, writer: &mut BlockWriter<'_>) {
        writer.attr("input", &mut self.0);
    }
}

impl<T> Resource for Data<T> {
    const TYPE: &'static str = "terraform_data";
    type Refs = DataRefs;
}
