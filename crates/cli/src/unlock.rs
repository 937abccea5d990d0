//! `oleoduto unlock`: who holds the locks of the states, and freeing them.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::bail;
use oleoduto_runner::{Runner, Selection};

use crate::approval::ask;
use crate::show;

/// Show the locks, ask and free them.
pub(crate) async fn unlock(runner: &Runner, selection: &Selection, json: bool, yes: bool) -> anyhow::Result<ExitCode> {
    let locks = runner.locks(selection).await?;
    if json {
        let rows: Vec<_> = locks.iter().map(|(stack, info)| serde_json::json!({"stack": stack, "lock": info})).collect();
        outln!("{}", serde_json::to_string_pretty(&rows)?);
    }
    if locks.is_empty() {
        errln!("no state is locked");
        return Ok(ExitCode::SUCCESS);
    }
    for (stack, info) in &locks {
        errln!("{}", show::lock_in_words(stack, info));
    }
    if !yes {
        if json || !std::io::stdin().is_terminal() {
            bail!("the locks were not freed: make sure that nobody works with these states, then give --yes");
        }
        if !ask("free these locks, although their holders may still be writing") {
            return Ok(ExitCode::FAILURE);
        }
    }
    let mut good = true;
    for (stack, info) in &locks {
        let report = runner.unlock(stack, info).await?;
        if report.result.is_good() {
            errln!("freed {stack}");
        } else {
            show::failure(&report);
            good = false;
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
