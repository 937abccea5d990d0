//! The stack as it is written, and as the real Terraform and provider see it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::process::Command;

use oleoduto_backend::{StateBackend, app};
use oleoduto_cdk::{Backend, S3Backend};

fn settings() -> StateBackend {
    StateBackend {
        project: "oleoduto".into(),
        account: "123456789012".into(),
        region: "sa-east-1".into(),
        bucket: "oleoduto-tfstate-123456789012-sa-east-1".into(),
        kms_key_id: None,
        dynamodb_table: None,
        adopt: false,
        adopt_table: false,
        statements: Vec::new(),
        disposable: false,
    }
}

fn everything() -> StateBackend {
    StateBackend {
        kms_key_id: Some("alias/states".into()),
        dynamodb_table: Some("locks".into()),
        adopt: true,
        adopt_table: true,
        statements: vec![serde_json::json!({
            "Sid": "Theirs",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:user/${aws:username}"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::oleoduto-tfstate-123456789012-sa-east-1/*"
        })],
        disposable: true,
        ..settings()
    }
}

fn local() -> Backend {
    Backend::Local { path: "backend.tfstate".into() }
}

#[test]
fn the_stack_is_what_it_was() {
    let state = Backend::S3(S3Backend::new("oleoduto-tfstate-123456789012-sa-east-1", "oleoduto/backend.tfstate", "sa-east-1"));
    insta::assert_snapshot!("plain", app(&settings(), state, None).synth().unwrap().stacks[0].json);
    insta::assert_snapshot!("everything", app(&everything(), local(), None).synth().unwrap().stacks[0].json);
}

#[test]
fn terraform_finds_nothing_wrong() {
    let out = tempfile::tempdir().unwrap();
    app(&everything(), local(), None).synth().unwrap().write(out.path()).unwrap();
    let folder = format!("-chdir={}", out.path().join("stacks/backend").display());
    for arguments in [&["init", "-backend=false", "-input=false"][..], &["validate", "-json"]] {
        let done = Command::new("terraform").arg(&folder).args(arguments).output().unwrap();
        let shown = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "terraform {arguments:?}: {shown}");
        if arguments[0] == "validate" {
            let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
            assert_eq!((&found["error_count"], &found["warning_count"]), (&0.into(), &0.into()), "{shown}");
        }
    }
}
