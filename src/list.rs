//! `oleoduto list`: the stacks in the order in which they can be applied.

use std::process::ExitCode;

use crate::changed::changed_since;
use crate::global::Global;
use crate::synth::{OUT, synthesize};

/// List the stacks in the order in which they can be applied
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only stacks whose output differs from that of this commit (branch, tag or hash)
    #[arg(long, value_name = "GIT_REF")]
    changed_since: Option<String>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Print the names.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let config = global.config()?;
        let settings = config.settings(&config.root().join(OUT)).await?;
        let output = synthesize(&settings)?;
        let names = match self.changed_since {
            Some(reference) => changed_since(&reference, config.root(), &output, &settings)?,
            None => output.stacks.iter().map(|stack| stack.name.clone()).collect(),
        };
        if self.json {
            outln!("{}", serde_json::to_string(&names)?);
        } else {
            names.iter().for_each(|name| outln!("{name}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
