//! Messages of services, in a line.

/// The beginning of a long message.
pub(super) fn short(text: &str) -> String {
    text.chars().take(120).collect()
}
