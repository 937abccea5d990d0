//! `completions` and `man`, derived from the command line itself.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

/// The command line with a program's name, which the examples of its commands name as `PROGRAM`.
pub fn named(command: clap::Command, name: &str) -> clap::Command {
    examples(command.name(name.to_owned()), name)
}

fn examples(mut command: clap::Command, name: &str) -> clap::Command {
    if let Some(help) = command.get_after_help().map(ToString::to_string) {
        command = command.after_help(help.replace("PROGRAM", name));
    }
    let below: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    below.into_iter().fold(command, |command, below| command.mut_subcommand(below, |below| examples(below, name)))
}

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  source <(PROGRAM completions bash)\n  PROGRAM completions zsh > ~/.zfunc/_PROGRAM")]
pub struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

impl CompletionsArgs {
    /// Prints the completions of the program.
    ///
    /// # Errors
    /// They can't be written.
    pub fn run(self, mut program: clap::Command) -> anyhow::Result<ExitCode> {
        let name = program.get_name().to_owned();
        // Into memory first: the generator panics when a pipe is closed before its end.
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut program, name, &mut text);
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
pub struct ManArgs {
    /// Directory to write the pages to
    #[arg(long, default_value = "man")]
    out: PathBuf,
}

impl ManArgs {
    /// Writes the pages of the program and prints their paths.
    ///
    /// # Errors
    /// They can't be written.
    pub fn run(self, program: &clap::Command) -> anyhow::Result<ExitCode> {
        manual(program, &self.out)?.iter().for_each(|path| outln!("{}", path.display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes a manual page for the program and each of its commands; returns their paths.
///
/// # Errors
/// A page can't be written.
pub fn manual(program: &clap::Command, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
    let mut written = Vec::new();
    page(program, program.get_name(), folder, &mut written)?;
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
