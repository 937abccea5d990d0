//! `oleoduto synth`, and the synthesis that other commands begin with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use oleoduto_cdk::Synthesized;
use oleoduto_runner::OutputOwner;
use oleoduto_stacks::Settings;

use crate::global::Global;

/// The output folder, unless another is named.
pub(crate) const OUT: &str = "cdktf.out";

/// Write Terraform JSON, one folder per stack, and manifest.json
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Output folder
    #[arg(short, long, env = "CDKTF_OUTDIR", default_value = OUT)]
    out: PathBuf,
}

impl Args {
    /// Write the output and print its files.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let output = write_output(&global.config()?.settings(&self.out).await?, &self.out)?;
        for stack in &output.stacks {
            outln!("{}", self.out.join("stacks").join(&stack.name).join("cdk.tf.json").display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Synthesize the stacks of an environment.
pub(crate) fn synthesize(settings: &Settings) -> anyhow::Result<Synthesized> {
    Ok(oleoduto_stacks::app(settings)?.synth()?)
}

/// Synthesize into a folder; warns of resources that would be destroyed only because their ids changed.
pub(crate) fn write_output(settings: &Settings, out: &Path) -> anyhow::Result<Synthesized> {
    let output = synthesize(settings)?;
    for warning in output.warnings.iter().chain(&output.renames(out)) {
        errln!("{warning}");
    }
    output.write(out)?;
    owner(settings).write(out)?;
    Ok(output)
}

/// Whose an output folder is.
pub(crate) fn owner(settings: &Settings) -> OutputOwner {
    OutputOwner { scope: settings.scope(), account: settings.account.to_string(), region: settings.region.to_string() }
}
