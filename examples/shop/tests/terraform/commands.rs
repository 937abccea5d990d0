//! The commands of a program that has nothing but stacks, through the real Terraform.

use std::path::Path;
use std::process::{Command, Output};

const SHOP: &str = env!("CARGO_BIN_EXE_shop");
/// The same program later.
const APART: &str = env!("CARGO_BIN_EXE_shop_apart");

fn run(folder: &Path, words: &str) -> (i32, String, String) {
    run_program(SHOP, folder, words)
}

fn run_program(program: &str, folder: &Path, words: &str) -> (i32, String, String) {
    let mut command = Command::new(program);
    command.args(words.split(' ')).current_dir(folder).env_remove("CDKTF_OUTDIR");
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn the_stacks_live_from_plan_to_destroy() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let good = |words: &str| {
        let (code, out, err) = run(folder, words);
        assert_eq!(code, 0, "{words}: {out}{err}");
        out
    };
    assert_eq!(good("list"), "orders\nshipping\n");
    assert!(good("graph --format dot").contains("\"orders\" -> \"shipping\";"));
    assert!(good("synth").contains("cdktf.out/stacks/shipping/cdk.tf.json"));
    let (code, out, err) = run(folder, "plan");
    assert_eq!(code, 2, "{out}{err}");
    assert!(out.contains("  + shipping: terraform_data.parcel") && out.contains("planned with assumed values"), "{out}");
    good("apply --yes");
    let (code, _, err) = run(folder, "plan");
    assert_eq!(code, 0, "nothing is left to do");
    assert!(!err.contains("no stack of this program"), "the states of the stacks are no orphans: {err}");
    let number = good("output orders --raw number");
    assert!(number.trim().len() == 36, "{number}");
    assert!(good("state list").contains("shipping       terraform_data.parcel"));
    assert!(folder.join("states/dev/orders.tfstate").is_file());
    let (code, _, err) = run(folder, "destroy orders --yes");
    assert!(code == 1 && err.contains("also select shipping"), "{err}");
    assert!(good("destroy --yes --with-consumers orders").contains("destroyed"));
    assert_eq!(good("state list"), "");
}

#[test]
fn a_stack_lets_go_of_another_one_before_that_deletes_anything() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(folder.path(), "apply --yes --json --parallelism 1");
    assert_eq!(code, 0, "{out}{err}");
    let ended = |out: &str| -> Vec<String> {
        let report: serde_json::Value = serde_json::from_str(out).unwrap();
        assert_eq!(report["succeeded"], true, "{out}");
        report["stacks"].as_array().unwrap().iter().map(|stack| stack["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ended(&out), ["orders", "shipping"]);
    let (_, out, _) = run_program(APART, folder.path(), "apply --yes --json --parallelism 1");
    assert_eq!(ended(&out), ["shipping", "orders"]);
}

#[test]
fn another_environment_has_states_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(folder.path(), "apply orders --yes --env test");
    assert_eq!(code, 0, "{out}{err}");
    assert!(folder.path().join("states/test/orders.tfstate").is_file());
    let (code, _, err) = run(folder.path(), "destroy --yes --skip-synth");
    assert!(code == 1 && err.contains("shop/test"), "the output is of the other environment: {err}");
}

#[test]
fn examples_name_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let (code, help, _) = run(folder.path(), "plan --help");
    assert!(code == 0 && help.contains("  shop plan glue --with-producers") && !help.contains("PROGRAM"), "{help}");
    let (code, script, _) = run(folder.path(), "completions bash");
    assert!(code == 0 && script.contains("shop__subcmd__plan"), "{script}");
    assert_eq!(run(folder.path(), "plan no-such-stack").0, 1);
}

#[test]
fn the_doctor_looks_at_terraform_the_folder_the_stacks_and_their_states() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(folder.path(), "doctor");
    assert_eq!(code, 0, "{out}{err}");
    for wanted in [
        "ok  terraform",
        "ok  project folder  writable",
        "ok  stacks          2, without a mistake",
        "ok  states          in files",
    ] {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
    let (code, out, _) = run(folder.path(), "doctor --json --terraform no-such-terraform");
    assert_eq!(code, 1, "{out}");
    let findings: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&findings[0]["what"], &findings[0]["verdict"]), (&"terraform".into(), &"failure".into()));
    assert!(findings[0]["fix"].as_str().unwrap().starts_with("install Terraform"), "{out}");
}
