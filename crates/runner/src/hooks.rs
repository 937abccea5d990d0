//! Commands of the user that run before and after the work on a stack.

use std::fs::File;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Command;

use crate::error::{Result, RunnerError, with_causes};
use crate::files;
use crate::message::{Diagnostic, Severity};
use crate::report::{HookReport, HookTime, StackReport};
use crate::rules::StackHook;
use crate::select;
use crate::session::Session;

/// Runs the hooks before the work on a stack. Returns whether the work may begin: if a hook fails, the stack fails.
pub(crate) async fn before(session: &Session, verb: &str, report: &mut StackReport) -> Result<bool> {
    for hook in chosen(session, verb, &report.name, HookTime::Before)? {
        if let Err(why) = run(session, hook, verb, report).await? {
            report.result = session.failure();
            report.reason = Some(format!("a hook before it failed: {why}; nothing was done"));
            return Ok(false);
        }
    }
    Ok(true)
}

/// Runs the hooks after the work on a stack. The failure of one is a warning: the work is done.
pub(crate) async fn after(session: &Session, verb: &str, report: &mut StackReport) -> Result<()> {
    for hook in chosen(session, verb, &report.name, HookTime::After)? {
        if let Err(why) = run(session, hook, verb, report).await? {
            let (summary, detail) = ("a hook after the stack failed".to_owned(), why);
            report.diagnostics.push(Diagnostic { severity: Severity::Warning, summary, detail, address: None });
        }
    }
    Ok(())
}

/// Refuses a hook for stacks that do not exist, before anything is done.
pub(crate) fn check(session: &Session) -> Result<()> {
    session.options.hooks.iter().try_for_each(|hook| select::matching(&session.graph, &hook.stacks).map(drop))
}

fn chosen<'a>(session: &'a Session, verb: &str, stack: &str, time: HookTime) -> Result<Vec<&'a StackHook>> {
    let mut found = Vec::new();
    for hook in session.options.hooks.iter().filter(|hook| hook.time == time && hook.of.iter().any(|of| of == verb)) {
        if select::matching(&session.graph, &hook.stacks)?.contains(stack) {
            found.push(hook);
        }
    }
    Ok(found)
}

/// Runs a hook and puts it into the report. The inner error says in words how it failed.
async fn run(
    session: &Session,
    hook: &StackHook,
    verb: &str,
    report: &mut StackReport,
) -> Result<std::result::Result<(), String>> {
    let logs = session.options.out.join("logs");
    files::create_private_folder(&logs)?;
    let log = logs.join(format!("{}-hook-{}.log", report.name, report.hooks.len() + 1));
    let status = wait(session, hook, verb, report, &log).await;
    let words = hook.command.join(" ");
    let (code, failed) = match &status {
        Ok(status) if status.success() => (status.code(), None),
        Ok(status) => {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let last = said.trim().lines().next_back().map(|line| format!(": {line}")).unwrap_or_default();
            (status.code(), Some(format!("`{words}` ended with {status}{last} ({})", log.display())))
        }
        Err(error) => (None, Some(with_causes(error))),
    };
    report.hooks.push(HookReport { time: hook.time, command: words, code, log: log.display().to_string() });
    Ok(failed.map_or(Ok(()), Err))
}

async fn wait(session: &Session, hook: &StackHook, verb: &str, report: &StackReport, log: &Path) -> Result<ExitStatus> {
    let file = File::create(log).map_err(RunnerError::file("write", log))?;
    let errors = file.try_clone().map_err(RunnerError::file("write", log))?;
    let Some((program, arguments)) = hook.command.split_first() else {
        return Err(RunnerError::Format { what: "a hook".to_owned(), why: "its command is empty".to_owned() });
    };
    let fail = |source| RunnerError::Start {
        program: program.clone(),
        source,
        help: "correct the hook's command; a path is relative to the project's folder",
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&hook.folder).stdin(Stdio::null()).stdout(file).stderr(errors).process_group(0);
    command.envs(session.options.environment.iter().map(|(key, value)| (key, value)));
    command.env("OLEODUTO_STACK", &report.name).env("OLEODUTO_COMMAND", verb);
    command.env("OLEODUTO_OUT", files::absolute(&session.options.out)?);
    if hook.time == HookTime::After {
        command.env("OLEODUTO_RESULT", report.result.name());
    }
    let mut child = command.spawn().map_err(fail)?;
    let mut interrupts = session.interrupts();
    loop {
        tokio::select! {
            status = child.wait() => return status.map_err(fail),
            Ok(()) = interrupts.changed() => {
                if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
                    // A hook that has just ended needs no signal.
                    let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
                }
            }
        }
    }
}
