//! `oleoduto completions` and `oleoduto man`, derived from the command line itself.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  source <(oleoduto completions bash)\n  oleoduto completions zsh > ~/.zfunc/_oleoduto")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

impl CompletionsArgs {
    /// Print the completions of the program.
    pub(crate) fn run(self, mut program: clap::Command) -> anyhow::Result<ExitCode> {
        // Into memory first: the generator panics when a pipe is closed before its end.
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut program, "oleoduto", &mut text);
        match std::io::stdout().write_all(&text) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(error).context("the completions can't be written")
            }
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}

/// Write manual pages, one per command
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// Directory to write the pages to
    #[arg(long, default_value = "man")]
    out: PathBuf,
}

impl ManArgs {
    /// Write the pages of the program and print their paths.
    pub(crate) fn run(self, program: &clap::Command) -> anyhow::Result<ExitCode> {
        manual(program, &self.out)?.iter().for_each(|path| outln!("{}", path.display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// Write a manual page for the program and each of its commands; returns their paths.
fn manual(program: &clap::Command, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
    let mut written = Vec::new();
    page(program, "oleoduto", folder, &mut written)?;
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

    use clap::CommandFactory as _;

    use super::*;
    use crate::Cli;

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
    fn global_options_have_a_heading_of_their_own() {
        let command = Cli::command();
        let (global, own): (Vec<_>, Vec<_>) = command.get_arguments().partition(|argument| argument.is_global_set());
        assert!(global.len() >= 6 && global.iter().all(|argument| argument.get_help_heading() == Some("Global options")));
        assert!(own.iter().all(|argument| argument.get_help_heading().is_none()));
    }

    #[test]
    fn every_command_has_a_page_and_completions() {
        let folder = tempfile::tempdir().unwrap();
        let written = manual(&Cli::command(), folder.path()).unwrap();
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
