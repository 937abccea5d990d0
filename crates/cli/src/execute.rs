//! How a run goes: its options, the call of the runner, what is shown, and the exit code.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use oleoduto_cdk::Synthesized;
use oleoduto_runner::{FolderLock, Options, Outcome, OutputOwner, RunReport, Runner, Selection};

use crate::approval::approval;
use crate::args::Running;
use crate::changed::changed_since;
use crate::command::RunCommand;
use crate::files::private_folder;
use crate::holds;
use crate::inspect;
use crate::interrupts::Interruptible;
use crate::program::{Program, plugin_cache};
use crate::record::{self, Record};
use crate::report_file::ReportFile;
use crate::run_rules::RunRules;
use crate::show;
use crate::state;
use crate::synth::write;
use crate::unlock::unlock;
use crate::view::View;
use crate::watch::watch;

/// Exit code of a program ended by SIGINT.
const INTERRUPTED: u8 = 130;
/// There are changes, as `terraform plan -detailed-exitcode` says it.
const CHANGES: u8 = 2;

impl RunCommand {
    /// Synthesizes, then runs Terraform over the stacks.
    ///
    /// # Errors
    /// The run can't start or continue. What failed in a stack is printed, and the exit code says so.
    pub async fn run(self, program: &impl Program) -> anyhow::Result<ExitCode> {
        let folder = self.folder();
        if let Self::Watch { round: false, .. } = self {
            return watch(program, &folder.out).await;
        }
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
        let Some(selection) = self.changed_selection(program, &settings, output)? else {
            errln!("no stack differs from that commit");
            return Ok(ExitCode::SUCCESS);
        };
        let running = self.running();
        let observer = Arc::new(View::new(folder.verbose && !folder.json, running.report.iter().find_map(ReportFile::lines))?);
        let RunRules { retry, hooks, mut costs } = program.run_rules(&settings)?;
        if !self.tells_costs() {
            costs.clear();
        }
        let options = Options { retry, hooks, costs, ..self.options(program, &owner, observer.clone())? };
        let runner = Interruptible::new(Runner::open(options, folder_lock)?, observer)?;
        if let Self::Destroy { orphans: false, .. } = &self {
            holds::look(&runner, &selection, &owner.region, program.kept_data_help()).await?;
        }
        execute(&self, &runner, &selection, &running).await
    }

    /// The selected stacks; none if the commit that is asked about made no difference to any of them.
    fn changed_selection<P: Program>(
        &self,
        program: &P,
        settings: &P::Settings,
        output: Option<Synthesized>,
    ) -> anyhow::Result<Option<Selection>> {
        let selection = self.selection();
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
    let move_command = format!("{name} state mv");
    let orphans_help =
        format!("`{name} destroy --orphans` destroys them; if the stack was renamed, `{name} state mv OLD NEW` keeps them");
    Ok(Options {
        unlock_command: Arc::new(move |stack| format!("{name} unlock {stack}")),
        move_command: Arc::new(move |words| format!("{move_command} {words}")),
        orphans_help,
        missing_bucket_help: program.missing_bucket_help().to_owned(),
        ..Options::new(out.to_owned(), scope.to_owned(), plugin_cache(&program.root()?))
    })
}

async fn execute(command: &RunCommand, runner: &Runner, selection: &Selection, running: &Running) -> anyhow::Result<ExitCode> {
    let json = command.folder().json;
    let report = match command {
        RunCommand::Plan { .. } | RunCommand::Watch { .. } => runner.plan(selection).await?,
        RunCommand::Validate { .. } => runner.validate(selection).await?,
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
        RunCommand::Show { plan, .. } => return inspect::show(runner, selection, *plan, json).await,
        RunCommand::Console { stack, plan, .. } => return inspect::console(runner, stack, *plan).await,
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
        RunCommand::Plan { .. } | RunCommand::Watch { .. } => {
            report.stacks.iter().any(|stack| stack.outputs_change || !stack.changes.is_empty())
        }
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
