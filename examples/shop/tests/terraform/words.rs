//! What is looked at and moved by name: `validate`, `show`, `console` and `state mv`, through the real Terraform.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn shop(folder: &Path, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.args(words.split(' ')).current_dir(folder).env_remove("CDKTF_OUTDIR").stdin(Stdio::null());
    command
}

fn run(folder: &Path, words: &str) -> (i32, String, String) {
    let Output { status, stdout, stderr } = shop(folder, words).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

fn good(folder: &Path, words: &str) -> String {
    let (code, out, err) = run(folder, words);
    assert_eq!(code, 0, "{words}: {out}{err}");
    out
}

/// The stacks and addresses in the states.
fn resources(folder: &Path) -> Vec<String> {
    good(folder, "state list").lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_configuration_that_terraform_refuses_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let valid = good(folder.path(), "validate");
    assert_eq!(valid.matches("  valid\n").count(), 2, "{valid}");
    let file = folder.path().join("cdktf.out/stacks/orders/cdk.tf.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("an order", "${terraform_data.none.output}")).unwrap();
    let (code, out, err) = run(folder.path(), "validate --skip-synth");
    assert!(code == 1 && err.contains("Reference to undeclared resource"), "{out}{err}");
    assert_eq!(out.matches("  valid\n").count(), 1, "the other stack is valid: {out}");
}

#[test]
fn states_and_plans_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (code, _, err) = run(folder, "show orders --plan");
    assert!(code == 1 && err.contains("it has no saved plan: run `plan`"), "{err}");
    assert_eq!(run(folder, "plan").0, 2);
    let planned = good(folder, "show --plan");
    assert!(planned.contains("terraform_data.order will be created") && planned.contains("parcel will be created"), "{planned}");
    good(folder, "apply --yes");
    let state = good(folder, "show orders");
    assert!(state.starts_with("orders\n") && state.contains("input  = \"an order\""), "{state}");
    let json: serde_json::Value = serde_json::from_str(&good(folder, "show --json")).unwrap();
    assert_eq!(json["orders"]["values"]["root_module"]["resources"][0]["values"]["input"], "an order");
}

#[test]
fn a_console_has_a_copy_of_the_state_and_locks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let planned = "console orders --plan";
    let evaluate = |words: &str| {
        let mut console = shop(folder, words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(console.stdin.take().unwrap(), "terraform_data.order.input").unwrap();
        let Output { status, stdout, .. } = console.wait_with_output().unwrap();
        assert!(status.success());
        String::from_utf8(stdout).unwrap()
    };
    assert_eq!(evaluate(planned), "\"an order\"\n", "it is planned and not applied");
    good(folder, "apply --yes");
    let mut console = shop(folder, "console orders").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut keyboard = console.stdin.take().unwrap();
    writeln!(keyboard, "terraform_data.order.input").unwrap();
    let copies = || std::fs::read_dir(folder.join("cdktf.out/console")).unwrap().map(|entry| entry.unwrap().path());
    let deadline = Instant::now() + Duration::from_secs(60);
    while !copies().any(|copy| copy.join(".terraform.tfstate.lock.info").exists()) {
        assert!(Instant::now() < deadline, "Terraform locks the copy");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Others plan and apply in the same output folder, and open consoles of their own.
    good(folder, "apply orders --yes --refresh");
    assert_eq!(evaluate(planned), "\"an order\"\n");
    assert_eq!(copies().count(), 1, "the other one is gone");
    drop(keyboard);
    let Output { status, stdout, .. } = console.wait_with_output().unwrap();
    assert!(status.success() && String::from_utf8(stdout).unwrap() == "\"an order\"\n");
    assert_eq!(copies().count(), 0, "the copy of the state is gone");
}

#[test]
fn a_resource_moves_within_a_stack_and_between_stacks() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    good(folder, "apply --yes");
    let (order, parcel) = ("orders terraform_data.order", "shipping terraform_data.parcel");
    assert_eq!(resources(folder), [order, parcel]);
    good(folder, "state mv orders terraform_data.order terraform_data.first");
    assert_eq!(resources(folder), ["orders terraform_data.first", parcel]);
    good(folder, "state mv orders terraform_data.first terraform_data.order");
    good(folder, "state mv shipping terraform_data.parcel orders terraform_data.parcel");
    assert_eq!(resources(folder), [order, "orders terraform_data.parcel"]);
    let copies = std::fs::read_dir(folder.join("cdktf.out/backups")).unwrap().count();
    assert_eq!(copies, 4, "one of each state before each change");
    let (code, _, err) = run(folder, "state mv shipping terraform_data.parcel orders terraform_data.parcel");
    assert!(code == 1 && resources(folder).len() == 2, "{err}");
    good(folder, "state mv orders terraform_data.parcel shipping terraform_data.parcel");
    assert_eq!(run(folder, "plan --refresh").0, 0, "everything is where the program has it");
    let (code, _, err) = run(folder, "state mv orders");
    assert!(code == 1 && err.contains("write OLD NEW, STACK ADDRESS ADDRESS"), "{err}");
}

/// A Terraform that kills the runner instead of writing the state in a file.
fn killing(folder: &Path, file: &str) -> String {
    let path = folder.join("terraform");
    let script =
        format!("#!/bin/sh\ncase \"$*\" in *\"state push\"*{file}) kill -9 $PPID; exit 1;; esac\nexec terraform \"$@\"\n");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn a_move_that_was_killed_is_finished_before_anything_else_happens() {
    for file in ["to.tfstate", "from.tfstate"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        good(folder, "apply --yes");
        let id = |stack: &str| -> Option<String> {
            let text = std::fs::read_to_string(folder.join("states/dev").join(format!("{stack}.tfstate"))).unwrap();
            let state: serde_json::Value = serde_json::from_str(&text).unwrap();
            let rows = state["resources"].as_array().unwrap();
            let parcel = rows.iter().find(|row| row["name"] == "parcel")?;
            Some(parcel["instances"][0]["attributes"]["id"].as_str().unwrap().to_owned())
        };
        let before = id("shipping");
        let words = "state mv shipping terraform_data.parcel orders terraform_data.parcel";
        assert_eq!(run(folder, &format!("--terraform {} {words}", killing(folder, file))).0, -1, "it was killed");
        assert_eq!(id("shipping"), before, "{file}: no state has lost it");
        assert_eq!(id("orders").is_some(), file == "from.tfstate");
        for refused in ["apply --yes", "plan shipping", "destroy shipping --yes", "state rm shipping terraform_data.parcel"] {
            let (code, _, err) = run(folder, refused);
            assert!(code == 1 && err.contains(&format!("`shop {words}` finishes it")), "{refused}: {err}");
        }
        let (code, _, err) = run(folder, "state mv shipping terraform_data.parcel orders terraform_data.box");
        assert!(code == 1 && err.contains("finishes it"), "another move: {err}");
        good(folder, words);
        assert_eq!((id("shipping"), id("orders")), (None, before), "{file}");
        good(folder, "apply --yes");
    }
}
