//! Prints to standard output and standard error. The standard macros panic when nobody reads any more, as under `head`.

use std::fmt::Arguments;
use std::io::{ErrorKind, Result, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a text could not be written for another reason than that nobody reads.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Whether the output of this program is incomplete, as on a full disk.
pub(crate) fn failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

/// Writes a line to standard output.
pub fn out(text: Arguments<'_>) {
    let mut stream = anstream::stdout().lock();
    if let Some(error) = trouble(writeln!(stream, "{text}").and_then(|()| stream.flush()))
        && !FAILED.swap(true, Ordering::Relaxed)
    {
        err(format_args!("error: standard output can't be written: {error}"));
    }
}

/// Writes a line to standard error. There is no place left to report a failure to.
pub fn err(text: Arguments<'_>) {
    drop(writeln!(anstream::stderr().lock(), "{text}"));
}

/// The end of a program: its exit code, or its error on standard error. Also a failure if its output is incomplete.
pub fn exit_code(done: anyhow::Result<ExitCode>) -> ExitCode {
    match done {
        Ok(_) if failed() => ExitCode::FAILURE,
        Ok(code) => code,
        Err(error) => {
            let style = anstyle::AnsiColor::Red.on_default().bold();
            err(format_args!("{style}error:{style:#} {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The error that a user should know of: that a reader went away is none.
fn trouble(result: Result<()>) -> Option<std::io::Error> {
    result.err().filter(|error| error.kind() != ErrorKind::BrokenPipe)
}

/// A line on standard output, with the arguments of `format!`.
#[macro_export]
macro_rules! outln {
    ($($text:tt)*) => { $crate::out(format_args!($($text)*)) };
}

/// A line on standard error, with the arguments of `format!`.
#[macro_export]
macro_rules! errln {
    ($($text:tt)*) => { $crate::err(format_args!($($text)*)) };
}
