//! `oleoduto doctor`: problems of this machine and of the account, and how to fix them.

mod aws;
mod data_key;
mod lake_formation;
mod log_bucket;
pub(crate) mod programs;
mod shortened;

use std::process::ExitCode;

use oleoduto_cli::doctor::{Finding, machine, report};

use crate::global::Global;

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
        let machine = machine(&global.overrides.project_dir);
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
        report(&findings, self.json)
    }
}
