//! `Fail` states.

use oleoduto_cdk::Expr;

use super::cursor::shown;
use super::intrinsic;
use super::path::{self, Kind};
use super::setters::setters;

/// Ends the flow as failed.
#[derive(Clone, Debug, Default)]
pub struct Fail {
    comment: Option<String>,
    error: Option<Text>,
    cause: Option<Text>,
}

/// Text known now or at run time.
#[derive(Clone, Debug)]
enum Text {
    Fixed(String),
    Path(String),
}

/// The functions that return text, as the name and cause of an error must be.
const TEXT_FUNCTIONS: [&str; 7] = [
    "States.ArrayGetItem",
    "States.Base64Decode",
    "States.Base64Encode",
    "States.Format",
    "States.Hash",
    "States.JsonToString",
    "States.UUID",
];

impl Text {
    fn document(&self, key: &'static str, path_key: &'static str) -> (&'static str, Expr) {
        match self {
            Self::Fixed(text) => (key, text.as_str().into()),
            Self::Path(path) => (path_key, path.as_str().into()),
        }
    }

    fn check(&self, path_key: &str, mistakes: &mut Vec<String>) {
        let Self::Path(text) = self else { return };
        if !text.starts_with("States.") {
            return path::check_field(path_key, text, Kind::Reference, mistakes);
        }
        let function = text.split('(').next().unwrap_or_default();
        match intrinsic::check(text) {
            Err(reason) => mistakes.push(format!("{path_key} `{}`: {reason}", shown(text))),
            Ok(()) if !TEXT_FUNCTIONS.contains(&function) => {
                mistakes.push(format!("{path_key} `{}`: `{function}` does not return text", shown(text)));
            }
            Ok(()) => {}
        }
    }
}

impl Fail {
    /// A failure with a name, which must not start with `States.`, and a cause for people.
    pub fn new(error: &str, cause: &str) -> Self {
        Self::default().error(error).cause(cause)
    }

    /// A failure whose name and cause are at paths of the data, or results of intrinsic functions that return text.
    pub fn from_paths(error_path: &str, cause_path: &str) -> Self {
        Self::default().error_path(error_path).cause_path(cause_path)
    }

    setters! {
        /// A comment for readers of the definition.
        comment(comment: &str) => comment = Some(comment.to_owned());
        /// The error's name; it must not start with `States.`.
        error(error: &str) => error = Some(Text::Fixed(error.to_owned()));
        /// The path of the error's name, or an intrinsic function that returns text.
        error_path(path: &str) => error = Some(Text::Path(path.to_owned()));
        /// The cause, for people.
        cause(cause: &str) => cause = Some(Text::Fixed(cause.to_owned()));
        /// The path of the cause, or an intrinsic function that returns text.
        cause_path(path: &str) => cause = Some(Text::Path(path.to_owned()));
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        if let Some(Text::Fixed(error)) = &self.error
            && error.starts_with("States.")
        {
            mistakes.push(format!("the error `{error}` starts with `States.`: such names are reserved"));
        }
        if let Some(error) = &self.error {
            error.check("ErrorPath", mistakes);
        }
        if let Some(cause) = &self.cause {
            cause.check("CausePath", mistakes);
        }
    }

    pub(super) fn document(&self) -> Expr {
        let mut pairs = vec![("Type", Expr::from("Fail"))];
        pairs.extend(self.comment.as_deref().map(|comment| ("Comment", comment.into())));
        pairs.extend(self.error.as_ref().map(|error| error.document("Error", "ErrorPath")));
        pairs.extend(self.cause.as_ref().map(|cause| cause.document("Cause", "CausePath")));
        Expr::object(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_text() {
        let check = |fail: Fail| {
            let mut mistakes = Vec::new();
            fail.check(&mut mistakes);
            mistakes
        };
        assert_eq!(check(Fail::from_paths("$.error.Error", "States.JsonToString($.error)")), Vec::<String>::new());
        assert_eq!(
            check(Fail::default().cause_path("States.Array(1)")),
            ["CausePath `States.Array(1)`: `States.Array` does not return text"]
        );
        assert_eq!(check(Fail::new("States.Timeout", "")).len(), 1);
    }
}
