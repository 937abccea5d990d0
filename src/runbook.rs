//! `oleoduto runbook`: what an engineer on call needs to know of an environment.

use std::path::Path;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use oleoduto_stacks::Language;

use crate::global::Global;
use crate::synth::OUT;

/// Print the runbook of the environment as Markdown: for each alarm what it means, where to look and what to run
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oleoduto runbook --env prod > runbook.md")]
pub(crate) struct Args {
    /// Language of the sentences; the commands are the same in each
    #[arg(long, default_value = Language::English.as_str(), value_parser = languages())]
    language: Language,
}

/// Each language by its tag.
fn languages() -> impl TypedValueParser<Value = Language> {
    let tags = PossibleValuesParser::new(Language::ALL.map(Language::as_str));
    tags.try_map(|tag| {
        let found = Language::ALL.into_iter().find(|language| language.as_str() == tag);
        found.ok_or_else(|| format!("there is no text in `{tag}`"))
    })
}

impl Args {
    /// Print it.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let settings = global.config()?.settings(Path::new(OUT)).await?;
        outln!("{}", oleoduto_stacks::runbook(&settings, self.language).trim_end());
        Ok(ExitCode::SUCCESS)
    }
}
