//! `state` and `import`: the states of stacks by their names.

use std::process::ExitCode;

use anyhow::bail;
use oleoduto_runner::{ResourcePlace, Runner, Selection, StackReport};

use crate::args::{FolderArgs, StackArgs};
use crate::show;

/// List, show, move and forget what is in the states
#[derive(Debug, clap::Subcommand)]
#[allow(missing_docs, reason = "the fields are options, whose help is their documentation")]
pub enum StateCommand {
    /// List the resources in the states
    #[command(after_help = "Examples:\n  PROGRAM state list\n  PROGRAM state list glue --json")]
    List {
        #[command(flatten)]
        args: StackArgs,
    },
    /// Show a resource in the state of a stack (terraform state show)
    Show {
        /// Name of the stack
        stack: String,
        /// Address of the resource
        address: String,
        #[command(flatten)]
        folder: FolderArgs,
    },
    /// Move a resource to another address or into the state of another stack, or the state of a renamed stack to its new name
    ///
    /// Two words are names of stacks: the state of one that left the program goes to one that has no resources. Three are a stack,
    /// an address and the new address, four a stack and an address of each side. Copies of the states are kept in the output folder,
    /// in `backups/`.
    #[command(
        after_help = "Examples:\n  PROGRAM state mv storage s3\n  PROGRAM state mv glue aws_glue_job.etl aws_glue_job.load\n  PROGRAM state mv s3 aws_kms_key.data kms aws_kms_key.data"
    )]
    Mv {
        /// OLD NEW, STACK ADDRESS ADDRESS, or STACK ADDRESS STACK ADDRESS
        #[arg(num_args = 1..=4, required = true, value_name = "WORD")]
        words: Vec<String>,
        #[command(flatten)]
        folder: FolderArgs,
    },
    /// Forget a resource; it stays as it is (terraform state rm)
    Rm {
        /// Name of the stack
        stack: String,
        /// Address of the resource
        address: String,
        #[command(flatten)]
        folder: FolderArgs,
    },
}

impl StateCommand {
    pub(crate) fn folder(&self) -> &FolderArgs {
        match self {
            Self::List { args } => &args.folder,
            Self::Show { folder, .. } | Self::Mv { folder, .. } | Self::Rm { folder, .. } => folder,
        }
    }

    pub(crate) async fn run(&self, runner: &Runner) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { args } => list(runner, &args.selection(), args.folder.json).await,
            Self::Show { stack, address, .. } => call(runner, stack, &["state", "show", "-no-color", address]).await,
            Self::Rm { stack, address, .. } => call(runner, stack, &["state", "rm", address]).await,
            Self::Mv { words, .. } => {
                let report = mv(runner, words).await?;
                ended(&report)?;
                errln!("moved to `{}`: {}", report.name, report.reason.unwrap_or_default());
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

async fn mv(runner: &Runner, words: &[String]) -> anyhow::Result<StackReport> {
    let place = |stack: &String, address: &String| ResourcePlace { stack: stack.clone(), address: address.clone() };
    Ok(match words {
        [stack, from, to] => runner.move_resource(&place(stack, from), &place(stack, to)).await?,
        [stack, from, other, to] => runner.move_resource(&place(stack, from), &place(other, to)).await?,
        [old, new] => runner.move_state(old, new).await?,
        _ => bail!("one word says nothing to move: write OLD NEW, STACK ADDRESS ADDRESS, or STACK ADDRESS STACK ADDRESS"),
    })
}

/// Take an existing resource into the state of a stack (terraform import).
pub(crate) async fn import(runner: &Runner, stack: &str, address: &str, id: &str) -> anyhow::Result<ExitCode> {
    call(runner, stack, &["import", "-input=false", "-no-color", address, id]).await
}

async fn list(runner: &Runner, selection: &Selection, json: bool) -> anyhow::Result<ExitCode> {
    let resources = runner.resources(selection).await?;
    if json {
        let rows: Vec<_> = resources.iter().map(|row| serde_json::json!({"stack": row.stack, "address": row.address})).collect();
        outln!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        resources.iter().for_each(|row| outln!("{:<14} {}", row.stack, row.address));
    }
    Ok(ExitCode::SUCCESS)
}

async fn call(runner: &Runner, stack: &str, arguments: &[&str]) -> anyhow::Result<ExitCode> {
    let (report, text) = runner.call(stack, arguments).await?;
    ended(&report)?;
    outln!("{}", text.trim_end());
    Ok(ExitCode::SUCCESS)
}

fn ended(report: &StackReport) -> anyhow::Result<()> {
    if report.result.is_good() {
        return Ok(());
    }
    show::failure(report);
    bail!("`{}` was not changed as asked", report.name)
}
