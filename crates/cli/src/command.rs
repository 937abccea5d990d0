//! The command lines of the runs, and how a run goes.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use oleoduto_cdk::Synthesized;
use oleoduto_runner::{FolderLock, Options, Outcome, OutputOwner, Planning, RunReport, Runner, Selection};

use crate::approval::approval;
use crate::args::{BackendChange, FolderArgs, Narrowed, Reading, Running, Showing, StackArgs};
use crate::changed::changed_since;
use crate::files::private_folder;
use crate::holds;
use crate::interrupts::Interruptible;
use crate::program::{Program, plugin_cache};
use crate::record::{self, Approved, Record};
use crate::report_file::ReportFile;
use crate::show;
use crate::state::{self, StateCommand};
use crate::synth::write;
use crate::unlock::unlock;
use crate::view::View;

/// Exit code of a program ended by SIGINT.
const INTERRUPTED: u8 = 130;
/// There are changes, as `terraform plan -detailed-exitcode` says it.
const CHANGES: u8 = 2;

/// The commands over several stacks.
#[derive(Debug, clap::Subcommand)]
#[allow(missing_docs, reason = "the fields are options, whose help is their documentation")]
pub enum RunCommand {
    /// Plan all stacks, even before anything is applied; keep the plans for `apply`
    ///
    /// Exit code 0: no changes, 2: changes, 1: an error. If a stack depends on one that is not applied yet, its inputs
    /// are predicted from that stack's plan or resource names and marked as such.
    #[command(
        after_help = "Examples:\n  PROGRAM plan\n  PROGRAM plan 's3' 'iam' --env prod\n  PROGRAM plan glue --with-producers --diff\n  PROGRAM plan --refresh --report plan.md\n  PROGRAM plan --record approved.json"
    )]
    Plan {
        #[command(flatten)]
        args: StackArgs,
        /// Run Terraform even for stacks that did not change since their last apply
        #[arg(long)]
        refresh: bool,
        #[command(flatten)]
        narrowed: Narrowed,
        #[command(flatten)]
        showing: Showing,
        #[command(flatten)]
        running: Running,
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
        after_help = "Examples:\n  PROGRAM plan && oleoduto apply\n  PROGRAM apply --yes --env prod\n  PROGRAM apply 's*' --lock-timeout 5m\n  PROGRAM apply lambda --replace aws_lambda_function.training_vars\n  PROGRAM apply --changed-since origin/main --fail-fast\n  PROGRAM apply --approved approved.json"
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
        narrowed: Narrowed,
        #[command(flatten)]
        showing: Showing,
        #[command(flatten)]
        running: Running,
        #[command(flatten)]
        backend: BackendChange,
    },
    /// Destroy the stacks, in reverse order
    ///
    /// Nothing is touched if a bucket or repository holds data that the environment keeps.
    #[command(after_help = "Examples:\n  PROGRAM destroy\n  PROGRAM destroy stepfunctions --yes\n  PROGRAM destroy --orphans")]
    Destroy {
        #[command(flatten)]
        args: StackArgs,
        /// Destroy stacks that are not in the program any more, from their states; names select among them
        #[arg(long)]
        orphans: bool,
        /// Destroy without asking
        #[arg(short, long, visible_alias = "auto-approve")]
        yes: bool,
        #[command(flatten)]
        running: Running,
    },
    /// Print the outputs of the applied stacks
    #[command(
        after_help = "Examples:\n  PROGRAM output\n  PROGRAM output ecr --json\n  PROGRAM output stepfunctions --raw state_machine_arn"
    )]
    Output {
        #[command(flatten)]
        args: StackArgs,
        /// Print the value of this output of one stack, and nothing else (terraform output -raw)
        #[arg(long, value_name = "NAME", conflicts_with = "json")]
        raw: Option<String>,
    },
    /// Refresh all stacks and report what changed outside Terraform
    ///
    /// Exit code 0: no drift, 2: drift, 1: an error. Nothing is changed, not even a state.
    #[command(after_help = "Examples:\n  PROGRAM drift\n  PROGRAM drift glue --json")]
    Drift {
        #[command(flatten)]
        args: StackArgs,
        #[command(flatten)]
        running: Running,
        #[command(flatten)]
        reading: Reading,
    },
    /// Show who holds a state's lock, and free it
    #[command(after_help = "Examples:\n  PROGRAM unlock\n  PROGRAM unlock glue --yes")]
    Unlock {
        #[command(flatten)]
        args: StackArgs,
        /// Free the locks without asking
        #[arg(short, long)]
        yes: bool,
    },
    /// Take an existing resource into the state of a stack (terraform import)
    #[command(after_help = "Examples:\n  PROGRAM import s3 aws_s3_bucket.data my-bucket")]
    Import {
        /// Name of the stack
        stack: String,
        /// Address of the resource in its configuration
        address: String,
        /// The resource's id, as the provider's documentation says it
        id: String,
        #[command(flatten)]
        folder: FolderArgs,
    },
    State {
        #[command(subcommand)]
        command: StateCommand,
    },
}

impl RunCommand {
    fn folder(&self) -> &FolderArgs {
        match self {
            Self::Plan { args, .. }
            | Self::Apply { args, .. }
            | Self::Destroy { args, .. }
            | Self::Output { args, .. }
            | Self::Drift { args, .. }
            | Self::Unlock { args, .. } => &args.folder,
            Self::Import { folder, .. } => folder,
            Self::State { command } => command.folder(),
        }
    }

    fn running(&self) -> Running {
        match self {
            Self::Plan { running, .. }
            | Self::Apply { running, .. }
            | Self::Destroy { running, .. }
            | Self::Drift { running, .. } => running.clone(),
            _ => Running::default(),
        }
    }

    fn planning(&self) -> Planning {
        match self {
            Self::Plan { narrowed, .. } | Self::Apply { narrowed, .. } => narrowed.planning(),
            _ => Planning::default(),
        }
    }

    /// Whether Terraform runs even if nothing changed. What is asked for by an address or about the states is no change of the
    /// configuration.
    fn refresh(&self) -> bool {
        matches!(self, Self::Plan { refresh: true, .. } | Self::Apply { refresh: true, .. })
            || self.planning() != Planning::default()
    }

    fn diff(&self) -> bool {
        match self {
            Self::Plan { showing, .. } | Self::Apply { showing, .. } => showing.diff(),
            _ => false,
        }
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

    /// Synthesizes, then runs Terraform over the stacks.
    ///
    /// # Errors
    /// The run can't start or continue. What failed in a stack is printed, and the exit code says so.
    pub async fn run(self, program: &impl Program) -> anyhow::Result<ExitCode> {
        let folder = self.folder();
        let settings = program.settings(&folder.out).await?;
        program.verify(&settings).await?;
        let folder_lock = FolderLock::take(&folder.out)?;
        if let Some(states) = program.states_folder(&settings) {
            // A state may contain secrets, and Terraform lets everybody read the file.
            private_folder(states)?;
        }
        let owner = program.owner(&settings);
        let output = if folder.skip_synth {
            owner.check(&folder.out)?;
            None
        } else {
            Some(write(program.synthesize(&settings)?, &owner, &folder.out)?)
        };
        let Some(selection) = self.selection(program, &settings, output)? else {
            errln!("no stack differs from that commit");
            return Ok(ExitCode::SUCCESS);
        };
        let running = self.running();
        let observer = Arc::new(View::new(folder.verbose && !folder.json, running.report.iter().find_map(ReportFile::lines))?);
        let options = self.options(program, &owner, observer.clone())?;
        let runner = Interruptible::new(Runner::open(options, folder_lock)?, observer)?;
        if let Self::Destroy { orphans: false, .. } = &self {
            holds::look(&runner, &selection, &owner.region, program.kept_data_help()).await?;
        }
        execute(&self, &runner, &selection, &running).await
    }

    /// The selected stacks; none if the commit that is asked about made no difference to any of them.
    fn selection<P: Program>(
        &self,
        program: &P,
        settings: &P::Settings,
        output: Option<Synthesized>,
    ) -> anyhow::Result<Option<Selection>> {
        let selection = match self {
            Self::Plan { args, .. }
            | Self::Apply { args, .. }
            | Self::Destroy { args, .. }
            | Self::Output { args, .. }
            | Self::Drift { args, .. }
            | Self::Unlock { args, .. } => args.selection(),
            Self::Import { .. } | Self::State { .. } => Selection::default(),
        };
        let Some(reference) = self.running().changed_since else { return Ok(Some(selection)) };
        let output = output.map_or_else(|| program.synthesize(settings), Ok)?;
        let changed = changed_since(program, settings, &output, &reference)?;
        let changed: Vec<String> = changed.into_iter().filter(|name| output.manifest.stacks.contains_key(name)).collect();
        Ok((!changed.is_empty()).then_some(Selection { among: Some(changed), ..selection }))
    }

    fn options(&self, program: &impl Program, owner: &OutputOwner, observer: Arc<View>) -> anyhow::Result<Options> {
        let folder = self.folder();
        let default = std::thread::available_parallelism().map_or(2, |count| count.get().max(2));
        let Record { record, assume } = self.record();
        Ok(Options {
            terraform: program.terraform().to_owned(),
            parallelism: folder.parallelism.map_or(default, usize::from),
            fail_fast: self.running().fail_fast,
            lock_timeout: folder.lock_timeout,
            lock_for_reading: self.lock_for_reading(),
            account: owner.account.clone(),
            region: owner.region.clone(),
            refresh: self.refresh(),
            diff: self.diff(),
            planning: self.planning(),
            record,
            assumed_variables: assume,
            reuse_provider: !folder.no_provider_reuse,
            init_arguments: self.init_arguments(),
            observer,
            ..program_options(program, &folder.out, &owner.scope)?
        })
    }
}

/// The options of every run of a program, with the words that its messages name its commands by.
///
/// # Errors
/// The project's folder can't be read.
pub fn program_options(program: &impl Program, out: &Path, scope: &str) -> anyhow::Result<Options> {
    let name = program.name().to_owned();
    let orphans_help =
        format!("`{name} destroy --orphans` destroys them; if the stack was renamed, `{name} state mv OLD NEW` keeps them");
    Ok(Options {
        unlock_command: Arc::new(move |stack| format!("{name} unlock {stack}")),
        orphans_help,
        missing_bucket_help: program.missing_bucket_help().to_owned(),
        ..Options::new(out.to_owned(), scope.to_owned(), plugin_cache(&program.root()?))
    })
}

async fn execute(command: &RunCommand, runner: &Runner, selection: &Selection, running: &Running) -> anyhow::Result<ExitCode> {
    let json = command.folder().json;
    let report = match command {
        RunCommand::Plan { .. } => runner.plan(selection).await?,
        RunCommand::Apply { approved, .. } => runner.apply(selection, approved.approval(json)?).await?,
        RunCommand::Destroy { orphans, yes, .. } => {
            let approval = approval(*yes, json, "destroy all of this; there is no undo");
            if *orphans {
                runner.destroy_orphans(selection, approval).await?
            } else {
                runner.destroy(selection, approval).await?
            }
        }
        RunCommand::Drift { .. } => runner.drift(selection).await?,
        RunCommand::Output { raw, .. } => return outputs(runner, selection, json, raw.as_deref()).await,
        RunCommand::Unlock { yes, .. } => return unlock(runner, selection, json, *yes).await,
        RunCommand::Import { stack, address, id, .. } => return state::import(runner, stack, address, id).await,
        RunCommand::State { command } => return command.run(runner).await,
    };
    if json {
        outln!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        show::report(&report);
        record::show(&report);
    }
    for file in &running.report {
        file.write(&report)?;
    }
    let found = match command {
        RunCommand::Plan { .. } => report.stacks.iter().any(|stack| stack.outputs_change || !stack.changes.is_empty()),
        RunCommand::Drift { .. } => report.stacks.iter().any(|stack| stack.result == Outcome::Drifted),
        _ => false,
    };
    Ok(code(&report, found))
}

async fn outputs(runner: &Runner, selection: &Selection, json: bool, raw: Option<&str>) -> anyhow::Result<ExitCode> {
    let outputs = runner.outputs(selection).await?;
    match raw {
        Some(name) => show::raw_output(&outputs.stacks, name)?,
        None => show::outputs(&outputs.stacks, json)?,
    }
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
