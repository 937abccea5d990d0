//! The synthesis that commands of the pipeline begin with.

use oleoduto_cdk::Synthesized;
use oleoduto_stacks::Settings;

pub(crate) use oleoduto_cli::OUT;

/// Synthesize the stacks of an environment.
pub(crate) fn synthesize(settings: &Settings) -> anyhow::Result<Synthesized> {
    Ok(oleoduto_stacks::app(settings)?.synth()?)
}
