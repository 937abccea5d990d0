//! `doctor`: problems of this machine, of the stacks and of their states, and how to fix them. A program adds checks of its own.

mod finding;
mod machine;
mod states;
mod tool;

use std::process::ExitCode;

pub use finding::{Finding, Verdict};
pub use machine::{machine, room};
pub use states::states;
pub use tool::{Tool, Version};

use crate::program::Program;
use crate::synth::OUT;

/// Check this machine, the stacks and their states, and suggest a fix for every problem
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl DoctorArgs {
    /// Runs the checks of any program, and prints their findings.
    ///
    /// # Errors
    /// The current folder can't be read.
    pub async fn run(self, program: &impl Program) -> anyhow::Result<ExitCode> {
        let root = program.root()?;
        let out = root.join(OUT);
        let (terraform, git) = (Tool::terraform(program.terraform()), Tool::git());
        let (terraform, git, stacks) = tokio::join!(terraform.check(), git.check(), stacks(program, &out));
        let findings: Vec<_> = [terraform, git].into_iter().chain(machine(&root)).chain(stacks).collect();
        report(&findings, self.json)
    }
}

/// Whether the stacks synthesize, and where their states are.
async fn stacks(program: &impl Program, out: &std::path::Path) -> Vec<Finding> {
    const WHAT: &str = "stacks";
    let synthesized = match program.settings(out).await {
        Ok(settings) => program.synthesize(&settings),
        Err(error) => Err(error),
    };
    match synthesized {
        Err(error) => vec![Finding::failure(WHAT, format!("{error:#}"), format!("correct them: {} synth", program.name()))],
        Ok(output) => {
            let found = format!("{}, without a mistake", output.stacks.len());
            let configurations = output.stacks.iter().map(|stack| stack.json.as_str());
            let states = states(configurations, program.missing_bucket_help()).await;
            [Finding::ok(WHAT, found)].into_iter().chain(states).collect()
        }
    }
}

/// Print findings, as lines or as JSON; the exit code says whether a command will fail.
///
/// # Errors
/// They can't be written as JSON.
pub fn report(findings: &[Finding], json: bool) -> anyhow::Result<ExitCode> {
    if json {
        outln!("{}", serde_json::to_string_pretty(findings)?);
    } else {
        show(findings);
    }
    let failed = findings.iter().any(|finding| finding.verdict == Verdict::Failure);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn show(findings: &[Finding]) {
    let width = findings.iter().map(|finding| finding.what.len()).max().unwrap_or_default();
    for finding in findings {
        let sign = match finding.verdict {
            Verdict::Ok => "ok",
            Verdict::Note => "--",
            Verdict::Warning => "??",
            Verdict::Failure => "!!",
        };
        outln!("  {sign}  {:width$}  {}", finding.what, finding.found.trim().replace('\n', " "));
        if !finding.fix.is_empty() {
            outln!("      {:width$}  -> {}", "", finding.fix);
        }
    }
}
