//! The real Terraform, with its built-in provider: it needs no registry and no account.

use std::path::Path;
use std::process::Command;

use oleoduto_cdk::App;
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
