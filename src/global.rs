//! The options of all commands, and what commands derive from them.

use std::cell::OnceCell;

use crate::config::{Config, Overrides};

/// The options of all commands.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Terraform's or OpenTofu's binary
    #[arg(long, env = "TERRAFORM_BINARY_NAME", default_value = "terraform", global = true)]
    pub(crate) terraform: String,
    #[arg(skip)]
    config: OnceCell<Config>,
}

impl Global {
    /// The configuration, which is loaded when a command first asks for it: some commands work without a valid one.
    pub(crate) fn config(&self) -> anyhow::Result<&Config> {
        match self.config.get() {
            Some(config) => Ok(config),
            None => {
                let config = Config::load(&self.overrides)?;
                Ok(self.config.get_or_init(|| config))
            }
        }
    }
}
