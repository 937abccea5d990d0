//! `oleoduto doctor`: problems of this machine and of the account, and how to fix them.

mod aws;
mod data_key;
pub(crate) mod finding;
mod lake_formation;
mod log_bucket;
mod machine;
pub(crate) mod programs;
mod question;

use std::process::ExitCode;

use crate::global::Global;
use finding::{Finding, Verdict};

/// Check this machine and the account, and suggest a fix for every problem
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Run all checks at the same time, and print their findings.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let config = global.config();
        let machine = machine::all(&global.overrides.project_dir);
        let programs = programs::all(&global.terraform);
        let (mut findings, account) = match &config {
            Ok(config) => tokio::join!(programs, aws::all(config, global)),
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
        if self.json {
            outln!("{}", serde_json::to_string_pretty(&findings)?);
        } else {
            show(&findings);
        }
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn show(findings: &[Finding]) {
    let width = findings.iter().map(|finding| finding.what.len()).max().unwrap_or_default();
    for finding in findings {
        let sign = match finding.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "??",
            Verdict::Failure => "!!",
        };
        outln!("  {sign}  {:width$}  {}", finding.what, finding.found.trim().replace('\n', " "));
        if !finding.fix.is_empty() {
            outln!("      {:width$}  -> {}", "", finding.fix);
        }
    }
}
