//! Calls Terraform.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::ended::Ended;
use crate::environment;
use crate::error::{Result, RunnerError};
use crate::files;
use crate::message::{Diagnostic, Message, Severity};
use crate::options::Options;
use crate::pool::Lease;
use crate::provider::Provider;
use crate::provider_package::Package;
use crate::tail::Tail;

/// The interval between two reads of the output.
const TICK: Duration = Duration::from_millis(25);
/// The number of logs of earlier calls that are kept of a stack and a command.
const EARLIER_LOGS: usize = 3;
/// The maximum length of a plain text in the report, in characters.
const PLAIN_TEXT: usize = 4000;

/// A call of Terraform.
pub(crate) struct Call<'a> {
    /// The stack, for the observer and the log.
    pub(crate) stack: &'a str,
    /// The folder in which Terraform runs.
    pub(crate) folder: &'a Path,
    /// The command and its arguments.
    pub(crate) arguments: &'a [&'a str],
    /// How the call reaches the provider.
    pub(crate) provider: Use<'a>,
}

/// How a call reaches the provider.
#[derive(Clone, Copy)]
pub(crate) enum Use<'a> {
    /// Terraform starts its own process.
    Own,
    /// Terraform attaches to this process.
    Running(&'a Provider),
    /// The call needs no provider; this one is installed.
    None(&'a Package),
}

impl<'a> Use<'a> {
    /// The leased provider, if any.
    pub(crate) fn of(lease: Option<&'a Lease>) -> Self {
        lease.map_or(Self::Own, |lease| Self::Running(lease.provider()))
    }

    /// No provider, and no checksum of an installed one.
    pub(crate) fn none(package: Option<&'a Package>) -> Self {
        package.map_or(Self::Own, Self::None)
    }
}

/// Runs Terraform to its end. `interrupts` counts the interrupts so far; each new one is passed on to Terraform.
///
/// The output goes to a file, not to a pipe: if this process is killed, a broken pipe must not kill Terraform in the middle
/// of an apply.
pub(crate) async fn run(options: &Options, call: Call<'_>, mut interrupts: watch::Receiver<u32>) -> Result<Ended> {
    let verb = call.arguments.first().copied().unwrap_or("terraform");
    let logs = options.out.join("logs");
    files::create_private_folder(&logs)?;
    let log = logs.join(format!("{}-{verb}.log", call.stack));
    let errors = logs.join(format!("{}-{verb}.err", call.stack));
    files::keep_earlier(&log, EARLIER_LOGS)?;
    let mut child = start(options, &call, &log, &errors)?;

    let command = format!("{} {} {}", options.terraform, chdir(call.folder), call.arguments.join(" "));
    let mut ended = Ended { command, log, ..Ended::default() };
    let mut tail = Tail::open(&ended.log)?;
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
    explain(&mut ended, status, &errors);
    Ok(ended)
}

fn chdir(folder: &Path) -> String {
    format!("-chdir={}", folder.display())
}

/// A command of Terraform in a folder, with the standard streams of this process unless they are set.
pub(crate) fn command(options: &Options, folder: &Path, arguments: &[&str], provider: Use<'_>) -> Command {
    let mut command = Command::new(&options.terraform);
    command.arg(chdir(folder)).args(arguments);
    command.envs(options.environment.iter().map(|(key, value)| (key, value)));
    command.envs([("CHECKPOINT_DISABLE", "1"), ("TF_IN_AUTOMATION", "1")]);
    for name in environment::REMOVED {
        command.env_remove(name);
    }
    if std::env::var_os("TF_PLUGIN_CACHE_DIR").is_none() {
        command.env("TF_PLUGIN_CACHE_DIR", &options.plugin_cache);
    }
    match provider {
        Use::Own => {}
        Use::None(package) => {
            command.env("TF_REATTACH_PROVIDERS", package.stand_in());
        }
        Use::Running(provider) => {
            command.env("TF_REATTACH_PROVIDERS", &provider.reattach);
        }
    }
    command
}

/// The error of a Terraform that can't be started.
pub(crate) fn not_started(options: &Options, source: std::io::Error) -> RunnerError {
    RunnerError::Start {
        program: options.terraform.clone(),
        source,
        help: "install Terraform 1.10 or newer, or name another binary with --terraform or TERRAFORM_BINARY_NAME",
    }
}

fn start(options: &Options, call: &Call<'_>, log: &PathBuf, errors: &PathBuf) -> Result<Child> {
    let create = |path: &PathBuf| File::create(path).map(Stdio::from).map_err(RunnerError::file("write", path));
    let mut command = command(options, call.folder, call.arguments, call.provider);
    command.stdout(create(log)?).stderr(create(errors)?).stdin(Stdio::null());
    if let Use::Running(provider) = call.provider {
        // Terraform never reads it: it keeps the provider alive as long as Terraform runs.
        command.stdin(provider.keep_alive()?);
    }
    // In a process group of its own, Terraform gets Ctrl-C once, from here, and not also from the terminal.
    command.process_group(0);
    command.spawn().map_err(|source| not_started(options, source))
}

fn interrupt(child: &Child) {
    // The child is not reaped yet, so no other process has its number.
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
    }
}

fn handle(options: &Options, stack: &str, ended: &mut Ended, line: &str) {
    match Message::parse(line) {
        Some(message) if !message.kind.is_empty() => {
            ended.add(&message);
            options.observer.message(stack, &message);
        }
        _ => {
            ended.text.push_str(line);
            ended.text.push('\n');
        }
    }
}

/// Makes a diagnostic of Terraform's plain text if it failed without an error message.
fn explain(ended: &mut Ended, status: ExitStatus, errors: &Path) {
    if ended.planned() {
        let _ = std::fs::remove_file(errors);
    } else if ended.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error) {
        let stderr = std::fs::read_to_string(errors).unwrap_or_default();
        let text = if stderr.trim().is_empty() { ended.text.trim() } else { stderr.trim() };
        let detail = text.chars().take(PLAIN_TEXT).collect();
        let summary = format!("Terraform ended with {status}");
        ended.diagnostics.push(Diagnostic { severity: Severity::Error, summary, detail, address: None });
    }
}
