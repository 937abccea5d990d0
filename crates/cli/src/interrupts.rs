//! Signals during a run: Terraform ends what it is doing and saves its state.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use oleoduto_runner::{Observer, Runner, locked};

use crate::signals::Signals;

/// Whether a person is being asked. No Terraform runs then, and an interrupt is a no.
static ASKING: AtomicBool = AtomicBool::new(false);

/// Asks a person; an interrupt ends the program.
pub fn asking<T>(question: impl FnOnce() -> T) -> T {
    ASKING.store(true, Ordering::SeqCst);
    // The thread waits for a person; the signals need another one.
    let answer = tokio::task::block_in_place(question);
    ASKING.store(false, Ordering::SeqCst);
    answer
}

/// The run that signals are passed to; without one, a signal ends the program.
static RUNNING: OnceLock<Mutex<Option<Running>>> = OnceLock::new();

struct Running {
    runner: Runner,
    observer: Arc<dyn Observer>,
    signals: u32,
}

/// A runner that gets the signals of this program until it is dropped.
pub struct Interruptible(Runner);

impl Interruptible {
    /// Passes signals on to a runner from now on.
    ///
    /// # Errors
    /// The handlers of signals can't be set.
    pub fn new(runner: Runner, observer: Arc<dyn Observer>) -> anyhow::Result<Self> {
        if RUNNING.get().is_none() {
            let signals = Signals::listen()?;
            tokio::spawn(forward(signals));
        }
        *locked(running()) = Some(Running { runner: runner.clone(), observer, signals: 0 });
        Ok(Self(runner))
    }
}

impl Deref for Interruptible {
    type Target = Runner;

    fn deref(&self) -> &Runner {
        &self.0
    }
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        *locked(running()) = None;
    }
}

fn running() -> &'static Mutex<Option<Running>> {
    RUNNING.get_or_init(Mutex::default)
}

async fn forward(mut signals: Signals) {
    loop {
        let code = signals.next().await;
        if ASKING.load(Ordering::SeqCst) {
            errln!("\ninterrupted: nothing was done");
            std::process::exit(code.into());
        }
        match &mut *locked(running()) {
            Some(running) => running.interrupt(),
            None => std::process::exit(code.into()),
        }
    }
}

impl Running {
    fn interrupt(&mut self) {
        self.signals += 1;
        let text = match self.signals {
            1 => "interrupted: nothing new starts; Terraform ends what it is doing and saves its state (again: give up at once)",
            _ => "interrupted again: Terraform gives up at once; resources under way may be missing in the state",
        };
        self.observer.note(text);
        self.runner.interrupt();
    }
}
