//! The READMEs: as long as a newcomer reads, the same in both languages, and a first program that compiles as it is shown.

use std::path::Path;
use std::process::Command;

use oleoduto_compiler_call::compiler_call;

const LONGEST: usize = 100;

fn readme(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The blocks of a document in a language of code, in order.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("\n```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default().to_owned()).collect()
}

/// The command lines of a document, without their comments.
fn commands(text: &str) -> Vec<String> {
    let lines = blocks(text, "sh").join("\n");
    lines.lines().map(|line| line.split("  #").next().unwrap_or_default().trim_end().to_owned()).collect()
}

#[test]
fn both_languages_have_the_same_sections_commands_and_program() {
    let (english, portuguese) = (readme("README.md"), readme("README.pt-BR.md"));
    let sections = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
    assert_eq!(sections(&english), sections(&portuguese));
    assert_eq!(commands(&english), commands(&portuguese));
    assert!(commands(&english).len() > 5);
    assert_eq!(blocks(&english, "rust"), blocks(&portuguese, "rust"));
    assert_eq!(blocks(&english, "text"), blocks(&portuguese, "text"));
}

#[test]
fn they_are_short() {
    for (name, longest) in [("README.md", LONGEST), ("README.pt-BR.md", LONGEST + 5)] {
        let lines = readme(name).lines().count();
        assert!(lines <= longest, "{name} has {lines} lines: move something to docs/");
    }
}

#[test]
fn the_first_program_compiles_as_shown() {
    let folder = tempfile::tempdir().unwrap();
    let [program] = <[String; 1]>::try_from(blocks(&readme("README.md"), "rust")).unwrap();
    let source = folder.path().join("main.rs");
    std::fs::write(&source, program).unwrap();
    let [compiler, options @ ..] = compiler_call!();
    let output = Command::new(compiler)
        .args(options)
        .args(["--crate-type=bin", "--emit=metadata", "-D", "warnings", "--crate-name", "first", "--out-dir"])
        .arg(folder.path())
        .arg(&source)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
