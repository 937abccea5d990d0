//! `plan`, `apply`, `destroy`, `output`, `drift` and `unlock`: the stock Terraform over all stacks.

mod changed;
mod show;
mod view;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use oleoduto_runner::{Approval, FolderLock, Options, Outcome, RunReport, Runner, StackReport};

pub(crate) use changed::changed_since;
pub(crate) use show::{failure, lock as lock_line};
pub(crate) use view::View;

use crate::config::Config;

/// Exit code of a program ended by SIGINT.
const INTERRUPTED: u8 = 130;
/// There are changes, as of `terraform plan -detailed-exitcode`.
const CHANGES: u8 = 2;

/// Which stacks, and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Names or globs of stacks; all without any
    stacks: Vec<String>,
    /// The output folder
    #[arg(short, long, env = "CDKTF_OUTDIR", default_value = crate::OUT)]
    out: PathBuf,
    /// Use what the output folder holds, instead of synthesising it anew
    #[arg(long)]
    skip_synth: bool,
    /// How many stacks at the same time [default: one per processor, two at least]
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..))]
    parallelism: Option<u16>,
    /// How long to wait for a state lock, such as 30s or 5m
    #[arg(long, default_value = "0s", value_parser = duration)]
    lock_timeout: Duration,
    /// Let Terraform start the provider for each command, instead of serving several by one process
    #[arg(long, env = "OLEODUTO_NO_PROVIDER_REUSE", value_parser = clap::builder::FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    no_provider_reuse: bool,
    /// Print the report as JSON (schemas/run-report.schema.json)
    #[arg(long)]
    json: bool,
    /// Show Terraform's own lines
    #[arg(short, long)]
    verbose: bool,
}

/// What `init` does when the backend of an initialised folder changed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BackendChange {
    /// The backend changed: take the states along (terraform init -migrate-state -force-copy)
    #[arg(long, conflicts_with = "reconfigure")]
    migrate_state: bool,
    /// The backend changed: leave the states where they are (terraform init -reconfigure)
    #[arg(long)]
    reconfigure: bool,
}

/// The commands over several stacks.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RunCommand {
    /// Plan all stacks, even before anything is applied; keep the plans for `apply`
    ///
    /// Exit code 0: no changes, 2: changes, 1: an error. A stack that reads one which is not applied yet is planned with
    /// values that its plan or its names give; what is assumed is marked.
    #[command(after_help = "Examples:\n  oleoduto plan\n  oleoduto plan 's3' 'iam' --env prod\n  oleoduto plan --refresh --json")]
    Plan {
        #[command(flatten)]
        args: Args,
        /// Run Terraform even for stacks that did not change since their last apply
        #[arg(long)]
        refresh: bool,
        #[command(flatten)]
        backend: BackendChange,
    },
    /// Apply exactly the saved plans; without any, plan, ask and apply
    ///
    /// Stacks that did not change since their last apply are skipped without starting Terraform. After a failure running
    /// stacks finish, those that need the failed one are skipped, and the next `apply` goes on from there.
    #[command(
        visible_alias = "deploy",
        after_help = "Examples:\n  oleoduto plan && oleoduto apply\n  oleoduto apply --yes --env prod\n  oleoduto apply 's*' --lock-timeout 5m"
    )]
    Apply {
        #[command(flatten)]
        args: Args,
        /// Apply without asking
        #[arg(short, long, visible_alias = "auto-approve")]
        yes: bool,
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
        args: Args,
        /// Destroy without asking
        #[arg(short, long, visible_alias = "auto-approve")]
        yes: bool,
    },
    /// Print the outputs of the applied stacks
    #[command(after_help = "Examples:\n  oleoduto output\n  oleoduto output ecr --json")]
    Output {
        #[command(flatten)]
        args: Args,
    },
    /// Refresh all stacks and report what changed outside Terraform
    ///
    /// Exit code 0: nothing, 2: something drifted, 1: an error. Nothing is changed, not even a state.
    #[command(after_help = "Examples:\n  oleoduto drift\n  oleoduto drift glue --json")]
    Drift {
        #[command(flatten)]
        args: Args,
    },
    /// Show who holds a state's lock, and free it
    #[command(after_help = "Examples:\n  oleoduto unlock\n  oleoduto unlock glue --yes")]
    Unlock {
        #[command(flatten)]
        args: Args,
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
    fn args(&self) -> &Args {
        match self {
            Self::Plan { args, .. }
            | Self::Apply { args, .. }
            | Self::Destroy { args, .. }
            | Self::Output { args }
            | Self::Drift { args }
            | Self::Unlock { args, .. } => args,
        }
    }

    fn refresh(&self) -> bool {
        matches!(self, Self::Plan { refresh: true, .. } | Self::Apply { refresh: true, .. })
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
}

/// Run a command.
pub(crate) async fn run(command: RunCommand, config: &Config, terraform: String) -> anyhow::Result<ExitCode> {
    let args = command.args();
    let settings = config.settings(&args.out).await?;
    config.verify_account(&settings).await?;
    let folder_lock = FolderLock::take(&args.out)?;
    if !args.skip_synth {
        crate::write_output(&settings, &args.out)?;
    }
    let default = std::thread::available_parallelism().map_or(2, |count| count.get().max(2));
    let observer = Arc::new(view::View::new(args.verbose && !args.json));
    let options = Options {
        out: args.out.clone(),
        terraform,
        environment: Vec::new(),
        parallelism: args.parallelism.map_or(default, usize::from),
        lock_timeout: args.lock_timeout,
        scope: settings.scope(),
        account: settings.account.to_string(),
        region: settings.region.to_string(),
        refresh: command.refresh(),
        reuse_provider: !args.no_provider_reuse,
        plugin_cache: plugin_cache(config)?,
        init_arguments: command.init_arguments(),
        unlock_command,
        missing_bucket_help: MISSING_BUCKET_HELP,
        observer: observer.clone(),
    };
    let runner = Runner::open(options, folder_lock)?;
    let signals = tokio::spawn(forward_signals(runner.clone(), observer));
    let result = execute(&command, &runner).await;
    signals.abort();
    result
}

/// Terraform's plugin cache: the user's own, or one in the project's folder.
pub(crate) fn plugin_cache(config: &Config) -> anyhow::Result<PathBuf> {
    let cache = config.root().join(".oleoduto/cache/terraform-plugins");
    std::fs::create_dir_all(&cache).with_context(|| format!("can't make {}", cache.display()))?;
    Ok(cache)
}

/// Hand interrupts on: Terraform ends what it is doing and saves its state.
async fn forward_signals(runner: Runner, view: Arc<view::View>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return;
    };
    let mut times = 0;
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        times += 1;
        let text = match times {
            1 => "interrupted: nothing new starts; Terraform ends what it is doing and saves its state (again: give up at once)",
            _ => "interrupted again: Terraform gives up at once; resources under way may be missing in the state",
        };
        oleoduto_runner::Observer::note(&*view, text);
        runner.interrupt();
    }
}

async fn execute(command: &RunCommand, runner: &Runner) -> anyhow::Result<ExitCode> {
    let args = command.args();
    match command {
        RunCommand::Plan { .. } => {
            let report = runner.plan(&args.stacks).await?;
            show_report(&report, args.json)?;
            let changes = report.stacks.iter().any(|stack| stack.outputs_change || !stack.changes.is_empty());
            Ok(code(&report, changes))
        }
        RunCommand::Apply { yes, .. } => {
            let report = runner.apply(&args.stacks, approval(*yes, args.json, "perform these actions")).await?;
            show_report(&report, args.json)?;
            Ok(code(&report, false))
        }
        RunCommand::Destroy { yes, .. } => {
            let report = runner.destroy(&args.stacks, approval(*yes, args.json, "destroy all of this; there is no undo")).await?;
            show_report(&report, args.json)?;
            Ok(code(&report, false))
        }
        RunCommand::Drift { .. } => {
            let report = runner.drift(&args.stacks).await?;
            show_report(&report, args.json)?;
            let drifted = report.stacks.iter().any(|stack| stack.result == Outcome::Drifted);
            Ok(code(&report, drifted))
        }
        RunCommand::Output { .. } => {
            let outputs = runner.outputs(&args.stacks).await?;
            show::outputs(&outputs.stacks, args.json)?;
            outputs.failed.iter().for_each(show::failure);
            Ok(if outputs.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        RunCommand::Unlock { yes, .. } => unlock(runner, args, *yes).await,
    }
}

fn show_report(report: &RunReport, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(report)?)
    } else {
        show::report(report)
    }
    Ok(())
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

/// Who decides about changes: `--yes`, a person on a terminal, or nobody.
pub(crate) fn approval(yes: bool, json: bool, question: &'static str) -> Approval {
    if yes {
        return Approval::Given;
    }
    if json || !std::io::stdin().is_terminal() {
        return Approval::Nobody;
    }
    Approval::Ask(Arc::new(move |stacks: &[StackReport]| {
        show::plans(stacks);
        ask(question)
    }))
}

/// Terraform's question, and its only good answer.
fn ask(question: &str) -> bool {
    eprint!("\nDo you want to {question}? Only 'yes' will be accepted: ");
    let mut answer = String::new();
    std::io::stderr().flush().is_ok() && std::io::stdin().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}

/// What to do if the bucket of a state does not exist.
pub(crate) const MISSING_BUCKET_HELP: &str = "create it with `oleoduto backend up`";

/// What frees a stack's lock.
pub(crate) fn unlock_command(stack: &str) -> String {
    format!("oleoduto unlock {stack}")
}

async fn unlock(runner: &Runner, args: &Args, yes: bool) -> anyhow::Result<ExitCode> {
    let locks = runner.locks(&args.stacks).await?;
    if args.json {
        let rows: Vec<_> = locks.iter().map(|(stack, info)| serde_json::json!({"stack": stack, "lock": info})).collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
    }
    if locks.is_empty() {
        eprintln!("no state is locked");
        return Ok(ExitCode::SUCCESS);
    }
    for (stack, info) in &locks {
        eprintln!("{}", show::lock(stack, info));
    }
    if !yes {
        if args.json || !std::io::stdin().is_terminal() {
            bail!("the locks are left as they are: make sure that nobody works with these states, then give --yes");
        }
        if !ask("free these locks, though whoever holds one may still be writing") {
            return Ok(ExitCode::FAILURE);
        }
    }
    let mut good = true;
    for (stack, info) in &locks {
        let report = runner.unlock(stack, info).await?;
        if report.result.is_good() {
            eprintln!("freed {stack}");
        } else {
            show::failure(&report);
            good = false;
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
