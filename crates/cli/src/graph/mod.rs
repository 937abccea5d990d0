//! `graph`: the stacks and their dependencies, or the states of a state machine.

mod html;
mod layout;
mod machine;
mod picture;
mod stacks;
mod svg;
mod text;

use std::path::Path;
use std::process::ExitCode;

use crate::program::Program;
use crate::synth::OUT;
use picture::Picture;

/// Print the graph of the stacks, or of a state machine
///
/// An arrow goes from a stack to one that uses it, or from a state to the next one. A dashed arrow leads to what handles an error.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  PROGRAM graph\n  PROGRAM graph --format svg > stacks.svg\n  PROGRAM graph --states --format html > states.html"
)]
pub struct GraphArgs {
    /// Language of the graph
    #[arg(long, value_enum, default_value = "mermaid")]
    format: Format,
    /// The states of a state machine instead of the stacks; its address, as in `states.aws_sfn_state_machine.orders`, if there are several
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    states: Option<String>,
}

impl GraphArgs {
    /// Prints the graph.
    ///
    /// # Errors
    /// The mistakes in the stacks; there is no such state machine.
    pub async fn run(self, program: &impl Program) -> anyhow::Result<ExitCode> {
        let output = program.synthesize(&program.settings_to_show(Path::new(OUT)).await?)?;
        let picture = match &self.states {
            Some(address) => machine::picture(&output, address)?,
            None => stacks::picture(&output.manifest),
        };
        outln!("{}", self.format.render(&picture).trim_end());
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
    /// A picture that needs no other program
    Svg,
    /// A page with the picture and the list of what is in it
    Html,
}

impl Format {
    fn render(self, picture: &Picture) -> String {
        match self {
            Self::Mermaid => text::mermaid(picture),
            Self::Dot => text::dot(picture),
            Self::Svg => svg::svg(picture),
            Self::Html => html::html(picture),
        }
    }
}
