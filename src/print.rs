//! Prints to standard output and standard error. The standard macros panic when nobody reads any more, as under `head`.

use std::fmt::Arguments;
use std::io::{ErrorKind, Result, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a text could not be written for another reason than that nobody reads.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Whether the output of this program is incomplete, as on a full disk.
pub(crate) fn failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

/// Writes a line to standard output.
pub(crate) fn out(text: Arguments<'_>) {
    let mut stream = anstream::stdout().lock();
    if let Some(error) = trouble(writeln!(stream, "{text}").and_then(|()| stream.flush()))
        && !FAILED.swap(true, Ordering::Relaxed)
    {
        err(format_args!("error: standard output can't be written: {error}"));
    }
}

/// Writes a line to standard error. There is no place left to report a failure to.
pub(crate) fn err(text: Arguments<'_>) {
    drop(writeln!(anstream::stderr().lock(), "{text}"));
}

/// The error that a user should know of: that a reader went away is none.
fn trouble(result: Result<()>) -> Option<std::io::Error> {
    result.err().filter(|error| error.kind() != ErrorKind::BrokenPipe)
}

/// A line on standard output, with the arguments of `format!`.
macro_rules! outln {
    ($($text:tt)*) => { $crate::print::out(format_args!($($text)*)) };
}

/// A line on standard error, with the arguments of `format!`.
macro_rules! errln {
    ($($text:tt)*) => { $crate::print::err(format_args!($($text)*)) };
}
