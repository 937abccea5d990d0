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
        Self::new(path, text, error.span().unwrap_or_default(), error.message(), help(error.message()))
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

/// What to write instead.
fn help(message: &str) -> Option<String> {
    did_you_mean(message).or_else(|| right_type(message)).or_else(|| {
        let missing = message.strip_prefix("missing field `")?.split('`').next()?;
        Some(format!(
            "add `{missing}`; docs/configuration.md has every key, and `oleoduto new NAME --template pipeline` makes a whole file"
        ))
    })
}

/// The form of a value that a message of serde expects, as TOML writes it: "invalid type: integer `1`, expected a string".
fn right_type(message: &str) -> Option<String> {
    let (given, expected) = message.strip_prefix("invalid type: ")?.split_once(", expected ")?;
    let value = given.split_once(' ').map_or("", |(_, value)| value.trim_matches(['`', '"']));
    let is_number = |word: &str| word.starts_with(['i', 'u', 'f']) && word[1..].chars().all(|letter| letter.is_ascii_digit());
    match expected {
        "a string" => Some(format!("write it in quotes: \"{value}\"")),
        "a boolean" => Some("write `true` or `false`, without quotes".to_owned()),
        "a sequence" => Some(format!("write a list: [\"{value}\"]")),
        "a map" => Some("write a table: { KEY = \"value\" }".to_owned()),
        number if given.starts_with("string") && (is_number(number) || number.contains("integer")) => {
            Some(format!("write the number without quotes: {value}"))
        }
        _ => None,
    }
}

/// The nearest of the words that a message of serde expects: "unknown field `x`, expected one of `a`, `b`".
fn did_you_mean(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next()?;
    nearest(unknown, words).map(|word| format!("did you mean `{word}`?"))
}

/// The nearest of some words, if up to a third of the letters differ; beyond that it is another word.
pub(super) fn nearest<'a>(unknown: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let unknown = unknown.to_lowercase();
    let (distance, word) = words.map(|word| (strsim::damerau_levenshtein(&word.to_lowercase(), &unknown), word)).min()?;
    (distance <= 1.max(unknown.len() / 3)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_type_is_told_as_toml_writes_the_right_one() {
        for (message, expected) in [
            ("invalid type: integer `123456789012`, expected a string", "write it in quotes: \"123456789012\""),
            ("invalid type: string \"2\", expected u32", "write the number without quotes: 2"),
            ("invalid type: string \"yes\", expected a boolean", "write `true` or `false`, without quotes"),
            ("invalid type: string \"A\", expected a sequence", "write a list: [\"A\"]"),
            ("invalid type: string \"a\", expected a map", "write a table: { KEY = \"value\" }"),
        ] {
            assert_eq!(help(message).as_deref(), Some(expected), "{message}");
        }
        assert!(help("missing field `project`").is_some_and(|text| text.starts_with("add `project`")));
        assert_eq!(
            help("unknown field `regoin`, expected one of `account`, `region`").as_deref(),
            Some("did you mean `region`?")
        );
        assert_eq!(help("duplicate key"), None);
    }
}
