//! `graph`: the stacks and their dependencies.

use std::path::Path;
use std::process::ExitCode;

use oleoduto_cdk::Manifest;

use crate::program::Program;
use crate::synth::OUT;

/// Print the graph of the stacks
#[derive(Debug, clap::Args)]
pub struct GraphArgs {
    /// Language of the graph
    #[arg(long, value_enum, default_value = "mermaid")]
    format: Format,
}

impl GraphArgs {
    /// Prints the graph.
    ///
    /// # Errors
    /// The mistakes in the stacks.
    pub async fn run(self, program: &impl Program) -> anyhow::Result<ExitCode> {
        let output = program.synthesize(&program.settings(Path::new(OUT)).await?)?;
        outln!("{}", render(&output.manifest, self.format).trim_end());
        Ok(ExitCode::SUCCESS)
    }
}

/// A graph language.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// Mermaid, which GitHub renders
    Mermaid,
    /// Graphviz
    Dot,
}

/// The graph; an arrow goes from a stack to one that uses it.
fn render(manifest: &Manifest, format: Format) -> String {
    let (open, quote, arrow, end, close) = match format {
        Format::Mermaid => ("graph LR\n", "", "-->", "", ""),
        Format::Dot => ("digraph stacks {\n  rankdir=LR;\n", "\"", "->", ";", "}\n"),
    };
    let mut text = open.to_owned();
    for (name, stack) in &manifest.stacks {
        text.push_str(&format!("  {quote}{name}{quote}{end}\n"));
        for producer in &stack.dependencies {
            text.push_str(&format!("  {quote}{producer}{quote} {arrow} {quote}{name}{quote}{end}\n"));
        }
    }
    text + close
}
