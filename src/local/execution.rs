//! The state machine: start an execution, follow it, stop it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};

use super::endpoint::Endpoint;
use super::progress::ProgressStep;
use crate::failure::{self, Failure};
use oleoduto_cli::aws::Place;

/// SDK configuration for the local AWS, whatever the user's own credentials are.
pub(crate) async fn sdk(endpoint: &Endpoint) -> SdkConfig {
    Place::of_local(endpoint.place(), &endpoint.region).config().await
}

/// One line per execution, newest first.
pub(crate) async fn list(endpoint: &Endpoint) -> anyhow::Result<Vec<String>> {
    let client = Client::new(&sdk(endpoint).await);
    let mut lines = Vec::new();
    for machine in client.list_state_machines().send().await?.state_machines {
        let executions = client.list_executions().state_machine_arn(&machine.state_machine_arn).max_results(5).send().await?;
        for execution in executions.executions {
            lines.push(format!("{} {} started {}", execution.execution_arn, execution.status.as_str(), execution.start_date));
        }
    }
    Ok(lines)
}

/// Stop every running execution and its jobs.
pub(crate) async fn stop_all(endpoint: &Endpoint) -> anyhow::Result<()> {
    let client = Client::new(&sdk(endpoint).await);
    for machine in client.list_state_machines().send().await?.state_machines {
        let running =
            client.list_executions().state_machine_arn(&machine.state_machine_arn).status_filter(ExecutionStatus::Running);
        for execution in running.send().await?.executions {
            client.stop_execution().execution_arn(&execution.execution_arn).cause("interrupted").send().await?;
        }
    }
    Ok(())
}

/// The ARN of the one state machine whose name ends in `-pipeline`.
pub(crate) async fn machine(client: &Client) -> anyhow::Result<String> {
    let machines = client.list_state_machines().send().await.context("the state machines could not be listed")?.state_machines;
    let pipelines: Vec<_> = machines.into_iter().filter(|machine| machine.name.ends_with("-pipeline")).collect();
    match <[_; 1]>::try_from(pipelines) {
        Ok([machine]) => Ok(machine.state_machine_arn),
        Err(found) => bail!(
            "{} state machines are named `...-pipeline`, one is expected: `oleoduto local down` removes them all",
            found.len()
        ),
    }
}

/// The number of events that are asked for at a time: those of a state or two.
const EVENTS: i32 = 12;

/// An execution under way.
pub(crate) struct Execution {
    client: Client,
    /// Its ARN.
    pub(crate) arn: String,
}

impl Execution {
    /// Start the one state machine of the pipeline.
    pub(crate) async fn start(config: &SdkConfig, input: &serde_json::Value) -> anyhow::Result<Self> {
        let client = Client::new(config);
        let machine = machine(&client).await?;
        let started = client
            .start_execution()
            .state_machine_arn(machine)
            .input(input.to_string())
            .send()
            .await
            .context("the execution could not be started")?;
        Ok(Self { client, arn: started.execution_arn })
    }

    /// Print the states as they are left, with their seconds; returns the output, or the failure as an error.
    pub(crate) async fn follow(&self, step: &ProgressStep, verbose: bool) -> anyhow::Result<serde_json::Value> {
        let mut seen = Seen::default();
        loop {
            let end = failure::end(&self.client, &self.arn).await?;
            self.print_new(step, &mut seen).await?;
            match end {
                None => tokio::time::sleep(Duration::from_millis(500)).await,
                Some(Ok(output)) => {
                    let output = output.context("the execution has no output")?;
                    return serde_json::from_str(&output).context("the execution's output is not JSON");
                }
                Some(Err(failure)) => bail!("{failure}\n{}", next_steps(&failure, verbose)),
            }
        }
    }

    async fn print_new(&self, step: &ProgressStep, seen: &mut Seen) -> anyhow::Result<()> {
        for event in self.after(seen.last).await? {
            match seen.take(&event) {
                Some(News::Entered(name)) => step.at(&name),
                Some(News::Left(name, seconds)) => step.line(&format!("      {name:<24}{seconds:>6.1} s")),
                None => {}
            }
        }
        Ok(())
    }

    /// The events after a known one. The newest are asked for first: a whole history costs more with each event in it.
    async fn after(&self, known: i64) -> anyhow::Result<Vec<HistoryEvent>> {
        let newest_first = self.client.get_execution_history().execution_arn(&self.arn).reverse_order(true).max_results(EVENTS);
        let mut pages = newest_first.into_paginator().send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page?.events;
            let whole = page.iter().all(|event| event.id > known);
            events.extend(page.into_iter().filter(|event| event.id > known));
            if !whole {
                break;
            }
        }
        events.reverse();
        // One that came meanwhile may have moved another to the next page.
        events.dedup_by_key(|event| event.id);
        Ok(events)
    }
}

/// What was printed of an execution: the newest event, and when the states that are not left were entered.
#[derive(Debug, Default)]
struct Seen {
    last: i64,
    entered: HashMap<String, f64>,
}

/// What an event tells a user.
#[derive(Debug, PartialEq)]
enum News {
    Entered(String),
    /// With the seconds in it.
    Left(String, f64),
}

impl Seen {
    fn take(&mut self, event: &HistoryEvent) -> Option<News> {
        self.last = self.last.max(event.id);
        let at = event.timestamp.as_secs_f64();
        if let Some(details) = &event.state_entered_event_details {
            self.entered.insert(details.name.clone(), at);
            return Some(News::Entered(details.name.clone()));
        }
        let name = &event.state_exited_event_details.as_ref()?.name;
        let began = self.entered.remove(name).unwrap_or(at);
        Some(News::Left(name.clone(), at - began))
    }
}

/// What a user can look at after a failure; with `verbose` all that AWS says.
fn next_steps(failure: &Failure, verbose: bool) -> String {
    let name = failure.log.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
    let log = format!("  its log: `oleoduto local logs{name}`");
    if verbose { format!("{log}\n  AWS says: {}", failure.cause) } else { log }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use aws_sdk_sfn::primitives::DateTime;
    use aws_sdk_sfn::types::{HistoryEventType, StateEnteredEventDetails, StateExitedEventDetails};

    use super::*;

    #[test]
    fn a_state_is_told_with_its_seconds_when_it_is_left() {
        let event = |id: i64, seconds: f64, kind: HistoryEventType| {
            HistoryEvent::builder().id(id).timestamp(DateTime::from_secs_f64(seconds)).r#type(kind)
        };
        let entered = StateEnteredEventDetails::builder().name("Etl").build().unwrap();
        let left = StateExitedEventDetails::builder().name("Etl").build().unwrap();
        let events = [
            event(1, 9.0, HistoryEventType::ExecutionStarted).build().unwrap(),
            event(2, 10.0, HistoryEventType::TaskStateEntered).state_entered_event_details(entered).build().unwrap(),
            event(3, 12.5, HistoryEventType::TaskStateExited).state_exited_event_details(left).build().unwrap(),
        ];
        let mut seen = Seen::default();
        let told: Vec<_> = events.iter().map(|event| seen.take(event)).collect();
        assert_eq!(told, [None, Some(News::Entered("Etl".to_owned())), Some(News::Left("Etl".to_owned(), 2.5))]);
        assert_eq!(seen.last, 3);
    }
}
