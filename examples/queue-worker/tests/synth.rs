//! The example as its users get it, and as the real Terraform and provider see it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;
use std::process::Command;

use queue_worker_example::app;

fn handler() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("handler")
}

#[test]
fn both_stacks_are_what_they_were() {
    let output = app("sa-east-1", &handler()).synth().unwrap();
    let hash = output.stacks[1].assets[0].hash().to_owned();
    insta::assert_snapshot!("network", output.stacks[0].json);
    insta::assert_snapshot!("worker", output.stacks[1].json.replace(&hash, "[hash]"));
    assert_eq!(output.manifest.stacks["worker"].dependencies, ["network"]);
}

#[test]
fn terraform_finds_nothing_wrong() {
    let out = tempfile::tempdir().unwrap();
    app("sa-east-1", &handler()).synth().unwrap().write(out.path()).unwrap();
    for stack in ["network", "worker"] {
        for arguments in [&["init", "-backend=false", "-input=false"][..], &["validate", "-json"]] {
            let folder = format!("-chdir={}", out.path().join("stacks").join(stack).display());
            let done = Command::new("terraform").arg(folder).args(arguments).output().unwrap();
            let shown = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{stack}: terraform {arguments:?}: {shown}");
            if arguments[0] == "validate" {
                let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
                assert_eq!((&found["error_count"], &found["warning_count"]), (&0.into(), &0.into()), "{shown}");
            }
        }
    }
}

#[test]
fn code_that_is_not_there_is_a_mistake_of_the_stack() {
    let error = app("sa-east-1", Path::new("nowhere")).synth().unwrap_err().to_string();
    assert!(error.contains("nowhere/worker.py") && error.contains("worker/asset.code"), "{error}");
}
