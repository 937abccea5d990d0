//! What the stacks share; nothing in here is a stack.

pub(crate) mod contract;
pub(crate) mod files;
pub(crate) mod folders;
pub(crate) mod jobs;
pub(crate) mod language;
pub(crate) mod listed;
pub(crate) mod logs;
pub(crate) mod names;
pub(crate) mod settings;
pub(crate) mod stack;
pub(crate) mod stack_name;
