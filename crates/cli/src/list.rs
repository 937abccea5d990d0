//! `list`: the stacks in the order in which they can be applied.

use std::process::ExitCode;

use crate::changed::changed_since;
use crate::program::Program;
use crate::synth::OUT;

/// List the stacks in the order in which they can be applied
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only stacks whose output differs from that of this commit (branch, tag or hash)
    #[arg(long, value_name = "GIT_REF")]
    changed_since: Option<String>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

impl ListArgs {
    /// Prints the names.
    ///
    /// # Errors
    /// The mistakes in the stacks; or the commit can't be synthesized.
    pub async fn run(self, program: &impl Program) -> anyhow::Result<ExitCode> {
        let settings = program.settings_to_show(&program.root()?.join(OUT)).await?;
        let output = program.synthesize(&settings)?;
        let names = match self.changed_since {
            Some(reference) => changed_since(program, &settings, &output, &reference)?,
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
