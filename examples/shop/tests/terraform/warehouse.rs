//! Saved plans, retries and hooks on a program that needs no cloud, through the real Terraform.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

/// Runs the warehouse without a terminal; returns its exit code, its output and its errors.
fn run(folder: &Path, words: &str, variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop_warehouse"));
    command.args(words.split(' ')).current_dir(folder).env_remove("CDKTF_OUTDIR").stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.envs(variables.iter().copied()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// The report of a stack in a run with `--json`.
fn stack(out: &str, name: &str) -> Json {
    let report: Json = serde_json::from_str(out).unwrap();
    report["stacks"].as_array().unwrap().iter().find(|stack| stack["name"] == name).unwrap().clone()
}

#[test]
fn a_plan_is_applied_as_it_is_if_the_assumed_values_became_real() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(folder.path(), "plan --json", &[]);
    assert_eq!(code, 2, "{out}{err}");
    assert_eq!(stack(&out, "labels")["assumed"][0]["source"], "plan");
    let (code, out, err) = run(folder.path(), "apply --json", &[]);
    assert_eq!(code, 0, "{out}{err}");
    let labels = stack(&out, "labels");
    assert_eq!((&labels["result"], &labels["reason"]), (&"applied".into(), &Json::Null));
    let commands = labels["commands"].as_array().unwrap();
    assert!(commands.len() == 1 && commands[0].as_str().unwrap().ends_with("plans/labels.tfplan"), "{commands:?}");
    assert_eq!(run(folder.path(), "plan --refresh", &[]).0, 0, "the next plan finds nothing to do");
    let (_, listed, _) = run(folder.path(), "state list shelves", &[]);
    let rows: Vec<_> = listed.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(rows, ["terraform_data.aisle", "terraform_data.shelf[0]", "terraform_data.shelf[1]"]);
    let (code, out, err) = run(folder.path(), "destroy --yes", &[]);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn a_plan_whose_assumed_value_became_another_one_is_not_applied_unseen() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), "plan", &[]).0, 2);
    assert_eq!(run(folder.path(), "apply shelves --yes", &[("WAREHOUSE_AISLE", "south")]).0, 0);
    let (code, out, err) = run(folder.path(), "apply labels --json", &[]);
    let labels = stack(&out, "labels");
    assert!(code == 1 && labels["result"] == "failed", "{out}{err}");
    let why = &labels["diagnostics"][0]["detail"];
    assert_eq!(why, "terraform_data.label: input: \"north\" is approved, \"south\" is planned now", "{out}");
    let (code, out, err) = run(folder.path(), "apply labels --yes --json", &[]);
    assert!(code == 0 && stack(&out, "labels")["changes"]["add"] == 1, "{out}{err}");
}

#[test]
fn an_error_that_passes_is_tried_again_and_another_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("tried");
    // Fails once, as a service that throttles does.
    let throttled = |text: &str| format!("test -e {0} || {{ touch {0}; echo '{text}' >&2; exit 1; }}", marker.display());
    let command = throttled("ThrottlingException: Rate exceeded");
    let (code, out, err) = run(folder.path(), "apply --yes --json", &[("WAREHOUSE_COMMAND", &command)]);
    assert_eq!(code, 0, "{out}{err}");
    let labels = stack(&out, "labels");
    assert_eq!((labels["retries"].as_array().unwrap().len(), &labels["result"]), (1, &"applied".into()), "{out}");
    assert!(labels["commands"].as_array().unwrap().len() > 1 && err.contains("labels: trying again in 0.01 s"), "{err}");
    assert_eq!(run(folder.path(), "destroy --yes", &[]).0, 0);

    std::fs::remove_file(&marker).unwrap();
    let command = throttled("AccessDenied: no");
    let (code, out, err) = run(folder.path(), "apply --yes --json", &[("WAREHOUSE_COMMAND", &command)]);
    assert!(code == 1 && stack(&out, "labels").get("retries").is_none(), "{out}{err}");
}

#[test]
fn hooks_run_for_their_stacks_and_only_one_before_stops_the_stack() {
    let folder = tempfile::tempdir().unwrap();
    let apply = |before: &str, after: &str| {
        run(folder.path(), "apply --yes --json", &[("WAREHOUSE_BEFORE", before), ("WAREHOUSE_AFTER", after)])
    };
    let (code, out, err) = apply("echo no power; exit 3", "true");
    let labels = stack(&out, "labels");
    assert!(code == 1 && labels["result"] == "failed" && labels["commands"].as_array().unwrap().is_empty(), "{out}{err}");
    assert!(labels["reason"].as_str().unwrap().contains("exit status: 3: no power"), "{out}");
    assert_eq!(stack(&out, "shelves")["result"], "applied", "it has no hook");

    let (code, out, err) = apply("true", "echo $OLEODUTO_STACK $OLEODUTO_COMMAND $OLEODUTO_RESULT > told; exit 4");
    let labels = stack(&out, "labels");
    assert!(code == 0 && labels["result"] == "applied", "{out}{err}");
    assert_eq!(std::fs::read_to_string(folder.path().join("told")).unwrap(), "labels apply applied\n");
    assert_eq!((&labels["hooks"][0]["code"], &labels["hooks"][1]["code"]), (&0.into(), &4.into()));
    assert!(labels["diagnostics"][0]["detail"].as_str().unwrap().contains("exit status: 4"), "{out}");

    let (code, out, _) = apply("touch again", "true");
    assert!(code == 0 && stack(&out, "labels")["result"] == "unchanged" && !folder.path().join("again").exists());
}

#[test]
fn plans_and_applies_say_what_a_stack_costs_if_the_program_does() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let words = "plan --json --report plan.md --report plan.xml --report plan.jsonl";
    let (code, out, err) = run(folder.path(), words, &[]);
    assert_eq!(code, 2, "{out}{err}");
    let rent = serde_json::json!([{"usd": 1.5, "per": "month", "certain": true}]);
    assert_eq!((stack(&out, "shelves")["cost"].clone(), stack(&out, "labels").get("cost")), (rent.clone(), None));
    assert!(read("plan.md").contains("| 1.50 / month | planned |"), "{}", read("plan.md"));
    assert!(read("plan.xml").contains("<property name=\"cost.month\" value=\"1.50\"/>"), "{}", read("plan.xml"));
    assert!(read("plan.jsonl").contains("\"cost\":[{\"usd\":1.5"), "{}", read("plan.jsonl"));
    let (_, out, _) = run(folder.path(), "apply --json", &[]);
    assert_eq!(stack(&out, "shelves")["cost"], rent);
    let (_, out, _) = run(folder.path(), "drift --json", &[]);
    assert_eq!(stack(&out, "shelves").get("cost"), None, "it is about what exists");
}

#[test]
fn a_destroy_looks_at_what_it_could_not_destroy_or_what_is_not_as_it_was_applied() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("tried").display().to_string();
    let once = format!("test -e {marker} || {{ touch {marker}; exit 1; }}");
    let variables = [("WAREHOUSE_FAREWELL", once.as_str())];
    let run = |words: &str| run(folder.path(), words, &variables);
    let commands = |out: &str, name: &str| -> Vec<bool> {
        let commands = stack(out, name)["commands"].as_array().unwrap().clone();
        commands.iter().map(|command| command.as_str().unwrap().contains("-refresh=false")).collect()
    };
    assert_eq!(run("apply --yes").0, 0);
    let (code, out, err) = run("destroy --yes --json");
    assert!(code == 0 && err.contains("labels: refreshing what could not be destroyed"), "{out}{err}");
    assert_eq!((commands(&out, "labels"), commands(&out, "shelves")), (vec![true, false], vec![true]));
    let labels = stack(&out, "labels");
    assert_eq!((&labels["changes"]["remove"], &labels["diagnostics"]), (&1.into(), &serde_json::json!([])), "{out}");
    assert_eq!(stack(&out, "shelves")["changes"]["remove"], 3);

    assert_eq!(run("apply --yes").0, 0);
    assert_eq!(run("state rm shelves terraform_data.aisle").0, 0);
    let (code, out, err) = run("destroy --yes --json");
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(
        (commands(&out, "labels"), commands(&out, "shelves")),
        (vec![true], vec![false]),
        "the state of the shelves changed"
    );
    assert_eq!(stack(&out, "shelves")["changes"]["remove"], 2);
}
