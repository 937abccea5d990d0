//! The options that several commands over stacks share.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use oleoduto_runner::{Planning, Selection};

use crate::report_file::ReportFile;
use crate::synth::OUT;

/// The options that all of these commands share.
#[derive(Clone, Debug, clap::Args)]
pub struct StackArgs {
    /// Stack names or globs [default: all]
    pub(crate) stacks: Vec<String>,
    /// Leave out these stacks (names or globs)
    #[arg(long, value_name = "STACK")]
    exclude: Vec<String>,
    /// Add the stacks that the selected ones read
    #[arg(long)]
    with_producers: bool,
    /// Add the stacks that read the selected ones
    #[arg(long)]
    with_consumers: bool,
    #[command(flatten)]
    pub(crate) folder: FolderArgs,
}

/// How Terraform is run, and where.
#[derive(Clone, Debug, clap::Args)]
pub struct FolderArgs {
    /// Output folder
    #[arg(short, long, env = "CDKTF_OUTDIR", default_value = OUT)]
    pub(crate) out: PathBuf,
    /// Reuse the output folder without synthesizing again
    #[arg(long)]
    pub(crate) skip_synth: bool,
    /// Number of stacks at the same time [default: one per processor, at least two]
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallelism: Option<u16>,
    /// Time to wait for a state lock, such as 30s or 5m
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub(crate) lock_timeout: Duration,
    /// Let each Terraform command start a provider of its own, instead of sharing one process
    #[arg(long, env = "OLEODUTO_NO_PROVIDER_REUSE", value_parser = clap::builder::FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub(crate) no_provider_reuse: bool,
    /// Print the report as JSON (schemas/run-report.schema.json)
    #[arg(long)]
    pub(crate) json: bool,
    /// Show Terraform's own lines
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// How states are read.
#[derive(Clone, Debug, clap::Args)]
pub struct Reading {
    /// Whether to lock the states; `--lock=false` is for credentials that may only read them
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    pub(crate) lock: bool,
}

/// What `init` does if the backend of an initialized folder changed.
#[derive(Clone, Debug, clap::Args)]
pub struct BackendChange {
    /// The backend changed: migrate the existing state (terraform init -migrate-state -force-copy)
    #[arg(long, conflicts_with = "reconfigure")]
    pub(crate) migrate_state: bool,
    /// The backend changed: leave the existing state where it is (terraform init -reconfigure)
    #[arg(long)]
    pub(crate) reconfigure: bool,
}

/// What is planned, other than everything that the configuration says.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Narrowed {
    /// Replace this resource (terraform plan -replace)
    #[arg(long, value_name = "ADDRESS")]
    replace: Vec<String>,
    /// Change only this resource and what it needs; the next run looks at the whole stack again (terraform plan -target)
    #[arg(long, value_name = "ADDRESS")]
    target: Vec<String>,
    /// Take over into the states what changed outside, and change nothing else (terraform plan -refresh-only)
    #[arg(long, conflicts_with_all = ["replace", "target"])]
    refresh_only: bool,
}

impl Narrowed {
    pub(crate) fn planning(&self) -> Planning {
        Planning { replace: self.replace.clone(), target: self.target.clone(), refresh_only: self.refresh_only }
    }
}

/// What `plan` and the question before an apply show.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Showing {
    /// Show Terraform's own diff of every changing stack [default: on a terminal]
    #[arg(long, conflicts_with = "no_diff")]
    diff: bool,
    /// Show addresses only
    #[arg(long)]
    no_diff: bool,
}

impl Showing {
    pub(crate) fn diff(&self) -> bool {
        self.diff || (!self.no_diff && std::io::stdout().is_terminal())
    }
}

/// How a run goes on after a failure, and which stacks it is for.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Running {
    /// After a failure, start no further stack
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Only stacks whose output differs from that of this commit (branch, tag or hash)
    #[arg(long, value_name = "GIT_REF")]
    pub(crate) changed_since: Option<String>,
    /// Write the report to this file: `.json`, `.md` (for a pull request), `.xml` (JUnit), or `.jsonl` (while the run goes on)
    #[arg(long, value_name = "FILE", value_parser = ReportFile::parse)]
    pub(crate) report: Vec<ReportFile>,
}

impl StackArgs {
    pub(crate) fn selection(&self) -> Selection {
        Selection {
            patterns: self.stacks.clone(),
            among: None,
            exclude: self.exclude.clone(),
            with_producers: self.with_producers,
            with_consumers: self.with_consumers,
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}; write 30s, 5m or 1h"))?;
    Duration::try_from(parsed).map_err(|_| "it can't be negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_terraform_writes_them() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert!(duration("-5m").is_err_and(|error| error.contains("negative")));
        assert!(duration("soon").is_err_and(|error| error.contains("write 30s")));
    }
}
