//! When the work on a stack is tried again: its errors are known to pass by themselves.

use std::future::Future;
use std::sync::Arc;

use crate::error::Result;
use crate::report::{Outcome, Retried, StackReport};
use crate::rules::Retry;
use crate::session::Session;

/// Texts in errors that pass by themselves: throttling, and connections that broke.
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>, and the messages of Go's `net/http`.
const TRANSIENT: [&str; 19] = [
    "BandwidthLimitExceeded",
    "Client.Timeout exceeded while awaiting headers",
    "InternalServerError",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "Rate exceeded",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "TLS handshake timeout",
    "ThrottledException",
    "Throttling",
    "TooManyRequestsException",
    "connection reset by peer",
    "i/o timeout",
    "text file busy",
    "unexpected EOF",
];

impl Retry {
    /// The first error, if all errors of a failed stack pass by themselves.
    fn transient<'a>(&self, report: &'a StackReport) -> Option<&'a str> {
        let passes = |text: &str| {
            TRANSIENT.iter().any(|part| text.contains(part)) || self.errors.iter().any(|part| text.contains(part.as_str()))
        };
        let all = report.errors().all(|error| passes(&error.summary) || passes(&error.detail));
        report.errors().next().filter(|_| all && report.result == Outcome::Failed).map(|error| error.summary.as_str())
    }
}

/// Whether a further attempt may plan anew what the failed one left undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It may.
    Planned,
    /// What was approved is one plan: another attempt is made only if nothing of it was done.
    Approved,
}

/// Does the work on a stack until it succeeds, fails for a lasting reason, or was tried often enough. The report is that of the last
/// attempt, with what the earlier ones did.
pub(crate) async fn attempts<W, F>(session: Arc<Session>, name: String, rest: Rest, work: W) -> Result<StackReport>
where
    W: Fn(Arc<Session>, String) -> F + Send,
    F: Future<Output = Result<StackReport>> + Send,
{
    let rule = session.options.retry.clone();
    let mut report = work(session.clone(), name.clone()).await?;
    for attempt in 1..rule.attempts {
        let done = rest == Rest::Approved && !report.changes.is_empty();
        let Some(error) = rule.transient(&report).filter(|_| !done && !session.is_interrupted()) else { break };
        let pause = rule.pause.saturating_mul(2_u32.saturating_pow(attempt - 1));
        let retried = Retried { error: error.to_owned(), pause_seconds: pause.as_secs_f64() };
        session.options.observer.note(&format!("{name}: trying again in {} s, because of: {error}", retried.pause_seconds));
        if session.interrupted_within(pause).await {
            break;
        }
        let next = work(session.clone(), name.clone()).await?;
        report = report.followed_by(next, retried);
    }
    Ok(report)
}

impl StackReport {
    /// The report of the next attempt, with what this one did.
    fn followed_by(self, next: Self, retried: Retried) -> Self {
        let done = self.resources.into_iter().filter(|resource| resource.done);
        Self {
            started: self.started,
            retries: [self.retries, vec![retried]].concat(),
            commands: [self.commands, next.commands].concat(),
            hooks: [self.hooks, next.hooks].concat(),
            changes: self.changes + next.changes,
            resources: done.chain(next.resources).collect(),
            ..next
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Diagnostic, Severity};

    fn failed(errors: &[&str]) -> StackReport {
        let mut report = StackReport::new("a", Outcome::Failed);
        let diagnostic = |text: &&str| Diagnostic {
            severity: Severity::Error,
            summary: "creating it".to_owned(),
            detail: (*text).to_owned(),
            address: None,
        };
        report.diagnostics = errors.iter().map(diagnostic).collect();
        report
    }

    #[test]
    fn only_errors_that_all_pass_by_themselves_are_tried_again() {
        let rule = Retry { errors: vec!["still being created".to_owned()], ..Retry::default() };
        let passes = |errors: &[&str]| rule.transient(&failed(errors)).is_some();
        assert!(passes(&["api error ThrottlingException: Rate exceeded", "the role is still being created"]));
        assert!(!passes(&["ThrottlingException", "AccessDenied"]));
        assert!(!passes(&[]), "a failure without an error has an unknown reason");
        let good = StackReport { result: Outcome::Applied, ..failed(&["Throttling"]) };
        assert_eq!(rule.transient(&good), None);
    }
}
