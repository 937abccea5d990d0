//! Retriers and catchers.

use oleoduto_cdk::Expr;

use super::limits::{self, MAX_SECONDS};
use super::path::Kind;
use super::portion::Portion;
use super::setters::setters;
use crate::nearest::did_you_mean;

const ALL: &str = "States.ALL";
const MAX_ATTEMPTS: i64 = 99_999_999;
/// A leap year less a second.
const MAX_DELAY_SECONDS: i64 = 31_622_399;
/// The names that AWS gives to errors of its own.
const RESERVED: [&str; 15] = [
    ALL,
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
];

/// A retrier: which errors, and how often.
#[derive(Clone, Debug)]
pub struct Retry {
    errors: Vec<String>,
    interval_seconds: i64,
    max_attempts: i64,
    backoff_rate: f64,
    max_delay_seconds: Option<i64>,
    jitter: bool,
}

impl Retry {
    /// Try again on these errors, waiting `interval_seconds` (1 to 99 999 999), then twice as long each time, with full
    /// jitter; at most `max_attempts` times (0 to 99 999 999).
    pub fn on(errors: &[&str], interval_seconds: i64, max_attempts: i64) -> Self {
        let errors = errors.iter().map(|&error| error.to_owned()).collect();
        Self { errors, interval_seconds, max_attempts, backoff_rate: 2.0, max_delay_seconds: None, jitter: true }
    }

    setters! {
        /// How many times longer each wait is than the one before; at least 1.
        backoff_rate(rate: f64) => backoff_rate = rate;
        /// The longest wait, seconds: 1 to 31 622 399.
        max_delay_seconds(seconds: i64) => max_delay_seconds = Some(seconds);
        /// Wait exactly as long as said, not a random part of it.
        without_jitter() => jitter = false;
    }

    pub(super) fn document(&self) -> Expr {
        let mut pairs = vec![
            ("ErrorEquals", strings(&self.errors)),
            ("IntervalSeconds", self.interval_seconds.into()),
            ("MaxAttempts", self.max_attempts.into()),
            ("BackoffRate", number(self.backoff_rate)),
        ];
        pairs.extend(self.max_delay_seconds.map(|seconds| ("MaxDelaySeconds", seconds.into())));
        if self.jitter {
            pairs.push(("JitterStrategy", "FULL".into()));
        }
        Expr::object(pairs)
    }

    fn check(&self, place: &str, mistakes: &mut Vec<String>) {
        limits::check(&format!("{place}: IntervalSeconds"), self.interval_seconds, 1..=MAX_SECONDS, mistakes);
        limits::check(&format!("{place}: MaxAttempts"), self.max_attempts, 0..=MAX_ATTEMPTS, mistakes);
        if !self.backoff_rate.is_finite() || self.backoff_rate < 1.0 {
            mistakes.push(format!("{place}: BackoffRate is {}; AWS accepts 1 or more", self.backoff_rate));
        }
        if let Some(seconds) = self.max_delay_seconds {
            limits::check(&format!("{place}: MaxDelaySeconds"), seconds, 1..=MAX_DELAY_SECONDS, mistakes);
        }
    }
}

/// A list of texts.
fn strings(items: &[String]) -> Expr {
    Expr::Array(items.iter().map(Expr::from).collect())
}

/// A whole number stays whole in the definition: `2`, not `2.0`.
fn number(value: f64) -> Expr {
    #[expect(clippy::cast_possible_truncation, reason = "whole and small: nothing is cut off")]
    if value.fract() == 0.0 && value.abs() < 1e9 { Expr::Int(value as i64) } else { Expr::Float(value) }
}

/// A catcher: which errors, where the error is put, and which state follows.
#[derive(Clone, Debug)]
pub struct Catch {
    errors: Vec<String>,
    next: String,
    result: Portion,
    comment: Option<String>,
}

impl Catch {
    /// Go to a state on any of these errors, with the error at `$.error`.
    pub fn on(errors: &[&str], state: &str) -> Self {
        Self {
            errors: errors.iter().map(|&error| error.to_owned()).collect(),
            next: state.to_owned(),
            result: Portion::At("$.error".to_owned()),
            comment: None,
        }
    }

    /// Go to a state on any error, with the error at `$.error`.
    pub fn all(state: &str) -> Self {
        Self::on(&[ALL], state)
    }

    setters! {
        /// Put the error (an object with `Error` and `Cause`) at another path of the data; `$` puts it in place of all data.
        result_path(path: &str) => result = Portion::At(path.to_owned());
        /// Drop the error: the next state gets the data as it was.
        without_error() => result = Portion::Nothing;
        /// A comment for readers of the definition.
        comment(comment: &str) => comment = Some(comment.to_owned());
    }

    pub(super) fn target(&self) -> &str {
        &self.next
    }

    pub(super) fn document(&self) -> Expr {
        let mut pairs = vec![("ErrorEquals", strings(&self.errors))];
        pairs.extend(self.comment.as_deref().map(|comment| ("Comment", comment.into())));
        pairs.extend(self.result.document().map(|path| ("ResultPath", path)));
        pairs.push(("Next", self.next.as_str().into()));
        Expr::object(pairs)
    }
}

impl From<&str> for Catch {
    fn from(state: &str) -> Self {
        Self::all(state)
    }
}

pub(super) fn check(retry: &[Retry], catch: &[Catch], mistakes: &mut Vec<String>) {
    for (i, retrier) in retry.iter().enumerate() {
        let place = format!("Retry {}", i + 1);
        check_errors(&place, &retrier.errors, i + 1 == retry.len(), mistakes);
        retrier.check(&place, mistakes);
    }
    for (i, catcher) in catch.iter().enumerate() {
        let place = format!("Catch {}", i + 1);
        check_errors(&place, &catcher.errors, i + 1 == catch.len(), mistakes);
        catcher.result.check(&format!("{place} ResultPath"), Kind::Result, mistakes);
    }
}

fn check_errors(place: &str, errors: &[String], last: bool, mistakes: &mut Vec<String>) {
    if errors.is_empty() {
        mistakes.push(format!("{place} names no error"));
    }
    if errors.iter().any(|error| error == ALL) {
        if errors.len() > 1 {
            mistakes.push(format!("{place}: `{ALL}` must be alone in its list"));
        }
        if !last {
            mistakes.push(format!("{place}: `{ALL}` must be the last, the ones after it are never used"));
        }
    }
    // HTTP tasks name their errors by status code: `States.Http.StatusCode.503`.
    let unknown = |error: &&String| {
        error.starts_with("States.") && !error.starts_with("States.Http.") && !RESERVED.contains(&error.as_str())
    };
    for error in errors.iter().filter(unknown) {
        let hint = did_you_mean(error, RESERVED);
        mistakes.push(format!("{place}: `{error}` is not an error of AWS, and `States.` names are reserved{hint}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(retry: &[Retry], catch: &[Catch]) -> Vec<String> {
        let mut mistakes = Vec::new();
        check(retry, catch, &mut mistakes);
        mistakes
    }

    #[test]
    fn the_limits_of_aws_are_allowed_and_what_is_beyond_is_not() {
        let edges = [
            Retry::on(&["A"], 1, 0).backoff_rate(1.0).max_delay_seconds(1),
            Retry::on(&["B"], 99_999_999, 99_999_999).backoff_rate(1.5).max_delay_seconds(31_622_399),
        ];
        assert_eq!(mistakes(&edges, &[]), Vec::<String>::new());
        let beyond = [Retry::on(&["A"], 0, -1).backoff_rate(0.5).max_delay_seconds(31_622_400)];
        assert_eq!(mistakes(&beyond, &[]).len(), 4);
        assert_eq!(mistakes(&[Retry::on(&["A"], 1, 1).backoff_rate(f64::NAN)], &[]).len(), 1);
    }

    #[test]
    fn all_errors_are_caught_alone_and_last() {
        let found = mistakes(&[], &[Catch::on(&["States.ALL", "Other"], "A"), Catch::on(&["States.Timeot"], "B")]);
        assert_eq!(
            found,
            [
                "Catch 1: `States.ALL` must be alone in its list",
                "Catch 1: `States.ALL` must be the last, the ones after it are never used",
                "Catch 2: `States.Timeot` is not an error of AWS, and `States.` names are reserved; did you mean `States.Timeout`?",
            ]
        );
    }

    #[test]
    fn whole_rates_stay_whole() {
        assert_eq!(number(2.0), Expr::Int(2));
        assert_eq!(number(1.5), Expr::Float(1.5));
    }
}
