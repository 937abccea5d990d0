//! Runs the stacks of a cdktf output folder with the stock Terraform (or OpenTofu): plans all of them, even those whose
//! producers are not applied yet, applies what was planned, skips what did not change, and destroys in reverse order.
//!
//! The crate knows only the folder and its `manifest.json`, so it runs the output of any cdktf-compatible program. Every
//! call it makes is one that can be made by hand; [`StackReport::commands`] lists them.

mod apply;
mod assume;
mod call;
mod drift;
mod fault;
mod folder;
mod graph;
mod init;
mod inputs;
mod lock;
mod message;
mod options;
mod outputs;
mod plan;
mod pool;
mod predict;
mod record;
mod recover;
mod remove;
mod report;
mod run;
mod schedule;
mod select;
mod store;

pub use fault::RunnerError;
pub use graph::Graph;
pub use lock::LockInfo;
pub use message::{Action, Change, Changes, Diagnostic, Hook, Message, Severity};
pub use options::{Approval, ApproveFn, Observer, Options, Silent};
pub use plan::{Assumed, Source};
pub use record::RECORD_SUFFIX;
pub use recover::UNSAVED_SUFFIX;
pub use report::{Outcome, ResourceReport, RunReport, StackReport};
pub use run::{FolderLock, Runner};
