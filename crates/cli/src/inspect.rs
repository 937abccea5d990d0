//! `show` and `console`: what is in a state or a plan.

use std::process::ExitCode;

use oleoduto_runner::{Runner, Selection, ShowOptions};

use crate::show;

/// Print the states of stacks, or their saved plans.
pub(crate) async fn show(runner: &Runner, selection: &Selection, plan: bool, json: bool) -> anyhow::Result<ExitCode> {
    let shown = runner.show(selection, ShowOptions { plan, json }).await?;
    if json {
        outln!("{}", serde_json::to_string_pretty(&shown.stacks)?);
    } else {
        shown.stacks.iter().for_each(|(stack, text)| show::block(stack, text.as_str().unwrap_or_default()));
    }
    shown.failed.iter().for_each(show::failure);
    Ok(if shown.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Give the terminal to Terraform's console.
pub(crate) async fn console(runner: &Runner, stack: &str, plan: bool) -> anyhow::Result<ExitCode> {
    let (report, code) = runner.console(stack, plan).await?;
    if code.is_none() {
        show::failure(&report);
    }
    Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
