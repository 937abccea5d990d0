//! The command line as a whole: options, manual pages, completions.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use oleoduto_cli::manual;

use crate::command;

fn names(command: &clap::Command, prefix: &str, found: &mut Vec<String>) {
    for below in command.get_subcommands() {
        let name = format!("{prefix}-{}", below.get_name());
        names(below, &name, found);
        found.push(name);
    }
}

#[test]
fn the_command_line_is_consistent() {
    command().debug_assert();
}

#[test]
fn global_options_have_a_heading_of_their_own() {
    let command = command();
    let (global, own): (Vec<_>, Vec<_>) = command.get_arguments().partition(|argument| argument.is_global_set());
    assert!(global.len() >= 6 && global.iter().all(|argument| argument.get_help_heading() == Some("Global options")));
    assert!(own.iter().all(|argument| argument.get_help_heading().is_none()));
}

#[test]
fn every_command_has_a_page_and_completions() {
    let folder = tempfile::tempdir().unwrap();
    let written = manual(&command(), folder.path()).unwrap();
    let mut expected = vec!["oleoduto".to_owned()];
    names(&command(), "oleoduto", &mut expected);
    let mut found: Vec<_> = written.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let plan = std::fs::read_to_string(folder.path().join("oleoduto-plan.1")).unwrap();
    assert!(plan.contains("keep the plans for") && plan.contains("Examples"), "{plan}");

    let mut completions = Vec::new();
    clap_complete::generate(clap_complete::Shell::Bash, &mut command(), "oleoduto", &mut completions);
    let completions = String::from_utf8(completions).unwrap();
    for command in command().get_subcommands() {
        assert!(completions.contains(command.get_name()), "{}", command.get_name());
    }
}
