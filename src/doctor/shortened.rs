//! Messages of services, in a line.

use oleoduto_cli::Refused;

/// The beginning of a long message.
pub(super) fn short(text: &str) -> String {
    text.chars().take(120).collect()
}

/// The code of a refusal, or the beginning of what was said instead.
pub(super) fn why(refused: &Refused) -> String {
    short(refused.code.as_ref().unwrap_or(&refused.text))
}
