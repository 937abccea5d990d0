//! Executions of several dates, a bounded number at once.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use aws_sdk_sfn::Client;
use jiff::civil::Date;
use oleoduto_cli::sdk_error;
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::failure;

/// The state machine, and what its executions have in common.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) client: Client,
    /// Its ARN.
    pub(crate) machine: String,
    /// The input, without the date.
    pub(crate) input: Json,
    /// Time between two questions about an execution.
    pub(crate) pause: Duration,
}

/// How the execution of a date ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) date: Date,
    pub(crate) time: Duration,
    /// Why it failed; `None` if it succeeded.
    pub(crate) failure: Option<String>,
}

impl Pipeline {
    /// Execute every date, `at_once` at the same time, and tell of each end. A date that fails does not stop the others. The
    /// newest one is executed alone after them: its model is the champion in the end, however long the others take.
    pub(crate) async fn execute(&self, dates: &[Date], at_once: NonZeroUsize, tell: impl Fn(&Ended)) -> Vec<Ended> {
        let Some((newest, others)) = dates.split_last() else { return Vec::new() };
        let mut ended = Vec::with_capacity(dates.len());
        let mut running = JoinSet::new();
        for date in others {
            if running.len() == at_once.get() {
                ended.extend(next(&mut running, &tell).await);
            }
            let (pipeline, date) = (self.clone(), *date);
            running.spawn(async move { pipeline.one(date).await });
        }
        while !running.is_empty() {
            ended.extend(next(&mut running, &tell).await);
        }
        let last = self.one(*newest).await;
        tell(&last);
        ended.push(last);
        ended.sort_by_key(|ended| ended.date);
        ended
    }

    async fn one(&self, date: Date) -> Ended {
        let began = Instant::now();
        let failure = match self.follow(date).await {
            Ok(failure) => failure,
            Err(error) => Some(format!("{error:#}")),
        };
        Ended { date, time: began.elapsed(), failure }
    }

    /// Execute a date; returns why the execution failed, if it did.
    async fn follow(&self, date: Date) -> anyhow::Result<Option<String>> {
        let mut input = self.input.clone();
        input["run_date"] = json!(date.to_string());
        let started = self.client.start_execution().state_machine_arn(&self.machine).input(input.to_string()).send().await;
        let arn = started.map_err(|error| anyhow::anyhow!(sdk_error(&error))).context("it could not be started")?.execution_arn;
        loop {
            match failure::end(&self.client, &arn).await? {
                None => tokio::time::sleep(self.pause).await,
                Some(end) => return Ok(end.err().map(|failure| failure.to_string())),
            }
        }
    }
}

/// The next date that ends; none if its task was ended from outside.
async fn next(running: &mut JoinSet<Ended>, tell: &impl Fn(&Ended)) -> Option<Ended> {
    let ended = running.join_next().await?.ok()?;
    tell(&ended);
    Some(ended)
}
