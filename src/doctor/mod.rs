//! `oleoduto doctor`: what is missing on this machine and in this account, and how to put it right.

mod aws;
mod machine;
mod programs;

use std::process::ExitCode;

use serde::Serialize;

use crate::config::{Config, Overrides};

/// How a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// As it should be.
    Ok,
    /// It works, with a limit; or it could not be asked.
    Warning,
    /// Something will not work.
    Failure,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) what: String,
    pub(crate) verdict: Verdict,
    pub(crate) found: String,
    /// What to do; empty when all is well.
    pub(crate) fix: String,
}

impl Finding {
    pub(crate) fn ok(what: &str, found: impl Into<String>) -> Self {
        Self { what: what.to_owned(), verdict: Verdict::Ok, found: found.into(), fix: String::new() }
    }

    pub(crate) fn warning(what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.to_owned(), verdict: Verdict::Warning, found: found.into(), fix: fix.into() }
    }

    pub(crate) fn failure(what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.to_owned(), verdict: Verdict::Failure, found: found.into(), fix: fix.into() }
    }
}

/// Look at everything at the same time, and print what was found.
pub(crate) async fn run(overrides: &Overrides, terraform: String, json: bool) -> anyhow::Result<ExitCode> {
    let config = Config::load(overrides);
    let machine = machine::all(&overrides.project_dir);
    let programs = programs::all(&terraform);
    let (mut findings, account) = match &config {
        Ok(config) => tokio::join!(programs, aws::all(config, terraform.clone())),
        Err(_) => (programs.await, Vec::new()),
    };
    findings.extend(machine);
    match config {
        Ok(_) => findings.push(Finding::ok("oleoduto.toml", "valid")),
        Err(error) => findings.push(Finding::failure(
            "oleoduto.toml",
            format!("{error:#}"),
            "correct it; docs/configuration.md has every key",
        )),
    }
    findings.extend(account);
    let failed = findings.iter().any(|finding| finding.verdict == Verdict::Failure);
    if json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        show(&findings);
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn show(findings: &[Finding]) {
    let width = findings.iter().map(|finding| finding.what.len()).max().unwrap_or_default();
    for finding in findings {
        let sign = match finding.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "??",
            Verdict::Failure => "!!",
        };
        anstream::println!("  {sign}  {:width$}  {}", finding.what, finding.found.trim().replace('\n', " "));
        if !finding.fix.is_empty() {
            anstream::println!("      {:width$}  -> {}", "", finding.fix);
        }
    }
}
