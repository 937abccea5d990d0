//! `plan`, `apply`, `destroy`, `output`, `drift` and `unlock`: the stock Terraform over all stacks.

pub(crate) mod approval;
mod args;
pub(crate) mod command;
mod holds;
pub(crate) mod interrupts;
pub(crate) mod options;
mod record;
mod report_file;
pub(crate) mod show;
mod state;
mod unlock;
pub(crate) mod view;
mod weight;

pub(crate) use command::RunCommand;
