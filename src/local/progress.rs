//! Steps and their seconds: a spinner on a terminal, plain lines elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// The steps done so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(String, Duration)>,
}

/// A step under way.
pub(crate) struct Step {
    name: String,
    started: Instant,
    bar: ProgressBar,
}

impl Step {
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

    /// Print a line above the spinner.
    pub(crate) fn line(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }
}

impl Steps {
    /// End a step well.
    pub(crate) fn finish(&mut self, step: &Step) {
        let seconds = step.started.elapsed();
        step.bar.finish_and_clear();
        eprintln!("  ok  {:<24} {:>6.1} s", step.name, seconds.as_secs_f64());
        self.done.push((step.name.clone(), seconds));
    }

    /// The time of all steps.
    pub(crate) fn total(&self) -> Duration {
        self.done.iter().map(|(_, seconds)| *seconds).sum()
    }
}
