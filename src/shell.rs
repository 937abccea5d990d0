//! Completions and manual pages, made from the command line itself.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::CommandFactory;

use crate::Cli;

/// Print completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    // Into memory first: the generator panics when a pipe is closed before its end.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "oleoduto", &mut text);
    match std::io::stdout().write_all(&text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("the completions can't be written"),
        _ => Ok(()),
    }
}

/// Write a manual page for the program and each of its commands; the files' paths.
pub(crate) fn manual(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let mut written = Vec::new();
    page(&Cli::command(), "oleoduto", folder, &mut written)?;
    Ok(written)
}

fn page(command: &clap::Command, name: &str, folder: &Path, written: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let path = folder.join(format!("{name}.1"));
    let mut text = Vec::new();
    // Pages name each other by their file names, as git's do.
    clap_mangen::Man::new(command.clone().name(name.to_owned()).display_name(name.to_owned())).render(&mut text)?;
    std::fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))?;
    written.push(path);
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        page(below, &format!("{name}-{}", below.get_name()), folder, written)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn names(command: &clap::Command, prefix: &str, found: &mut Vec<String>) {
        for below in command.get_subcommands() {
            let name = format!("{prefix}-{}", below.get_name());
            names(below, &name, found);
            found.push(name);
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_page_and_completions() {
        let folder = tempfile::tempdir().unwrap();
        let written = manual(folder.path()).unwrap();
        let mut expected = vec!["oleoduto".to_owned()];
        names(&Cli::command(), "oleoduto", &mut expected);
        let mut found: Vec<_> = written.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        let plan = std::fs::read_to_string(folder.path().join("oleoduto-plan.1")).unwrap();
        assert!(plan.contains("keep the plans for") && plan.contains("Examples"), "{plan}");

        let mut completions = Vec::new();
        clap_complete::generate(clap_complete::Shell::Bash, &mut Cli::command(), "oleoduto", &mut completions);
        let completions = String::from_utf8(completions).unwrap();
        for command in Cli::command().get_subcommands() {
            assert!(completions.contains(command.get_name()), "{}", command.get_name());
        }
    }
}
