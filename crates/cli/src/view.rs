//! The progress of a run: a line per running stack on a terminal, a line per finished one everywhere.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use oleoduto_runner::{Message, Observer, Outcome, StackReport, locked};

/// Draws on standard error; nothing moves if that is not a terminal.
pub struct View {
    bars: MultiProgress,
    running: Mutex<HashMap<String, (ProgressBar, Instant)>>,
    verbose: bool,
    lines: Option<File>,
}

impl View {
    /// `lines` is a file that gets each stack's report as a line of JSON when the stack ends.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn new(verbose: bool, lines: Option<&Path>) -> anyhow::Result<Self> {
        let open = |path: &Path| File::create(path).with_context(|| format!("`{}` can't be written", path.display()));
        Ok(Self { bars: MultiProgress::new(), running: Mutex::default(), verbose, lines: lines.map(open).transpose()? })
    }

    fn line(&self, text: &str) {
        self.bars.suspend(|| errln!("{text}"));
    }
}

impl Observer for View {
    fn started(&self, stack: &str, what: &str) {
        let bar = self.bars.add(ProgressBar::new_spinner().with_message(what.to_owned()).with_prefix(stack.to_owned()));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:14} {elapsed:>4} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        let mut running = locked(&self.running);
        let earlier = running.remove(stack);
        // Another attempt goes on where the first one began.
        let began = earlier.map(|(bar, began)| {
            bar.finish_and_clear();
            began
        });
        running.insert(stack.to_owned(), (bar, began.unwrap_or_else(Instant::now)));
    }

    fn message(&self, stack: &str, message: &Message) {
        if let Some((bar, _)) = locked(&self.running).get(stack) {
            bar.set_message(message.text.clone());
        }
        if self.verbose && !message.text.is_empty() {
            self.line(&format!("{stack}: {}", message.text));
        }
    }

    fn ended(&self, report: &StackReport) {
        let running = locked(&self.running).remove(&report.name);
        let seconds = running.map(|(bar, started)| {
            bar.finish_and_clear();
            format!("{:>6.1} s", started.elapsed().as_secs_f64())
        });
        let sign = match report.result {
            Outcome::Unchanged => "--",
            result if result.is_good() => "ok",
            _ => "!!",
        };
        let line = format!("  {sign}  {:<14} {:>8}", report.name, seconds.unwrap_or_default());
        self.line(line.trim_end());
        if let Some(mut file) = self.lines.as_ref()
            && let Err(error) = serde_json::to_string(report).map_err(Into::into).and_then(|line| writeln!(file, "{line}"))
        {
            self.line(&format!("warning: the report of {} could not be written: {error}", report.name));
        }
    }

    fn note(&self, text: &str) {
        self.line(text);
    }
}
