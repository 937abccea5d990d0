//! The generated files as users get them: one snapshot per stack.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::{Path, PathBuf};

use oleoduto_stacks::{Settings, StateStore, app};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn settings() -> Settings {
    Settings {
        project: "oleoduto".into(),
        environment: "dev".into(),
        series: "EIA366_PBRENT366".into(),
        account: "123456789012".into(),
        region: "sa-east-1".into(),
        root: root(),
        out: root().join("cdktf.out"),
        state: StateStore::Local(root()),
        disposable: false,
    }
}

/// Content hashes change with every edit of a job: the snapshots show where they stand, not what they are.
fn without_hashes(json: &str, tag: &str) -> String {
    let text = json.replace(tag, "[image tag]");
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_hexdigit() {
            word.push(c);
            continue;
        }
        out.push_str(if word.len() == 32 { "[hash]" } else { &word });
        word.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

#[test]
fn every_stack_is_what_it_was() {
    let output = app(&settings()).unwrap().synth().unwrap();
    insta::assert_snapshot!("manifest", output.manifest_json());
    let ecr = output.stacks.iter().find(|stack| stack.name == "ecr").unwrap();
    let ecr: serde_json::Value = serde_json::from_str(&ecr.json).unwrap();
    let tag = ecr["output"]["image_tag"]["value"].as_str().unwrap();
    assert_eq!(output.stacks.len(), 6);
    for stack in &output.stacks {
        insta::assert_snapshot!(stack.name.clone(), without_hashes(&stack.json, tag));
    }
}

#[test]
fn the_output_is_the_same_byte_for_byte_and_holds_no_path_of_the_machine() {
    let synth = || app(&settings()).unwrap().synth().unwrap();
    let (first, second) = (synth(), synth());
    assert_eq!(first.manifest, second.manifest);
    for (a, b) in first.stacks.iter().zip(&second.stacks) {
        assert_eq!(a.json, b.json);
        assert!(!a.json.contains(root().to_str().unwrap()), "{} names a folder of this machine", a.name);
    }
}

#[test]
fn settings_that_aws_would_refuse_are_refused_first() {
    let check = |change: fn(&mut Settings)| {
        let mut settings = settings();
        change(&mut settings);
        settings.check().unwrap_err().to_string()
    };
    assert!(settings().check().is_ok());
    assert!(check(|s| s.account = "12".into()).contains("12 digits"));
    assert!(check(|s| s.region = "moon".into()).contains("sa-east-1"));
    assert!(check(|s| s.series = "EIA 366".into()).contains("EIA366_PBRENT366"));
    assert!(check(|s| s.project = "Oleoduto".into()).contains("lower-case"));
    assert!(check(|s| s.environment = "a-very-long-environment-name".into()).contains("shorten"));
}

#[test]
fn a_missing_jobs_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.root = folder.path().to_owned();
    let error = app(&settings).unwrap_err().to_string();
    assert!(error.contains("jobs/src/oleoduto_jobs") && error.contains("--project-dir"), "{error}");
}
