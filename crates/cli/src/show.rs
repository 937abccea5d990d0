//! Plans, reports, outputs and locks for people. Colors obey NO_COLOR and CLICOLOR, and are left out of files and pipes.

use std::collections::BTreeMap;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use anyhow::bail;
use oleoduto_runner::{Assumed, Changes, Diagnostic, LockInfo, Outcome, RunReport, Severity, Source, StackReport};
use serde_json::Value as Json;

use crate::weight::{by_weight, sorted_diff};

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// The result of a run: failures first, then the table.
pub(crate) fn report(report: &RunReport) {
    for stack in &report.stacks {
        if !stack.result.is_good() || stack.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Warning) {
            failure(stack);
        }
    }
    plans(&report.stacks);
    let failed = report.stacks.iter().filter(|stack| !stack.result.is_good()).count();
    if failed > 0 {
        outln!("{RED}{failed} of {} stacks did not succeed.{RED:#}", report.stacks.len());
    }
}

/// The table of stacks, destroyed resources, and assumed values.
pub(crate) fn plans(stacks: &[StackReport]) {
    let width = stacks.iter().map(|stack| stack.name.len()).max().unwrap_or_default().max(5);
    outln!("\n{BOLD}{:width$}  {:>5}  {:>6}  {:>7}  result{BOLD:#}", "stack", "add", "change", "destroy");
    for stack in stacks {
        let changes = stack.changes;
        let destroy = if changes.destroy > 0 { RED } else { Style::new() };
        outln!(
            "{:width$}  {:>5}  {:>6}  {destroy}{:>7}{destroy:#}  {}",
            stack.name,
            changes.add,
            changes.change,
            changes.destroy,
            result(stack)
        );
    }
    let sum = stacks.iter().fold(Changes::default(), |sum, stack| sum + stack.changes);
    outln!("{DIM}{:width$}  {:>5}  {:>6}  {:>7}{DIM:#}", "", sum.add, sum.change, sum.destroy);
    actions(stacks);
    for stack in stacks.iter().filter(|stack| stack.result == Outcome::Drifted) {
        for resource in &stack.resources {
            outln!("{YELLOW}{:>3} {}: {} changed outside{YELLOW:#}", resource.action.sign(), stack.name, resource.address);
        }
    }
    assumptions(stacks);
}

/// Every planned action, or Terraform's own diff where it was asked for; of what was done, only what was destroyed.
fn actions(stacks: &[StackReport]) {
    for stack in stacks.iter().filter(|stack| stack.result == Outcome::Planned) {
        if let Some(diff) = &stack.diff {
            outln!("\n{BOLD}{}{BOLD:#}", stack.name);
            sorted_diff(diff).lines().for_each(|line| outln!("{}", colored(line)));
            continue;
        }
        for resource in by_weight(&stack.resources) {
            let style = if resource.action.destroys() { RED } else { Style::new() };
            outln!("{style}{:>3} {}: {}{style:#}", resource.action.sign(), stack.name, resource.address);
        }
    }
    for stack in stacks.iter().filter(|stack| !matches!(stack.result, Outcome::Planned | Outcome::Drifted)) {
        for resource in stack.destroyed() {
            outln!("{RED}{:>3} {}: {}{RED:#}", resource.action.sign(), stack.name, resource.address);
        }
    }
}

/// What Terraform says about a stack.
pub(crate) fn block(stack: &str, text: &str) {
    outln!("{BOLD}{stack}{BOLD:#}");
    text.trim().lines().for_each(|line| outln!("{}", colored(line)));
}

/// A line of a diff, colored by its sign.
fn colored(line: &str) -> String {
    let style = match line.trim_start().split(' ').next() {
        Some("+") => GREEN,
        Some("-" | "-/+" | "+/-") => RED,
        Some("~") => YELLOW,
        _ => return line.to_owned(),
    };
    format!("{style}{line}{style:#}")
}

/// How the work on a stack ended, in words.
pub(crate) fn word(stack: &StackReport) -> &'static str {
    match stack.result {
        Outcome::Initialized => "initialized",
        Outcome::Valid => "valid",
        Outcome::Planned if !stack.assumed.is_empty() => "planned with assumed values",
        Outcome::Planned if stack.changes.is_empty() && !stack.outputs_change => "no changes",
        Outcome::Planned => "planned",
        Outcome::Applied if stack.changes.is_empty() => "applied, no changes",
        Outcome::Applied => "applied",
        Outcome::Destroyed => "destroyed",
        Outcome::Unchanged => "unchanged since the last apply",
        Outcome::InSync => "in sync",
        Outcome::Drifted => "drifted",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
        Outcome::Interrupted => "interrupted",
    }
}

fn result(stack: &StackReport) -> String {
    let word = word(stack);
    let style = if stack.result.is_good() { Style::new() } else { RED };
    let attempts = match stack.retries.len() {
        0 => String::new(),
        count => format!(", attempt {}", count + 1),
    };
    let word = format!("{word}{attempts}");
    match &stack.reason {
        Some(reason) => format!("{style}{word}{style:#} {DIM}({reason}){DIM:#}"),
        None => format!("{style}{word}{style:#}"),
    }
}

fn assumptions(stacks: &[StackReport]) {
    for stack in stacks.iter().filter(|stack| !stack.assumed.is_empty()) {
        outln!("{YELLOW}{} is planned with values that do not exist yet:{YELLOW:#}", stack.name);
        for assumed in &stack.assumed {
            outln!("  {} {DIM}({}){DIM:#}", assumption(assumed), source(assumed));
        }
    }
}

/// An assumed value.
pub(crate) fn assumption(assumed: &Assumed) -> String {
    let value = assumed.value.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
    format!("{}.{}{value}", assumed.stack, assumed.output)
}

/// Where an assumed value comes from.
pub(crate) fn source(assumed: &Assumed) -> &'static str {
    match assumed.source {
        Source::Plan => "from its plan",
        Source::Name => "derived from its name",
        Source::StandIn => "a stand-in",
    }
}

/// The problems of a stack: each of Terraform's diagnostics once.
pub fn failure(stack: &StackReport) {
    for diagnostic in &stack.diagnostics {
        errln!("{}", shown(&stack.name, diagnostic));
    }
    if stack.errors().next().is_none()
        && !matches!(stack.result, Outcome::Skipped | Outcome::Interrupted)
        && let (false, Some(reason)) = (stack.result.is_good(), &stack.reason)
    {
        errln!("{RED}error{RED:#} in `{}`: {reason}", stack.name);
    }
    if let (Outcome::Failed, Some(log)) = (stack.result, &stack.log) {
        errln!("{DIM}  all of Terraform's output: {log}{DIM:#}");
    }
}

fn shown(stack: &str, diagnostic: &Diagnostic) -> String {
    let (style, word) = match diagnostic.severity {
        Severity::Error => (RED, "error"),
        Severity::Warning => (YELLOW, "warning"),
    };
    let at = diagnostic.address.as_ref().map(|address| format!("\n  at {address}")).unwrap_or_default();
    let detail = diagnostic.detail.trim().lines().map(|line| format!("\n  {line}")).collect::<String>();
    let help = help(&diagnostic.summary).map(|help| format!("\n  help: {help}")).unwrap_or_default();
    format!("{style}{word}{style:#} in `{stack}`: {}{at}{detail}{help}", diagnostic.summary)
}

/// The help for an error of AWS that this project's settings cause.
fn help(summary: &str) -> Option<&'static str> {
    let holds_something = ["BucketNotEmpty", "RepositoryNotEmptyException"].iter().any(|code| summary.contains(code));
    holds_something.then_some(
        "it holds data, which `destroy` keeps unless the environment has `disposable = true` in oleoduto.toml: write that, run \
         `oleoduto apply`, and destroy again",
    )
}

/// Outputs, by stack.
pub(crate) fn outputs(outputs: &BTreeMap<String, BTreeMap<String, Json>>, json: bool) -> anyhow::Result<()> {
    if json {
        outln!("{}", serde_json::to_string_pretty(outputs)?);
        return Ok(());
    }
    for (stack, values) in outputs.iter().filter(|(_, values)| !values.is_empty()) {
        outln!("{BOLD}{stack}{BOLD:#}");
        for (name, output) in values {
            let value = match &output["value"] {
                _ if output["sensitive"] == true => "<sensitive>".to_owned(),
                Json::String(text) => text.clone(),
                other => other.to_string(),
            };
            outln!("  {name} = {value}");
        }
    }
    Ok(())
}

/// The value of an output of the only stack, as `terraform output -raw` prints it.
pub(crate) fn raw_output(outputs: &BTreeMap<String, BTreeMap<String, Json>>, name: &str) -> anyhow::Result<()> {
    let mut stacks = outputs.iter();
    let (Some((stack, values)), None) = (stacks.next(), stacks.next()) else {
        bail!("an output belongs to one stack, and {} are selected: name the stack", outputs.len())
    };
    let known = || values.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    match values.get(name).map(|output| &output["value"]) {
        Some(Json::String(text)) => outln!("{text}"),
        Some(value @ (Json::Number(_) | Json::Bool(_))) => outln!("{value}"),
        Some(_) => bail!("the output `{name}` is a structure: use --json"),
        None => bail!("the stack `{stack}` has no output `{name}`; its outputs are: {}", known()),
    }
    Ok(())
}

/// A lock in words.
pub fn lock_in_words(stack: &str, info: &LockInfo) -> String {
    if *info == LockInfo::unreadable() {
        return format!("{stack} is locked by nobody that can be read: the lock is empty or cut off");
    }
    let age = info.age().map(|age| format!(", {} ago", rough(age))).unwrap_or_default();
    format!("{stack} is locked by {} for {} since {}{age} (id {})", info.who, info.operation, info.created, info.id)
}

/// A duration in its largest unit.
fn rough(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_error(summary: &str) -> String {
        let diagnostic =
            Diagnostic { severity: Severity::Error, summary: summary.to_owned(), detail: String::new(), address: None };
        shown("s3", &diagnostic)
    }

    #[test]
    fn a_resource_that_keeps_its_data_has_a_help() {
        for code in
            ["api error BucketNotEmpty: The bucket you tried to delete is not empty", "RepositoryNotEmptyException: 3 images"]
        {
            let text = shown_error(code);
            assert!(text.contains(code) && text.contains("`disposable = true`"), "{text}");
        }
        assert!(!shown_error("api error AccessDenied: Access Denied").contains("help"));
    }
}
