//! `cargo run -- watch`, while the source of the program changes: with the real cargo, compiler and Terraform.

use std::fs::{File, read_to_string, write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use oleoduto_compiler_call::compiler_call;

const MANIFEST: &str =
    "[package]\nname = \"counter\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[profile.dev]\ndebug = false\n\n[workspace]\n";

/// A program whose name is not that of its binary, with a resource.
fn program(resource: &str) -> String {
    format!(
        r#"
use oleoduto_cdk::{{App, Meta, SynthError}};

fn main() -> std::process::ExitCode {{
    oleoduto_cli::run("numbers", |context| {{
        let mut app = App::new();
        app.stack("one", context.local_state("one")).add_raw("terraform_data", {resource}, [("input", "1".into())], Meta::new());
        Ok::<_, SynthError>(app)
    }})
}}
"#
    )
}

/// A cargo whose compiler finds the libraries that cargo built for this test: a crate of its own would build all of them again.
fn cargo(project: &Path) -> Command {
    let [compiler, options @ ..] = compiler_call!();
    let mut cargo = Command::new("cargo");
    // What a coverage run or a workspace sets for this test's own build is not meant for another one.
    for name in ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_TARGET", "CDKTF_OUTDIR"] {
        cargo.env_remove(name);
    }
    let options: Vec<_> = options.iter().filter(|option| !option.starts_with("--edition")).copied().collect();
    cargo.env("RUSTC", compiler).env("CARGO_ENCODED_RUSTFLAGS", options.join("\u{1f}"));
    cargo.env("CARGO_TARGET_DIR", project.join("target")).env("CARGO_INCREMENTAL", "0").current_dir(project);
    cargo
}

/// A watch, which ends with the test, and the file with what it prints.
struct Watch {
    running: Child,
    log: std::path::PathBuf,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.running.kill().ok();
    }
}

impl Watch {
    fn start(project: &Path, log: &Path) -> Self {
        let file = File::create(log).unwrap();
        let mut cargo = cargo(project);
        cargo.args(["run", "--offline", "--quiet", "--", "watch"]).stdin(Stdio::null());
        let running = cargo.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Self { running, log: log.to_owned() }
    }

    /// What the last of so many rounds printed, once it waits for changes.
    fn round(&mut self, number: usize) -> String {
        let deadline = Instant::now() + Duration::from_secs(300);
        loop {
            let text = read_to_string(&self.log).unwrap();
            let rounds: Vec<&str> = text.split("waiting for changes in").collect();
            if rounds.len() > number {
                return rounds[number - 1].to_owned();
            }
            assert!(self.running.try_wait().unwrap().is_none() && Instant::now() < deadline, "round {number}: {text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn a_changed_source_is_built_and_planned_and_the_watch_survives_one_that_does_not_compile() {
    let (project, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = project.path().join("src/main.rs");
    std::fs::create_dir(project.path().join("src")).unwrap();
    write(project.path().join("Cargo.toml"), MANIFEST).unwrap();
    write(project.path().join(".gitignore"), "target\n").unwrap();
    write(&source, program("\"first\"")).unwrap();
    let mut watch = Watch::start(project.path(), &logs.path().join("log"));
    let planned = watch.round(1);
    assert!(planned.contains("+ one: terraform_data.first"), "{planned}");

    write(&source, program("1")).unwrap();
    let refused = watch.round(2);
    assert!(refused.contains("main.rs changed") && refused.contains("mismatched types"), "{refused}");

    write(&source, program("\"second\"")).unwrap();
    let planned = watch.round(3);
    assert!(planned.contains("+ one: terraform_data.second") && !planned.contains("+ one: terraform_data.first"), "{planned}");

    let pid = watch.running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(watch.running.wait().unwrap().code(), Some(130));
}
