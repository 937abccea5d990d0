//! The command lines of the runs.

use oleoduto_runner::{Planning, Selection};

use crate::args::{BackendChange, FolderArgs, Narrowed, Reading, Running, Showing, StackArgs};
use crate::record::{Approved, Record};
use crate::state::StateCommand;
use crate::watch::ROUND;

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
        after_help = "Examples:\n  PROGRAM plan && PROGRAM apply\n  PROGRAM apply --yes --env prod\n  PROGRAM apply 's*' --lock-timeout 5m\n  PROGRAM apply lambda --replace aws_lambda_function.training_vars\n  PROGRAM apply --changed-since origin/main --fail-fast\n  PROGRAM apply --approved approved.json"
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
    /// Show the states of stacks, or their saved plans (terraform show)
    #[command(after_help = "Examples:\n  PROGRAM show ecr\n  PROGRAM show --plan\n  PROGRAM show s3 --json")]
    Show {
        #[command(flatten)]
        args: StackArgs,
        /// The saved plans instead of the states
        #[arg(long)]
        plan: bool,
    },
    /// Check the configurations of stacks (terraform validate)
    #[command(after_help = "Examples:\n  PROGRAM validate\n  PROGRAM validate glue --report validate.xml")]
    Validate {
        #[command(flatten)]
        args: StackArgs,
        #[command(flatten)]
        running: Running,
    },
    /// Evaluate expressions of a stack, against a copy of its state (terraform console)
    #[command(after_help = "Examples:\n  PROGRAM console s3\n  echo 'aws_s3_bucket.data.arn' | PROGRAM console s3")]
    Console {
        /// Name of the stack
        stack: String,
        /// Plan, and evaluate against the planned state
        #[arg(long)]
        plan: bool,
        #[command(flatten)]
        folder: FolderArgs,
    },
    /// Plan, and plan again whenever a file of the project changes
    ///
    /// Nothing is locked. Files that git ignores are not looked at, nor hidden ones. If a source of the program changes, cargo builds
    /// it again first. `apply` in another terminal applies the last plan.
    #[command(after_help = "Examples:\n  PROGRAM watch\n  PROGRAM watch glue --no-diff")]
    Watch {
        #[command(flatten)]
        args: StackArgs,
        #[command(flatten)]
        showing: Showing,
        /// One plan of a watch
        #[arg(long, env = ROUND, hide = true, value_parser = clap::builder::FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
        round: bool,
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
    pub(crate) fn folder(&self) -> &FolderArgs {
        match self {
            Self::Plan { args, .. }
            | Self::Apply { args, .. }
            | Self::Destroy { args, .. }
            | Self::Output { args, .. }
            | Self::Drift { args, .. }
            | Self::Show { args, .. }
            | Self::Validate { args, .. }
            | Self::Watch { args, .. }
            | Self::Unlock { args, .. } => &args.folder,
            Self::Import { folder, .. } | Self::Console { folder, .. } => folder,
            Self::State { command } => command.folder(),
        }
    }

    pub(crate) fn running(&self) -> Running {
        match self {
            Self::Plan { running, .. }
            | Self::Apply { running, .. }
            | Self::Destroy { running, .. }
            | Self::Validate { running, .. }
            | Self::Drift { running, .. } => running.clone(),
            _ => Running::default(),
        }
    }

    pub(crate) fn planning(&self) -> Planning {
        match self {
            Self::Plan { narrowed, .. } | Self::Apply { narrowed, .. } => narrowed.planning(),
            _ => Planning::default(),
        }
    }

    /// Whether Terraform runs even if nothing changed. What is asked for by an address or about the states is no change of the
    /// configuration.
    pub(crate) fn refresh(&self) -> bool {
        matches!(self, Self::Plan { refresh: true, .. } | Self::Apply { refresh: true, .. })
            || self.planning() != Planning::default()
    }

    pub(crate) fn diff(&self) -> bool {
        match self {
            Self::Plan { showing, .. } | Self::Apply { showing, .. } | Self::Watch { showing, .. } => showing.diff(),
            _ => false,
        }
    }

    /// Whether its report says what the stacks cost.
    pub(crate) fn tells_costs(&self) -> bool {
        matches!(self, Self::Plan { .. } | Self::Apply { .. } | Self::Watch { .. })
    }

    pub(crate) fn lock_for_reading(&self) -> bool {
        match self {
            Self::Plan { reading, .. } | Self::Drift { reading, .. } => reading.lock,
            Self::Watch { .. } => false,
            _ => true,
        }
    }

    pub(crate) fn record(&self) -> Record {
        match self {
            Self::Plan { record, .. } => record.clone(),
            _ => Record::default(),
        }
    }

    pub(crate) fn init_arguments(&self) -> Vec<String> {
        let arguments: &[&str] = match self {
            Self::Plan { backend, .. } | Self::Apply { backend, .. } if backend.migrate_state => {
                &["-migrate-state", "-force-copy"]
            }
            Self::Plan { backend, .. } | Self::Apply { backend, .. } if backend.reconfigure => &["-reconfigure"],
            _ => &[],
        };
        arguments.iter().map(|argument| (*argument).to_owned()).collect()
    }

    /// The stacks that the words of the command select.
    pub(crate) fn selection(&self) -> Selection {
        match self {
            Self::Plan { args, .. }
            | Self::Apply { args, .. }
            | Self::Destroy { args, .. }
            | Self::Output { args, .. }
            | Self::Drift { args, .. }
            | Self::Show { args, .. }
            | Self::Validate { args, .. }
            | Self::Watch { args, .. }
            | Self::Unlock { args, .. } => args.selection(),
            Self::Import { .. } | Self::Console { .. } | Self::State { .. } => Selection::default(),
        }
    }
}
