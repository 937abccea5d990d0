//! `watch`: plans again whenever a file of the project changes.
//!
//! Each plan is a run of this program with the same words, so that it reads the configuration anew. If the sources of the program
//! changed, cargo runs it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use ignore::WalkBuilder;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::Command;

use crate::program::Program;
use crate::signals::Signals;

/// The variable that tells a run of this program to make one plan of a watch.
pub(crate) const ROUND: &str = "OLEODUTO_WATCH_ROUND";
/// The interval between two looks at the files.
const TICK: Duration = Duration::from_millis(500);

/// Time and size of each file.
type Seen = BTreeMap<PathBuf, (SystemTime, u64)>;

/// Plans until a signal comes.
pub(crate) async fn watch(program: &impl Program, out: &Path) -> anyhow::Result<ExitCode> {
    let root = program.root()?;
    let out = std::path::absolute(out).context("the current folder can't be read")?;
    let itself = std::env::current_exe().context("this program's own path is not known")?;
    let mut signals = Signals::listen()?;
    let mut changed_sources = false;
    loop {
        let seen = look(&root, &out);
        let command = if changed_sources { cargo(&itself, &root) } else { Command::new(&itself) };
        if let Some(code) = plan(command, &mut signals).await? {
            return Ok(code);
        }
        errln!("\nwaiting for changes in {} (Ctrl-C ends)", root.display());
        let changed = tokio::select! {
            changed = change(&seen, &root, &out) => changed,
            code = signals.next() => return Ok(ExitCode::from(code)),
        };
        errln!("{} changed", changed.strip_prefix(&root).unwrap_or(&changed).display());
        changed_sources |= differs(&seen, &look(&root, &out)).any(|path| is_source(program.sources(), &root, path));
    }
}

/// The program as cargo builds it now, with or without optimization as it runs here.
fn cargo(itself: &Path, root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--manifest-path"]).arg(root.join("Cargo.toml"));
    command.arg("--bin").arg(itself.file_stem().unwrap_or_default());
    if itself.parent().is_some_and(|folder| folder.ends_with("release")) {
        command.arg("--release");
    }
    command.arg("--");
    command
}

/// Makes one plan, whose success or failure it shows itself. After a signal it ends first; the exit code of this program is then given.
async fn plan(mut command: Command, signals: &mut Signals) -> anyhow::Result<Option<ExitCode>> {
    command.args(std::env::args_os().skip(1)).env(ROUND, "1").stdin(Stdio::null());
    // In a process group of its own it gets Ctrl-C once, from here, and not also from the terminal.
    let mut child = command.process_group(0).spawn().context("the plan could not be started")?;
    let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let mut ended = None;
    loop {
        tokio::select! {
            status = child.wait() => {
                status.context("the plan could not be waited for")?;
                return Ok(ended.map(ExitCode::from));
            }
            code = signals.next() => {
                ended = Some(code);
                if let Some(group) = group {
                    killpg(group, Signal::SIGINT).context("the plan could not be interrupted")?;
                }
            }
        }
    }
}

/// Waits until files differ from those that were seen, and no more changes follow; returns one of them.
async fn change(seen: &Seen, root: &Path, out: &Path) -> PathBuf {
    let mut before = None;
    loop {
        tokio::time::sleep(TICK).await;
        let now = look(root, out);
        let changed = differs(seen, &now).next().cloned();
        if let Some(changed) = changed
            && before.as_ref() == Some(&now)
        {
            return changed;
        }
        before = Some(now);
    }
}

/// The files of a project, without those of an output folder, hidden ones, and those that git ignores. A file that goes in the
/// meantime is left out.
fn look(root: &Path, out: &Path) -> Seen {
    let out = out.to_owned();
    let walk = WalkBuilder::new(root).require_git(false).filter_entry(move |entry| entry.path() != out).build();
    let files = walk.flatten().filter_map(|entry| {
        let data = entry.metadata().ok().filter(|data| data.is_file())?;
        Some((entry.path().to_owned(), (data.modified().ok()?, data.len())))
    });
    files.collect()
}

/// The files that are new, gone or changed.
fn differs<'a>(before: &'a Seen, now: &'a Seen) -> impl Iterator<Item = &'a PathBuf> {
    let gone = before.keys().filter(|path| !now.contains_key(*path));
    now.iter().filter(|(path, stamp)| before.get(*path) != Some(stamp)).map(|(path, _)| path).chain(gone)
}

/// Whether cargo builds the program from a file. A project without a manifest has other files in folders of these names.
fn is_source(sources: &[&str], root: &Path, path: &Path) -> bool {
    root.join("Cargo.toml").exists() && sources.iter().any(|source| path.starts_with(root.join(source)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn changes_are_seen_except_in_the_output_and_in_what_git_ignores() {
        let folder = tempfile::tempdir().unwrap();
        let (root, out) = (folder.path(), folder.path().join("cdktf.out"));
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(".gitignore", "target\n");
        for name in ["oleoduto.toml", "src/main.rs", "cdktf.out/manifest.json", "target/x", ".oleoduto/cache"] {
            write(name, "1");
        }
        let before = look(root, &out);
        let names = |found: &mut dyn Iterator<Item = &PathBuf>| -> Vec<String> {
            found.map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect()
        };
        assert_eq!(names(&mut before.keys()), ["oleoduto.toml", "src/main.rs"]);
        for name in ["cdktf.out/manifest.json", "target/x", ".oleoduto/cache", "src/new.rs"] {
            write(name, "two");
        }
        std::fs::remove_file(root.join("oleoduto.toml")).unwrap();
        assert_eq!(names(&mut differs(&before, &look(root, &out))), ["src/new.rs", "oleoduto.toml"]);
    }

    #[test]
    fn cargo_builds_the_binary_that_runs_as_it_was_built() {
        let words = |itself: &str| -> Vec<String> {
            let command = cargo(Path::new(itself), Path::new("/p"));
            command.as_std().get_args().map(|word| word.to_string_lossy().into_owned()).collect()
        };
        let common = ["run", "--quiet", "--manifest-path", "/p/Cargo.toml", "--bin", "counter"];
        assert_eq!(words("/p/target/debug/counter"), [&common[..], &["--"]].concat());
        assert_eq!(words("/p/target/release/counter"), [&common[..], &["--release", "--"]].concat());
    }

    #[test]
    fn a_project_without_a_manifest_has_no_sources() {
        let folder = tempfile::tempdir().unwrap();
        let changed = folder.path().join("src/job.py");
        assert!(!is_source(&["src"], folder.path(), &changed));
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        assert!(is_source(&["src"], folder.path(), &changed));
        assert!(!is_source(&["stacks"], folder.path(), &changed));
    }
}
