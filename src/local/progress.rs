//! The steps of a run and their durations: a spinner on a terminal, plain lines elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// The finished steps.
#[derive(Default)]
pub(crate) struct Progress {
    done: Vec<(String, Duration)>,
}

/// A step under way.
pub(crate) struct ProgressStep {
    name: String,
    started: Instant,
    bar: ProgressBar,
}

impl ProgressStep {
    /// Start a step.
    pub(crate) fn start(name: &str) -> Self {
        // Hidden by itself when standard error is not a terminal.
        let bar = ProgressBar::new_spinner().with_message(name.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { name: name.to_owned(), started: Instant::now(), bar }
    }

    /// Say beside the spinner what the step is doing.
    pub(crate) fn at(&self, what: &str) {
        self.bar.set_message(format!("{}: {what}", self.name));
    }

    /// Print a line above the spinner.
    pub(crate) fn line(&self, text: &str) {
        self.bar.suspend(|| errln!("{text}"));
    }
}

impl Progress {
    /// End a step that succeeded.
    pub(crate) fn finish(&mut self, step: &ProgressStep) {
        let seconds = step.started.elapsed();
        step.bar.finish_and_clear();
        errln!("  ok  {:<24} {:>6.1} s", step.name, seconds.as_secs_f64());
        self.done.push((step.name.clone(), seconds));
    }

    /// The duration of all steps.
    pub(crate) fn total(&self) -> Duration {
        self.done.iter().map(|(_, seconds)| *seconds).sum()
    }
}
