//! The command lines of the runs, and how a run goes.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use oleoduto_runner::{FolderLock, Options, Outcome, RunReport, Runner};
use oleoduto_stacks::StateStore;

use super::approval::approval;
use super::interrupts::Interruptible;
use super::options::{MISSING_BUCKET_HELP, plugin_cache, unlock_command};
use super::record::{self, Approved, Record};
use super::show;
use super::unlock::unlock;
use super::view::View;
use crate::files::private_folder;
use crate::global::Global;
use crate::synth::{OUT, owner, write_output};

/// Exit code of a program ended by SIGINT.
const INTERRUPTED: u8 = 130;
/// There are changes, as `terraform plan -detailed-exitcode` says it.
const CHANGES: u8 = 2;

/// The options that all of these commands share.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct StackArgs {
    /// Stack names or globs [default: all]
    stacks: Vec<String>,
    /// Output folder
    #[arg(short, long, env = "CDKTF_OUTDIR", default_value = OUT)]
    out: PathBuf,
    /// Reuse the output folder without synthesizing again
    #[arg(long)]
    skip_synth: bool,
    /// Number of stacks at the same time [default: one per processor, at least two]
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..))]
    parallelism: Option<u16>,
    /// Time to wait for a state lock, such as 30s or 5m
    #[arg(long, default_value = "0s", value_parser = duration)]
    lock_timeout: Duration,
    /// Let each Terraform command start a provider of its own, instead of sharing one process
    #[arg(long, env = "OLEODUTO_NO_PROVIDER_REUSE", value_parser = clap::builder::FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    no_provider_reuse: bool,
    /// Print the report as JSON (schemas/run-report.schema.json)
    #[arg(long)]
    json: bool,
    /// Show Terraform's own lines
    #[arg(short, long)]
    verbose: bool,
}

/// How states are read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Reading {
    /// Whether to lock the states; `--lock=false` is for credentials that may only read them
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    lock: bool,
}

/// What `init` does if the backend of an initialized folder changed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BackendChange {
    /// The backend changed: migrate the existing state (terraform init -migrate-state -force-copy)
    #[arg(long, conflicts_with = "reconfigure")]
    migrate_state: bool,
    /// The backend changed: leave the existing state where it is (terraform init -reconfigure)
    #[arg(long)]
    reconfigure: bool,
}

/// The commands over several stacks.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RunCommand {
    /// Plan all stacks, even before anything is applied; keep the plans for `apply`
    ///
    /// Exit code 0: no changes, 2: changes, 1: an error. If a stack depends on one that is not applied yet, its inputs
    /// are predicted from that stack's plan or resource names and marked as such.
    #[command(
        after_help = "Examples:\n  oleoduto plan\n  oleoduto plan 's3' 'iam' --env prod\n  oleoduto plan --refresh --json\n  oleoduto plan --record approved.json"
    )]
    Plan {
        #[command(flatten)]
        args: StackArgs,
        /// Run Terraform even for stacks that did not change since their last apply
        #[arg(long)]
        refresh: bool,
        #[command(flatten)]
        record: Record,
        #[command(flatten)]
        reading: Reading,
        #[command(flatten)]
        backend: BackendChange,
    },
    /// Apply exactly the saved plans; without saved plans, plan, ask and apply
    ///
    /// Stacks that did not change since their last apply are skipped without starting Terraform. After a failure, running
    /// stacks finish, stacks that depend on the failed one are skipped, and the next `apply` continues from there.
    #[command(
        visible_alias = "deploy",
        after_help = "Examples:\n  oleoduto plan && oleoduto apply\n  oleoduto apply --yes --env prod\n  oleoduto apply 's*' --lock-timeout 5m\n  oleoduto apply --approved approved.json"
    )]
    Apply {
        #[command(flatten)]
        args: StackArgs,
        #[command(flatten)]
        approved: Approved,
        /// Run Terraform even for stacks that did not change since their last apply
        #[arg(long)]
        refresh: bool,
        #[command(flatten)]
        backend: BackendChange,
    },
    /// Destroy the stacks, in reverse order
    #[command(after_help = "Examples:\n  oleoduto destroy\n  oleoduto destroy stepfunctions --yes")]
    Destroy {
        #[command(flatten)]
        args: StackArgs,
        /// Destroy without asking
        #[arg(short, long, visible_alias = "auto-approve")]
        yes: bool,
    },
    /// Print the outputs of the applied stacks
    #[command(after_help = "Examples:\n  oleoduto output\n  oleoduto output ecr --json")]
    Output {
        #[command(flatten)]
        args: StackArgs,
    },
    /// Refresh all stacks and report what changed outside Terraform
    ///
    /// Exit code 0: no drift, 2: drift, 1: an error. Nothing is changed, not even a state.
    #[command(after_help = "Examples:\n  oleoduto drift\n  oleoduto drift glue --json")]
    Drift {
        #[command(flatten)]
        args: StackArgs,
        #[command(flatten)]
        reading: Reading,
    },
    /// Show who holds a state's lock, and free it
    #[command(after_help = "Examples:\n  oleoduto unlock\n  oleoduto unlock glue --yes")]
    Unlock {
        #[command(flatten)]
        args: StackArgs,
        /// Free the locks without asking
        #[arg(short, long)]
        yes: bool,
    },
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}; write 30s, 5m or 1h"))?;
    Duration::try_from(parsed).map_err(|_| "it can't be negative".to_owned())
}

impl RunCommand {
    fn args(&self) -> &StackArgs {
        match self {
            Self::Plan { args, .. }
            | Self::Apply { args, .. }
            | Self::Destroy { args, .. }
            | Self::Output { args }
            | Self::Drift { args, .. }
            | Self::Unlock { args, .. } => args,
        }
    }

    fn refresh(&self) -> bool {
        matches!(self, Self::Plan { refresh: true, .. } | Self::Apply { refresh: true, .. })
    }

    fn lock_for_reading(&self) -> bool {
        match self {
            Self::Plan { reading, .. } | Self::Drift { reading, .. } => reading.lock,
            _ => true,
        }
    }

    fn record(&self) -> Record {
        match self {
            Self::Plan { record, .. } => record.clone(),
            _ => Record::default(),
        }
    }

    fn init_arguments(&self) -> Vec<String> {
        let arguments: &[&str] = match self {
            Self::Plan { backend, .. } | Self::Apply { backend, .. } if backend.migrate_state => {
                &["-migrate-state", "-force-copy"]
            }
            Self::Plan { backend, .. } | Self::Apply { backend, .. } if backend.reconfigure => &["-reconfigure"],
            _ => &[],
        };
        arguments.iter().map(|argument| (*argument).to_owned()).collect()
    }

    /// Synthesize, then run Terraform over the stacks.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let config = global.config()?;
        let args = self.args();
        let settings = config.settings(&args.out).await?;
        config.verify_account(&settings).await?;
        let folder_lock = FolderLock::take(&args.out)?;
        if let StateStore::Local(folder) = &settings.state {
            // A state may contain secrets, and Terraform lets everybody read the file.
            private_folder(folder)?;
        }
        if args.skip_synth {
            owner(&settings).check(&args.out)?;
        } else {
            write_output(&settings, &args.out)?;
        }
        let default = std::thread::available_parallelism().map_or(2, |count| count.get().max(2));
        let Record { record, assume } = self.record();
        let observer = Arc::new(View::new(args.verbose && !args.json));
        let options = Options {
            out: args.out.clone(),
            terraform: global.terraform.clone(),
            environment: Vec::new(),
            parallelism: args.parallelism.map_or(default, usize::from),
            lock_timeout: args.lock_timeout,
            lock_for_reading: self.lock_for_reading(),
            scope: settings.scope(),
            account: settings.account.to_string(),
            region: settings.region.to_string(),
            refresh: self.refresh(),
            record,
            assumed_variables: assume,
            reuse_provider: !args.no_provider_reuse,
            plugin_cache: plugin_cache(config),
            init_arguments: self.init_arguments(),
            unlock_command,
            missing_bucket_help: MISSING_BUCKET_HELP,
            observer: observer.clone(),
        };
        let runner = Interruptible::new(Runner::open(options, folder_lock)?, observer)?;
        execute(&self, &runner).await
    }
}

async fn execute(command: &RunCommand, runner: &Runner) -> anyhow::Result<ExitCode> {
    let args = command.args();
    let report = match command {
        RunCommand::Plan { .. } => runner.plan(&args.stacks).await?,
        RunCommand::Apply { approved, .. } => runner.apply(&args.stacks, approved.approval(args.json)?).await?,
        RunCommand::Destroy { yes, .. } => {
            runner.destroy(&args.stacks, approval(*yes, args.json, "destroy all of this; there is no undo")).await?
        }
        RunCommand::Drift { .. } => runner.drift(&args.stacks).await?,
        RunCommand::Output { .. } => return outputs(runner, args).await,
        RunCommand::Unlock { yes, .. } => return unlock(runner, &args.stacks, args.json, *yes).await,
    };
    if args.json {
        outln!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        show::report(&report);
        record::show(&report);
    }
    let found = match command {
        RunCommand::Plan { .. } => report.stacks.iter().any(|stack| stack.outputs_change || !stack.changes.is_empty()),
        RunCommand::Drift { .. } => report.stacks.iter().any(|stack| stack.result == Outcome::Drifted),
        _ => false,
    };
    Ok(code(&report, found))
}

async fn outputs(runner: &Runner, args: &StackArgs) -> anyhow::Result<ExitCode> {
    let outputs = runner.outputs(&args.stacks).await?;
    show::outputs(&outputs.stacks, args.json)?;
    outputs.failed.iter().for_each(show::failure);
    Ok(if outputs.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn code(report: &RunReport, changes: bool) -> ExitCode {
    if report.stacks.iter().any(|stack| stack.result == Outcome::Interrupted) {
        return ExitCode::from(INTERRUPTED);
    }
    match (report.succeeded, changes) {
        (false, _) => ExitCode::FAILURE,
        (true, true) => ExitCode::from(CHANGES),
        (true, false) => ExitCode::SUCCESS,
    }
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
