#![doc = include_str!("../README.md")]

#[macro_use]
mod print;

mod approval;
mod args;
#[cfg(feature = "backend")]
pub mod aws;
mod aws_call;
#[cfg(feature = "backend")]
pub mod backend;
#[cfg(feature = "backend")]
mod caller;
mod changed;
mod command;
pub mod doctor;
mod execute;
mod explain;
mod files;
mod graph;
mod holds;
mod holds_iam;
mod inspect;
mod interrupts;
mod jsonencode;
mod list;
mod plain;
mod program;
mod record;
mod report_file;
mod run_rules;
mod sdk_error;
mod shell;
mod show;
mod signals;
mod state;
mod synth;
mod unlock;
mod view;
mod watch;
mod weight;

pub use approval::approval;
pub use aws_call::{AwsProtocol, AwsService, ECR, Refused};
#[cfg(feature = "backend")]
pub use caller::{Caller, NoCredentials};
pub use changed::changed_since;
pub use command::RunCommand;
pub use execute::program_options;
pub use explain::ExplainArgs;
pub use files::{if_present, private_folder, remove};
pub use graph::GraphArgs;
pub use interrupts::{Interruptible, asking};
pub use list::ListArgs;
pub use oleoduto_runner::serve_provider_if_asked;
pub use plain::{Context, run, run_with};
pub use print::{err, exit_code, out};
pub use program::{Program, plugin_cache};
pub use run_rules::RunRules;
pub use sdk_error::sdk_error;
pub use shell::{CompletionsArgs, ManArgs, manual, named};
pub use show::{failure, lock_in_words};
pub use signals::{Signals, until_signal};
pub use state::StateCommand;
pub use synth::{OUT, SynthArgs, write};
pub use view::View;
