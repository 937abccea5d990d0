//! A mistake in the file: message, place and help.

use std::fmt;
use std::ops::Range;

/// A mistake with its place.
#[derive(Debug, thiserror::Error)]
pub(crate) struct Mistake {
    message: String,
    help: Option<String>,
    /// `path:line:column`.
    place: String,
    line: usize,
    /// The line's text, and the columns to mark.
    text: String,
    columns: Range<usize>,
}

impl Mistake {
    /// A mistake at a span of a text.
    pub(crate) fn new(path: &str, text: &str, span: Range<usize>, message: impl Into<String>, help: Option<String>) -> Self {
        let start = span.start.min(text.len());
        let before = text.get(..start).unwrap_or_default();
        let (line, from) = (before.matches('\n').count() + 1, before.rfind('\n').map_or(0, |at| at + 1));
        let own = text.get(from..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = before.get(from..).unwrap_or_default().chars().count();
        let width = text.get(start..span.end).unwrap_or_default().lines().next().unwrap_or_default().chars().count();
        Self {
            message: message.into(),
            help,
            place: format!("{path}:{line}:{}", column + 1),
            line,
            text: own.to_owned(),
            columns: column..column + width.max(1),
        }
    }

    /// The message of the TOML parser, with a suggestion for a misspelled word.
    pub(crate) fn of_toml(path: &str, text: &str, error: &toml::de::Error) -> Self {
        Self::new(path, text, error.span().unwrap_or_default(), error.message(), did_you_mean(error.message()))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.to_string();
        let gap = " ".repeat(line.len());
        let marks = " ".repeat(self.columns.start) + &"^".repeat(self.columns.len());
        write!(f, "{}\n{gap}--> {}\n{gap} |\n{line} | {}\n{gap} | {marks}", self.message, self.place, self.text)?;
        self.help.iter().try_for_each(|help| write!(f, "\n{gap} = help: {help}"))
    }
}

/// The nearest of the words that a message of serde expects: "unknown field `x`, expected one of `a`, `b`".
fn did_you_mean(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next()?.to_lowercase();
    let (distance, word) = words.map(|word| (strsim::damerau_levenshtein(&word.to_lowercase(), &unknown), word)).min()?;
    (distance <= 1.max(unknown.len() / 3)).then(|| format!("did you mean `{word}`?"))
}
