//! One call of Terraform, and what its output says.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::fault::RunnerError;
use crate::message::{Action, Changes, Diagnostic, Message, Severity};
use crate::options::Options;
use crate::pool::{Binary, Lease, Provider};
use crate::recover::Created;
use crate::report::ResourceReport;

/// How often the output is looked at.
const TICK: Duration = Duration::from_millis(25);
/// How much of a text that is not a message is kept for the report, bytes.
const STRAY: usize = 4000;

/// A call to make.
pub(crate) struct Call<'a> {
    /// The stack, for the observer and the log.
    pub(crate) stack: &'a str,
    /// Where Terraform runs.
    pub(crate) folder: &'a Path,
    /// The command and its arguments.
    pub(crate) arguments: Vec<String>,
    /// How the provider is reached.
    pub(crate) provider: Use<'a>,
}

/// How a call reaches the provider.
#[derive(Clone, Copy)]
pub(crate) enum Use<'a> {
    /// Terraform starts its own.
    Own,
    /// This one.
    Running(&'a Provider),
    /// It needs none; this binary was verified already.
    None(&'a Binary),
}

impl<'a> Use<'a> {
    /// The leased provider, where there is one.
    pub(crate) fn of(lease: Option<&'a Lease>) -> Self {
        lease.map_or(Self::Own, |lease| Self::Running(lease.provider()))
    }

    /// No provider, and no checksum where that is known to be right.
    pub(crate) fn none(binary: Option<&'a Binary>) -> Self {
        binary.map_or(Self::Own, Self::None)
    }
}

/// What a call gave.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// The exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) changes: Changes,
    pub(crate) resources: Vec<ResourceReport>,
    pub(crate) drift: Vec<ResourceReport>,
    /// What was created, with its id.
    pub(crate) created: Vec<Created>,
    pub(crate) outputs_change: bool,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The output itself, for calls without `-json`.
    pub(crate) text: String,
    pub(crate) command: String,
    pub(crate) log: PathBuf,
}

impl Ended {
    /// Whether the plan was refused because the state moved on.
    pub(crate) fn plan_is_stale(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.summary == "Saved plan is stale")
    }

    /// Whether somebody else holds the state's lock.
    pub(crate) fn is_locked(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.summary.contains("acquiring the state lock"))
    }

    fn take(&mut self, message: &Message) {
        if let Some(diagnostic) = &message.diagnostic
            && !self.diagnostics.contains(diagnostic)
        {
            self.diagnostics.push(diagnostic.clone());
        }
        if let Some(changes) = message.changes {
            self.changes = changes;
        }
        if let Some(outputs) = &message.outputs
            && self.changes_are_planned()
        {
            self.outputs_change |= outputs.values().any(|output| output.action.as_deref().is_some_and(|action| action != "noop"));
        }
        if let Some(change) = &message.change {
            let row = ResourceReport { address: change.resource.addr.clone(), action: change.action, done: false };
            match message.kind.as_str() {
                "resource_drift" => self.drift.push(row),
                _ if change.action != Action::Noop => self.resources.push(row),
                _ => {}
            }
        }
        if message.kind == "apply_complete"
            && let Some(hook) = &message.hook
            && let (Some(resource), Some(done)) = (&hook.resource, hook.action)
        {
            if let (Action::Create, Some(id)) = (done, &hook.id_value) {
                self.created.push(Created { address: resource.addr.clone(), id: id.clone() });
            }
            let found = self.resources.iter_mut().find(|row| row.address == resource.addr);
            if let Some(row) = found.filter(|row| row.action == done || (row.action == Action::Replace && done == Action::Create))
            {
                row.done = true;
            }
        }
    }

    fn changes_are_planned(&self) -> bool {
        self.resources.iter().all(|row| !row.done)
    }

    /// What was done, counted: for an apply that broke off.
    pub(crate) fn done(&self) -> Changes {
        self.resources.iter().filter(|row| row.done).fold(Changes::default(), |sum, row| sum + count(row.action))
    }
}

fn count(action: Action) -> Changes {
    let mut changes = Changes::default();
    match action {
        Action::Create => changes.add = 1,
        Action::Update => changes.change = 1,
        Action::Delete => changes.destroy = 1,
        Action::Replace => (changes.add, changes.destroy) = (1, 1),
        Action::Import => changes.import = 1,
        _ => {}
    }
    changes
}

/// Run Terraform to its end. `interrupts` counts the interrupts so far: each new one is handed on.
///
/// Its output goes to a file that is read here, not to a pipe: when this process is killed, Terraform must not die of a
/// broken pipe in the middle of an apply.
pub(crate) async fn run(options: &Options, call: Call<'_>, mut interrupts: watch::Receiver<u32>) -> Result<Ended, RunnerError> {
    let verb = call.arguments.first().map_or("terraform", String::as_str);
    let logs = options.out.join("logs");
    let log = logs.join(format!("{}-{verb}.log", call.stack));
    let errors = logs.join(format!("{}-{verb}.err", call.stack));
    std::fs::create_dir_all(&logs).map_err(RunnerError::file("make", &logs))?;
    let make = |path: &Path| File::create(path).map_err(RunnerError::file("write", path));
    let (out_file, err_file) = (make(&log)?, make(&errors)?);

    let mut command = Command::new(&options.terraform);
    let chdir = format!("-chdir={}", call.folder.display());
    command.arg(&chdir).args(&call.arguments).envs(options.environment.iter().map(|(key, value)| (key, value)));
    command.envs([("CHECKPOINT_DISABLE", "1"), ("TF_IN_AUTOMATION", "1")]);
    if std::env::var_os("TF_PLUGIN_CACHE_DIR").is_none() {
        command.env("TF_PLUGIN_CACHE_DIR", &options.plugin_cache);
    }
    command.stdout(Stdio::from(out_file)).stderr(Stdio::from(err_file)).stdin(Stdio::null());
    match call.provider {
        Use::Own => {}
        Use::None(binary) => {
            command.env("TF_REATTACH_PROVIDERS", binary.stand_in());
        }
        Use::Running(provider) => {
            command.env("TF_REATTACH_PROVIDERS", &provider.reattach);
            // Terraform never reads it: it keeps the provider alive as long as Terraform lives.
            command.stdin(provider.keep_alive()?);
        }
    }
    // A group of its own: Ctrl-C on a terminal reaches it once, through us, and not twice.
    command.process_group(0);
    let start = RunnerError::Start { program: options.terraform.clone(), source: std::io::Error::other(""), help: "" };
    let mut child = command.spawn().map_err(|source| match start {
        RunnerError::Start { program, .. } => RunnerError::Start {
            program,
            source,
            help: "Install Terraform 1.10 or newer, or name another binary with --terraform or TERRAFORM_BINARY_NAME",
        },
        other => other,
    })?;

    let mut ended = Ended { command: format!("{} {chdir} {}", options.terraform, call.arguments.join(" ")), ..Ended::default() };
    let mut tail = Tail::open(&log)?;
    let mut ticker = tokio::time::interval(TICK);
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.map_err(RunnerError::file("wait for", &options.terraform))?,
            _ = ticker.tick() => tail.read(|line| handle(options, call.stack, &mut ended, line))?,
            Ok(()) = interrupts.changed() => interrupt(&child),
        }
    };
    tail.read(|line| handle(options, call.stack, &mut ended, line))?;
    tail.rest(|line| handle(options, call.stack, &mut ended, line));
    ended.code = status.code();
    ended.log = log;
    let stray = std::fs::read_to_string(&errors).unwrap_or_default();
    if status.success() || ended.code == Some(2) {
        let _ = std::fs::remove_file(&errors);
    } else if ended.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error) {
        ended.diagnostics.push(unexplained(&stray, &ended.text, status));
    }
    Ok(ended)
}

fn interrupt(child: &Child) {
    // Not reaped yet, so the number is still its own.
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
    }
}

fn handle(options: &Options, stack: &str, ended: &mut Ended, line: &str) {
    match Message::parse(line) {
        Some(message) if !message.kind.is_empty() => {
            ended.take(&message);
            options.observer.message(stack, &message);
        }
        _ => {
            ended.text.push_str(line);
            ended.text.push('\n');
        }
    }
}

/// A failure that Terraform did not put into a message: its plain text.
fn unexplained(stderr: &str, stdout: &str, status: std::process::ExitStatus) -> Diagnostic {
    let text = if stderr.trim().is_empty() { stdout.trim() } else { stderr.trim() };
    let plain: String = text.chars().take(STRAY).collect();
    Diagnostic { severity: Severity::Error, summary: format!("Terraform ended with {status}"), detail: plain, address: None }
}

/// A file that is read while another process writes it, line by line.
struct Tail {
    file: File,
    path: PathBuf,
    at: u64,
    partial: Vec<u8>,
}

impl Tail {
    fn open(path: &Path) -> Result<Self, RunnerError> {
        let file = File::open(path).map_err(RunnerError::file("read", path))?;
        Ok(Self { file, path: path.to_owned(), at: 0, partial: Vec::new() })
    }

    /// Hand over every line that is complete by now.
    fn read(&mut self, mut line: impl FnMut(&str)) -> Result<(), RunnerError> {
        let mut fresh = Vec::new();
        self.file.seek(SeekFrom::Start(self.at)).map_err(RunnerError::file("read", &self.path))?;
        self.file.read_to_end(&mut fresh).map_err(RunnerError::file("read", &self.path))?;
        self.at += fresh.len() as u64;
        self.partial.extend(fresh);
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let rest = self.partial.split_off(end + 1);
            line(String::from_utf8_lossy(&self.partial[..end]).trim_end());
            self.partial = rest;
        }
        Ok(())
    }

    /// Hand over what has no line end.
    fn rest(&mut self, mut line: impl FnMut(&str)) {
        if !self.partial.is_empty() {
            line(&String::from_utf8_lossy(&self.partial));
            self.partial.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::io::Write;

    use super::*;

    fn ended(lines: &[&str]) -> Ended {
        let mut ended = Ended::default();
        lines.iter().for_each(|line| ended.take(&Message::parse(line).unwrap()));
        ended
    }

    const PLANNED: &str = r#"{"type":"planned_change","change":{"resource":{"addr":"a.b"},"action":"replace"}}"#;

    #[test]
    fn a_replacement_is_done_when_the_new_one_is_there() {
        let half = ended(&[PLANNED, r#"{"type":"apply_complete","hook":{"resource":{"addr":"a.b"},"action":"delete"}}"#]);
        assert!(!half.resources[0].done);
        assert!(half.done().is_empty());
        let whole = ended(&[PLANNED, r#"{"type":"apply_complete","hook":{"resource":{"addr":"a.b"},"action":"create"}}"#]);
        assert_eq!(whole.done(), Changes { add: 1, destroy: 1, ..Changes::default() });
    }

    #[test]
    fn outputs_that_stay_are_no_change() {
        assert!(!ended(&[r#"{"type":"outputs","outputs":{"a":{"action":"noop"}}}"#]).outputs_change);
        assert!(ended(&[r#"{"type":"outputs","outputs":{"a":{"action":"update"}}}"#]).outputs_change);
        assert!(!ended(&[r#"{"type":"outputs","outputs":{"a":{"value":1}}}"#]).outputs_change);
    }

    #[test]
    fn a_file_is_read_line_by_line_while_it_grows() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut tail = Tail::open(file.path()).unwrap();
        let mut lines = Vec::new();
        file.write_all(b"one\ntw").unwrap();
        tail.read(|line| lines.push(line.to_owned())).unwrap();
        file.write_all(b"o\nthree").unwrap();
        tail.read(|line| lines.push(line.to_owned())).unwrap();
        tail.rest(|line| lines.push(line.to_owned()));
        assert_eq!(lines, ["one", "two", "three"]);
    }
}
