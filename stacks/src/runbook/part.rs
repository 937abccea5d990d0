//! Parts of the runbook.

use crate::support::language::{Language, Text};

/// A part of the runbook: a text, and commands.
pub(super) struct Part {
    text: Text,
    commands: Vec<Commands>,
}

/// Commands for a shell.
struct Commands {
    /// Whether the local AWS answers them; the others need a service that it lacks.
    local: bool,
    lines: Vec<String>,
}

impl Part {
    pub(super) fn new(text: Text) -> Self {
        Self { text, commands: Vec::new() }
    }

    /// Commands that also run against the local AWS.
    pub(super) fn run(self, lines: &[&str]) -> Self {
        self.with(true, lines)
    }

    /// Commands that need the real AWS, GitHub or a decision.
    pub(super) fn run_there(self, lines: &[&str]) -> Self {
        self.with(false, lines)
    }

    fn with(mut self, local: bool, lines: &[&str]) -> Self {
        self.commands.push(Commands { local, lines: lines.iter().map(|line| (*line).to_owned()).collect() });
        self
    }

    /// The text in a language, and the commands, which are the same in each.
    pub(super) fn markdown(&self, language: Language) -> String {
        let blocks = self.commands.iter().map(|block| {
            let fence = if block.local { "sh" } else { "shell" };
            format!("\n```{fence}\n{}\n```\n", block.lines.join("\n"))
        });
        format!("{}\n{}", self.text.of(language), blocks.collect::<String>())
    }
}
