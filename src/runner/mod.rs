//! `plan`, `apply`, `destroy`, `output`, `drift` and `unlock`: the stock Terraform over all stacks.

pub(crate) mod approval;
pub(crate) mod command;
pub(crate) mod options;
mod record;
pub(crate) mod show;
mod unlock;
pub(crate) mod view;

pub(crate) use command::RunCommand;
