//! Parts of the runbook.

/// A part of the runbook: a text, and commands.
pub(super) struct Part {
    text: String,
    commands: Vec<Commands>,
}

/// Commands for a shell.
struct Commands {
    /// Whether the local AWS answers them; the others need a service that it lacks.
    local: bool,
    lines: Vec<String>,
}

impl Part {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), commands: Vec::new() }
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

    pub(super) fn markdown(&self) -> String {
        let blocks = self.commands.iter().map(|block| {
            let fence = if block.local { "sh" } else { "shell" };
            format!("\n```{fence}\n{}\n```\n", block.lines.join("\n"))
        });
        format!("{}\n{}", self.text, blocks.collect::<String>())
    }
}
