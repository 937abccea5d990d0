//! `synth`, and the synthesis that other commands begin with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use oleoduto_cdk::Synthesized;
use oleoduto_runner::OutputOwner;

use crate::program::Program;

/// The output folder, unless another is named.
pub const OUT: &str = "cdktf.out";

/// Write Terraform JSON, one folder per stack, and manifest.json
#[derive(Debug, clap::Args)]
pub struct SynthArgs {
    /// Output folder
    #[arg(short, long, env = "CDKTF_OUTDIR", default_value = OUT)]
    out: PathBuf,
}

impl SynthArgs {
    /// Writes the output and prints its files.
    ///
    /// # Errors
    /// The mistakes in the stacks; or the output can't be written.
    pub async fn run(self, program: &impl Program) -> anyhow::Result<ExitCode> {
        let settings = program.settings(&self.out).await?;
        let output = write(program.synthesize(&settings)?, &program.owner(&settings), &self.out)?;
        for stack in &output.stacks {
            outln!("{}", self.out.join("stacks").join(&stack.name).join("cdk.tf.json").display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes an output; warns of resources that would be destroyed only because their ids changed.
///
/// # Errors
/// The folder can't be written.
pub fn write(output: Synthesized, owner: &OutputOwner, out: &Path) -> anyhow::Result<Synthesized> {
    for warning in output.warnings.iter().chain(&output.renames(out)) {
        errln!("{warning}");
    }
    output.write(out)?;
    owner.write(out)?;
    Ok(output)
}
