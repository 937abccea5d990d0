//! The generated files as users get them: one snapshot per stack.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::{Path, PathBuf};

use oleoduto_stacks::parameters::Parameters;
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
        parameters: Parameters::default(),
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
fn everything_that_an_environment_can_say() {
    let json = serde_json::json!({
        "sizes": {"glue_worker_type": "G.2X", "glue_workers": 5, "training_instance": "ml.c5.xlarge", "lambda_memory_mb": 256},
        "schedule": {"expression": "cron(0 9 ? * MON-FRI *)", "timezone": "America/Sao_Paulo"},
        "retention": {"log_days": 7, "images": 5, "noncurrent_days": 90},
        "alarms": {"email": "someone@example.org"},
        "tags": {"CostCenter": "42"},
    });
    let read = |key: &str| json[key].clone();
    let parameters = Parameters {
        tags: serde_json::from_value(read("tags")).unwrap(),
        sizes: serde_json::from_value(read("sizes")).unwrap(),
        schedule: serde_json::from_value(read("schedule")).unwrap(),
        retention: serde_json::from_value(read("retention")).unwrap(),
        alarms: serde_json::from_value(read("alarms")).unwrap(),
    };
    let plain = app(&settings()).unwrap().synth().unwrap();
    let output = app(&Settings { parameters, disposable: true, ..settings() }).unwrap().synth().unwrap();
    // Only what differs: the rest is in the snapshots above.
    let mut differences = String::new();
    for (stack, before) in output.stacks.iter().zip(&plain.stacks) {
        differences.push_str(&format!("== {}\n", stack.name));
        let old: Vec<&str> = before.json.lines().collect();
        let new: Vec<&str> = stack.json.lines().collect();
        let added = new.iter().filter(|line| !old.contains(line));
        added.for_each(|line| differences.push_str(&format!("{line}\n")));
    }
    insta::assert_snapshot!("everything", differences);
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
    assert!(check(|s| s.environment = "averylongenvironmentname".into()).contains("shorten"));
}

#[test]
fn environments_and_series_never_meet_in_a_name() {
    // The first part of every name tells its environment and its series: nothing else has the same.
    let read_back = |project: &str, prefix: &str| {
        let rest = prefix.strip_prefix(project).unwrap().strip_prefix('-').unwrap().to_owned();
        let (environment, slug) = rest.split_once('-').unwrap();
        (environment.to_owned(), slug.to_owned())
    };
    for project in ["a", "a-b"] {
        for environment in ["a", "b", "ab", "b1"] {
            for series in ["A", "B", "A_B", "B_A", "AB_A", "B1_A"] {
                let settings =
                    Settings { project: project.into(), environment: environment.into(), series: series.into(), ..settings() };
                settings.check().unwrap();
                assert_eq!(read_back(project, &settings.prefix()), (environment.to_owned(), settings.slug()));
            }
        }
    }
    assert!(Settings { environment: "a-b".into(), ..settings() }.check().is_err());
}

#[test]
fn a_missing_jobs_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.root = folder.path().to_owned();
    let error = app(&settings).unwrap_err().to_string();
    assert!(error.contains("jobs/src/oleoduto_jobs") && error.contains("--project-dir"), "{error}");
}
