//! States that do no work: `Pass`, `Wait` and `Fail`.

use oleoduto_cdk::Expr;

use super::common::{Common, Portion, data_methods, next_method};
use super::cursor::shown;
use super::path::{self, Kind};
use super::{MAX_SECONDS, intrinsic, template};

/// A state that puts data in, moves it, or leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Pass {
    result: Option<Expr>,
    parameters: Option<Expr>,
    place: Portion,
    pub(super) common: Common,
}

data_methods!(Pass);
next_method!(Pass);

impl Pass {
    /// A state that leaves the data as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// Give a fixed value; nothing in it is read as a path.
    #[must_use]
    pub fn result(mut self, result: Expr) -> Self {
        self.result = Some(result);
        self
    }

    /// Give an object made of the data: a key that ends in `.$` holds a path or an intrinsic function.
    #[must_use]
    pub fn parameters(mut self, parameters: Expr) -> Self {
        self.parameters = Some(parameters);
        self
    }

    /// Put what is given at a path of the data; without this it takes the place of all data.
    #[must_use]
    pub fn result_path(mut self, path: &str) -> Self {
        self.place = Portion::At(path.to_owned());
        self
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        self.common.check(mistakes);
        if let Some(parameters) = &self.parameters {
            template::check("Parameters", parameters, mistakes);
        }
        if self.result.is_some() && self.parameters.is_some() {
            mistakes.push("Result and Parameters are both given: Parameters would never be seen".to_owned());
        }
        self.place.check("ResultPath", Kind::Result, mistakes);
    }

    pub(super) fn document(&self) -> Expr {
        let mut pairs = self.common.head("Pass");
        pairs.extend(self.parameters.clone().map(|parameters| ("Parameters", parameters)));
        pairs.extend(self.result.clone().map(|result| ("Result", result)));
        pairs.extend(self.place.document().map(|path| ("ResultPath", path)));
        self.common.tail(pairs)
    }
}

/// A delay.
#[derive(Clone, Debug)]
pub struct Wait {
    until: Until,
    pub(super) common: Common,
}

data_methods!(Wait);
next_method!(Wait);

#[derive(Clone, Debug)]
enum Until {
    Seconds(i64),
    SecondsPath(String),
    Timestamp(String),
    TimestampPath(String),
}

impl Wait {
    fn new(until: Until) -> Self {
        Self { until, common: Common::default() }
    }

    /// Wait so many seconds: 0 to 99 999 999.
    pub fn seconds(seconds: i64) -> Self {
        Self::new(Until::Seconds(seconds))
    }

    /// Wait as many seconds as the number at a path says.
    pub fn seconds_path(path: &str) -> Self {
        Self::new(Until::SecondsPath(path.to_owned()))
    }

    /// Wait until a time such as `2030-12-31T23:59:59Z`.
    pub fn timestamp(timestamp: &str) -> Self {
        Self::new(Until::Timestamp(timestamp.to_owned()))
    }

    /// Wait until the time at a path.
    pub fn timestamp_path(path: &str) -> Self {
        Self::new(Until::TimestampPath(path.to_owned()))
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        self.common.check(mistakes);
        match &self.until {
            Until::Seconds(seconds) if !(0..=MAX_SECONDS).contains(seconds) => {
                mistakes.push(format!("Seconds is {seconds}; AWS takes 0 to {MAX_SECONDS}"));
            }
            Until::Seconds(_) => {}
            Until::SecondsPath(text) => path::check_field("SecondsPath", text, Kind::Reference, mistakes),
            Until::Timestamp(text) => check_timestamp("Timestamp", text, mistakes),
            Until::TimestampPath(text) => path::check_field("TimestampPath", text, Kind::Reference, mistakes),
        }
    }

    pub(super) fn document(&self) -> Expr {
        let mut pairs = self.common.head("Wait");
        pairs.push(match &self.until {
            Until::Seconds(seconds) => ("Seconds", (*seconds).into()),
            Until::SecondsPath(path) => ("SecondsPath", path.as_str().into()),
            Until::Timestamp(timestamp) => ("Timestamp", timestamp.as_str().into()),
            Until::TimestampPath(path) => ("TimestampPath", path.as_str().into()),
        });
        self.common.tail(pairs)
    }
}

/// The end, failed.
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

/// The functions whose result may be an error's name or cause: those that give text.
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
                mistakes.push(format!("{path_key} `{}`: `{function}` doesn't give text", shown(text)));
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

    /// A failure whose name and cause are at paths of the data, or come of intrinsic functions that give text.
    pub fn from_paths(error_path: &str, cause_path: &str) -> Self {
        Self::default().error_path(error_path).cause_path(cause_path)
    }

    /// Words for people who read the definition.
    #[must_use]
    pub fn comment(mut self, comment: &str) -> Self {
        self.comment = Some(comment.to_owned());
        self
    }

    /// The error's name; it must not start with `States.`.
    #[must_use]
    pub fn error(mut self, error: &str) -> Self {
        self.error = Some(Text::Fixed(error.to_owned()));
        self
    }

    /// The path of the error's name, or an intrinsic function that gives text.
    #[must_use]
    pub fn error_path(mut self, path: &str) -> Self {
        self.error = Some(Text::Path(path.to_owned()));
        self
    }

    /// The cause, for people.
    #[must_use]
    pub fn cause(mut self, cause: &str) -> Self {
        self.cause = Some(Text::Fixed(cause.to_owned()));
        self
    }

    /// The path of the cause, or an intrinsic function that gives text.
    #[must_use]
    pub fn cause_path(mut self, path: &str) -> Self {
        self.cause = Some(Text::Path(path.to_owned()));
        self
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

/// Check a time as in RFC 3339, with the capital `T` and `Z` that AWS asks for.
pub(super) fn check_timestamp(field: &str, text: &str, mistakes: &mut Vec<String>) {
    if !is_timestamp(text) {
        mistakes.push(format!("{field} `{text}` is not a time such as `2030-12-31T23:59:59Z`"));
    }
}

fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let Some(zone) = time.find(['Z', '+', '-']) else { return false };
    let (time, zone) = time.split_at(zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    numbers(date, '-', &[(4, 0, 9999), (2, 1, 12), (2, 1, 31)])
        // 60 is a leap second.
        && numbers(time, ':', &[(2, 0, 23), (2, 0, 59), (2, 0, 60)])
        && !fraction.is_empty()
        && fraction.chars().all(|c| c.is_ascii_digit())
        && (zone == "Z" || zone.get(1..).is_some_and(|zone| numbers(zone, ':', &[(2, 0, 23), (2, 0, 59)])))
}

/// Whether a text is numbers of fixed width, each within its bounds.
fn numbers(text: &str, separator: char, fields: &[(usize, u32, u32)]) -> bool {
    let parts: Vec<_> = text.split(separator).collect();
    parts.len() == fields.len()
        && parts.iter().zip(fields).all(|(part, (width, from, to))| {
            let digits = part.len() == *width && part.chars().all(|c| c.is_ascii_digit());
            digits && part.parse().is_ok_and(|n: u32| (*from..=*to).contains(&n))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps() {
        for good in ["2030-12-31T23:59:59Z", "2030-01-01T00:00:00.123-03:00", "2030-01-01T00:00:00+00:00"] {
            assert!(is_timestamp(good), "{good}");
        }
        for bad in [
            "",
            "2030-12-31",
            "2030-13-01T00:00:00Z",
            "2030-12-31T23:59:59",
            "2030-12-31t23:59:59z",
            "30-12-31T23:59:59Z",
            "2030-12-31T24:00:00Z",
            "2030-12-31T23:59:59.Z",
            "2030-12-31T23:59:59Zulu",
        ] {
            assert!(!is_timestamp(bad), "{bad}");
        }
    }

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
            ["CausePath `States.Array(1)`: `States.Array` doesn't give text"]
        );
        assert_eq!(check(Fail::new("States.Timeout", "")).len(), 1);
    }
}
