//! How an execution ended; why it failed, in one sentence: the state, and what the job, the function or the container said itself.

use std::collections::HashMap;

use anyhow::Context as _;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use oleoduto_cli::sdk_error;
use serde_json::Value as Json;

/// Where the services put the words of what failed: Glue, SageMaker's jobs, and Lambda.
const MESSAGES: [&str; 4] = ["ErrorMessage", "ExitMessage", "FailureReason", "errorMessage"];
/// Where they put the name that a log of the local AWS has.
const LOGS: [&str; 3] = ["JobName", "TrainingJobName", "ProcessingJobName"];
/// What Python and the services write before the sentence of the program.
const BEFORE: [&str; 5] = ["States.TaskFailed:", "SystemExit:", "AlgorithmError:", "JobError:", "error:"];
/// How the names of states end that only handle the failure of another.
const HANDLER: &str = "Failed";
/// What SageMaker writes after it.
const AFTER: &str = ", exit code: ";

/// The output of an execution that succeeded, or why it failed; none while it runs.
pub(crate) async fn end(client: &Client, arn: &str) -> anyhow::Result<Option<Result<Option<String>, Failure>>> {
    let found = client.describe_execution().execution_arn(arn).send().await;
    let found = found.map_err(|error| anyhow::anyhow!(sdk_error(&error))).context("its state is not known")?;
    match found.status {
        ExecutionStatus::Running => Ok(None),
        ExecutionStatus::Succeeded => Ok(Some(Ok(found.output))),
        status => {
            let error = found.error.as_deref().unwrap_or(status.as_str());
            Ok(Some(Err(Failure::of(client, arn, Some(error), found.cause.as_deref()).await)))
        }
    }
}

/// An execution that did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The state that failed; `None` if the execution was ended otherwise.
    pub(crate) state: Option<String>,
    /// What the job said.
    pub(crate) sentence: String,
    /// The log of the job.
    pub(crate) log: Option<String>,
    /// All that AWS says.
    pub(crate) cause: String,
    /// Why the history, which has the state, could not be read.
    unread: Option<String>,
}

impl Failure {
    /// From an execution's end; its history says where it failed. Without the history the cause is told all the same.
    async fn of(client: &Client, arn: &str, error: Option<&str>, cause: Option<&str>) -> Self {
        // The newest events: an execution fails at its end.
        let history = client.get_execution_history().execution_arn(arn).reverse_order(true).max_results(1000).send().await;
        let (events, unread) = match history {
            Ok(history) => (history.events, None),
            Err(error) => (Vec::new(), Some(sdk_error(&error))),
        };
        let failed = Failed::newest(&events);
        let of_event = failed.as_ref().and_then(|failed| failed.cause.as_deref());
        Self { unread, ..Self::from_parts(failed.as_ref().map(|failed| failed.state.clone()), error, of_event.or(cause)) }
    }

    fn from_parts(state: Option<String>, error: Option<&str>, cause: Option<&str>) -> Self {
        let cause = cause.unwrap_or_default();
        let described = cause.find('{').and_then(|start| serde_json::from_str::<Json>(&cause[start..]).ok());
        let text = |names: &[&str]| names.iter().find_map(|name| described.as_ref()?[name].as_str());
        let said = text(&MESSAGES).unwrap_or(cause);
        let sentence = if said.is_empty() { error.unwrap_or("AWS names no cause") } else { plain(said) };
        Self { state, sentence: sentence.to_owned(), log: text(&LOGS).map(str::to_owned), cause: cause.to_owned(), unread: None }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.state {
            Some(state) => write!(f, "the state {state} failed: {}", self.sentence),
            None => write!(f, "the execution failed: {}", self.sentence),
        }?;
        self.unread.iter().try_for_each(|why| write!(f, "; its history, which has the state, can't be read: {why}"))
    }
}

/// A sentence without what was put around it.
fn plain(said: &str) -> &str {
    let mut rest = said.trim();
    while let Some(inner) = BEFORE.iter().find_map(|before| rest.strip_prefix(before)) {
        rest = inner.trim_start();
    }
    match rest.rfind(AFTER) {
        Some(end) if rest[end + AFTER.len()..].bytes().all(|byte| byte.is_ascii_digit()) => &rest[..end],
        _ => rest,
    }
}

/// A state whose work failed.
#[derive(Debug, PartialEq)]
struct Failed {
    state: String,
    cause: Option<String>,
}

impl Failed {
    /// The newest one; the events are the newest first. A state that only handles the failure of another is passed over.
    fn newest(events: &[HistoryEvent]) -> Option<Self> {
        let by_id: HashMap<i64, &HistoryEvent> = events.iter().map(|event| (event.id, event)).collect();
        let failed = events.iter().filter_map(|event| {
            let cause = failure(event)?;
            let mut at = event;
            while at.state_entered_event_details.is_none() {
                at = by_id.get(&at.previous_event_id)?;
            }
            let state = at.state_entered_event_details.as_ref()?.name.clone();
            Some(Self { state, cause: cause.map(str::to_owned) })
        });
        let mut failed = failed.peekable();
        let is_handler = failed.peek().is_some_and(|newest| newest.state.ends_with(HANDLER));
        if is_handler { failed.find(|failed| !failed.state.ends_with(HANDLER)) } else { failed.next() }
    }
}

/// The cause of an event that says that the work of a state failed; `None` of any other event.
fn failure(event: &HistoryEvent) -> Option<Option<&str>> {
    if let Some(details) = &event.task_failed_event_details {
        Some(details.cause.as_deref())
    } else if let Some(details) = &event.task_timed_out_event_details {
        Some(details.cause.as_deref())
    } else if let Some(details) = &event.lambda_function_failed_event_details {
        Some(details.cause.as_deref())
    } else {
        event.lambda_function_timed_out_event_details.as_ref().map(|details| details.cause.as_deref())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use aws_sdk_sfn::primitives::DateTime;
    use aws_sdk_sfn::types::{HistoryEventType, StateEnteredEventDetails, TaskFailedEventDetails};

    use super::*;

    fn failure(cause: &str) -> Failure {
        Failure::from_parts(None, Some("PipelineFailed"), Some(cause))
    }

    #[test]
    fn the_services_words_are_taken_out_of_the_cause() {
        let glue = r#"States.TaskFailed: {"Id": "jr_1", "JobName": "etl", "ErrorMessage": "SystemExit: error: line 3 of p.csv"}"#;
        assert_eq!((failure(glue).sentence.as_str(), failure(glue).log.as_deref()), ("line 3 of p.csv", Some("etl")));
        let training = r#"{"TrainingJobName": "train-1", "FailureReason": "AlgorithmError: 3 months, exit code: 1"}"#;
        assert_eq!((failure(training).sentence.as_str(), failure(training).log.as_deref()), ("3 months", Some("train-1")));
        let function = r#"{"errorMessage": "`run_date` is `x`", "errorType": "ValueError", "stackTrace": ["a"]}"#;
        assert_eq!(failure(function).sentence, "`run_date` is `x`");
    }

    #[tokio::test]
    async fn the_cause_is_told_without_the_history_too() {
        let config = aws_sdk_sfn::Config::builder()
            .behavior_version(aws_sdk_sfn::config::BehaviorVersion::latest())
            .region(aws_sdk_sfn::config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_sfn::config::Credentials::new("a", "b", None, None, "test"))
            .retry_config(aws_sdk_sfn::config::retry::RetryConfig::disabled())
            .endpoint_url("http://127.0.0.1:9");
        let text = Failure::of(&Client::from_conf(config.build()), "arn", None, Some("3 months are too few")).await.to_string();
        let both = "the execution failed: 3 months are too few; its history, which has the state, can't be read: ";
        assert!(text.starts_with(both) && text.len() > both.len(), "{text}");
    }

    #[test]
    fn other_causes_stay_as_they_are() {
        for cause in ["the quality gate is closed", "{not JSON", r#"{"Other": "keys"}"#, "a, exit code: none"] {
            assert_eq!(failure(cause).sentence, cause);
        }
        assert_eq!(failure("").sentence, "PipelineFailed");
        assert_eq!(Failure::from_parts(None, None, None).sentence, "AWS names no cause");
    }

    #[test]
    fn the_state_is_that_of_the_newest_failure_and_not_of_its_handler() {
        let event = |id: i64, previous: i64| {
            HistoryEvent::builder()
                .id(id)
                .previous_event_id(previous)
                .timestamp(DateTime::from_secs(id))
                .r#type(HistoryEventType::TaskScheduled)
        };
        let entered = |name: &str| StateEnteredEventDetails::builder().name(name).build().unwrap();
        let failed = |cause: &str| {
            TaskFailedEventDetails::builder().resource_type("glue").resource("startJobRun").cause(cause).build().unwrap()
        };
        let events = [
            event(6, 5).task_failed_event_details(failed("Etl: why")).build().unwrap(),
            event(5, 4).state_entered_event_details(entered("EtlFailed")).build().unwrap(),
            event(4, 3).task_failed_event_details(failed("why")).build().unwrap(),
            event(3, 2).build().unwrap(),
            event(2, 1).state_entered_event_details(entered("Etl")).build().unwrap(),
            event(1, 0).state_entered_event_details(entered("Start")).build().unwrap(),
        ];
        let etl = Some(Failed { state: "Etl".to_owned(), cause: Some("why".to_owned()) });
        assert_eq!(Failed::newest(&events), etl);
        assert_eq!(Failed::newest(&events[2..]), etl);
        assert_eq!(Failed::newest(&events[4..]), None);
        let text = Failure::from_parts(Some("Etl".to_owned()), None, Some("why")).to_string();
        assert_eq!(text, "the state Etl failed: why");
    }
}
