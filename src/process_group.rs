//! Programs that end with this one, together with what they start themselves.

use std::process::{ExitStatus, Stdio};

use anyhow::Context as _;
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The processes of a child that leads its own group; they end when this is dropped.
pub(crate) struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    /// The group of a child that was started with `process_group(0)`; empty if the child has ended.
    pub(crate) fn of(child: &Child) -> anyhow::Result<Self> {
        let leader = child.id().map(i32::try_from).transpose().context("the number of a process is out of range")?;
        Ok(Self(leader.map(Pid::from_raw)))
    }

    /// Lets the processes go on after this program.
    pub(crate) fn release(mut self) {
        self.0 = None;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        match self.0.map(|group| (group, killpg(group, Signal::SIGKILL))) {
            None | Some((_, Ok(()) | Err(Errno::ESRCH))) => {}
            Some((group, Err(error))) => errln!("warning: the processes of group {group} could not be stopped: {error}"),
        }
    }
}

/// Runs a program to its end. If this future is dropped before, the program and what it started are ended.
pub(crate) async fn status(command: &mut Command) -> anyhow::Result<ExitStatus> {
    let mut child = command.process_group(0).spawn()?;
    let group = ProcessGroup::of(&child)?;
    let status = child.wait().await?;
    group.release();
    Ok(status)
}

/// Like [`status`]; the lines of the program's standard error are handed over as they come.
pub(crate) async fn heard(command: &mut Command, mut hear: impl FnMut(&str)) -> anyhow::Result<ExitStatus> {
    let mut child = command.process_group(0).stderr(Stdio::piped()).spawn()?;
    let group = ProcessGroup::of(&child)?;
    if let Some(stderr) = child.stderr.take() {
        let mut lines = BufReader::new(stderr).split(b'\n');
        while let Some(line) = lines.next_segment().await? {
            hear(&String::from_utf8_lossy(&line));
        }
    }
    let status = child.wait().await?;
    group.release();
    Ok(status)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::time::{Duration, Instant};

    use super::*;

    #[tokio::test]
    async fn what_a_dropped_program_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let mut command = Command::new("sh");
        command.arg("-c").arg("sleep 300 & echo $! >\"$0\"; wait").arg(&file);
        let started = async {
            loop {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                match text.strip_suffix('\n') {
                    Some(pid) => break Pid::from_raw(pid.parse().unwrap()),
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        let pid = tokio::select! {
            ended = status(&mut command) => panic!("it runs until it is dropped, and ended: {ended:?}"),
            pid = started => pid,
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        let lives = || std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        while lives() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!lives());
    }

    #[tokio::test]
    async fn the_lines_of_a_program_are_heard() {
        let mut command = Command::new("sh");
        let mut lines = Vec::new();
        let status = heard(command.args(["-c", "echo a >&2; printf b >&2; exit 7"]), |line| lines.push(line.to_owned())).await;
        assert_eq!((status.unwrap().code(), lines), (Some(7), vec!["a".to_owned(), "b".to_owned()]));
    }

    #[tokio::test]
    async fn the_status_is_that_of_the_program() {
        let mut command = Command::new("sh");
        assert_eq!(status(command.args(["-c", "exit 7"])).await.unwrap().code(), Some(7));
    }
}
