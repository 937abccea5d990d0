//! The signals that ask this program to end.

use std::future::Future;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Exit code of a program that a signal ended, without the number of the signal.
const BY_SIGNAL: u8 = 128;
/// The numbers of the signals, as exit codes name them.
const HANGUP: u8 = 1;
const INTERRUPT: u8 = 2;
const TERMINATE: u8 = 15;

/// Ctrl-C, a request to terminate, and the end of the terminal.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// Listens from now on: these signals no longer end the program by themselves.
    ///
    /// # Errors
    /// The handlers can't be set.
    pub fn listen() -> anyhow::Result<Self> {
        let listen = |kind, name| signal(kind).with_context(|| format!("the handler of {name} could not be set"));
        // A program under `nohup` outlives its terminal.
        let hangup = if hangup_is_ignored() { None } else { Some(listen(SignalKind::hangup(), "SIGHUP")?) };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt(), "SIGINT")?,
            terminate: listen(SignalKind::terminate(), "SIGTERM")?,
            hangup,
        })
    }

    /// Waits for the next signal; returns the exit code of a program that it ended.
    pub async fn next(&mut self) -> u8 {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        let number = tokio::select! {
            _ = self.interrupt.recv() => INTERRUPT,
            _ = self.terminate.recv() => TERMINATE,
            _ = hangup => HANGUP,
        };
        BY_SIGNAL + number
    }
}

/// Whether this program was started with SIGHUP ignored. Only Linux tells it without unsafe code.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Runs a command that starts other programs. A signal drops it, which ends them.
///
/// # Errors
/// Those of the command; or the handlers can't be set.
pub async fn until_signal(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    tokio::select! {
        result = work => result,
        code = signals.next() => Ok(ExitCode::from(code)),
    }
}
