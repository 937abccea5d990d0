//! The dashboard: a row for executions, one for the jobs, one for what they find, one for what they cost.

use serde_json::{Value as Json, json};

use super::alarm::Alarm;
use crate::parameters::LogLevel;
use crate::support::contract::{Contract, ContractError};
use crate::support::jobs::GlueJob;
use crate::support::names::{Names, Single};
use crate::support::settings::Settings;

/// The width of a dashboard.
const WIDTH: usize = 24;
const HEIGHT: usize = 6;
/// The period of the widgets, seconds: an execution a day is a point.
const PERIOD: i64 = 3600;

/// What the dashboard shows.
pub(super) struct Dashboard<'a> {
    pub(super) settings: &'a Settings,
    pub(super) contract: &'a Contract<'static>,
}

impl Dashboard<'_> {
    /// The body as CloudWatch takes it.
    pub(super) fn body(&self) -> Result<String, ContractError> {
        let rows = [self.executions(), self.jobs(), self.findings()?, self.cost()];
        let mut placed = Vec::new();
        let mut y = 0;
        if let Some(mut alarms) = self.alarms() {
            place(&mut alarms, 0, 0, WIDTH);
            placed.push(alarms);
            y = HEIGHT;
        }
        for row in rows {
            let width = WIDTH / row.len().max(1);
            for (column, mut widget) in row.into_iter().enumerate() {
                place(&mut widget, column * width, y, width);
                placed.push(widget);
            }
            y += HEIGHT;
        }
        Ok(json!({"widgets": placed}).to_string())
    }

    /// The states of the alarms.
    fn alarms(&self) -> Option<Json> {
        let names = self.settings.names();
        let arn = |alarm: Alarm| self.settings.arn("cloudwatch", &format!("alarm:{}", names.of(alarm)));
        let arns: Vec<_> = Alarm::in_cloudwatch(&self.settings.parameters).map(arn).collect();
        (!arns.is_empty()).then(|| json!({"type": "alarm", "properties": {"title": "Alarms", "alarms": arns}}))
    }

    fn executions(&self) -> Vec<Json> {
        let machine = self.settings.machine_arn();
        let of = |metric: &str| json!(["AWS/States", metric, "StateMachineArn", machine]);
        let counts = [
            "ExecutionsStarted",
            "ExecutionsSucceeded",
            "ExecutionsFailed",
            "ExecutionsTimedOut",
            "ExecutionsAborted",
            "ExecutionThrottled",
        ];
        let mut row = vec![
            self.metrics("Executions", "Sum", counts.map(of).to_vec()),
            self.metrics("Longest execution, milliseconds", "Maximum", vec![of("ExecutionTime")]),
        ];
        // An event has the state's name where a state begins and ends.
        row.extend(self.logs(
            "Seconds of each state",
            "filter type like /State(Entered|Exited)/ | stats (max(event_timestamp) - min(event_timestamp)) / 1000 as seconds \
             by execution_arn, details.name | sort execution_arn desc",
        ));
        row
    }

    fn jobs(&self) -> Vec<Json> {
        let names = self.settings.names();
        let sizes = &self.settings.parameters.sizes;
        let units = sizes.glue_worker_type.units() * sizes.glue_workers;
        let glue =
            |job: GlueJob, metric: &str| json!(["Glue", metric, "JobName", names.of(job), "JobRunId", "ALL", "Type", "count"]);
        let mut hours: Vec<Json> = Vec::new();
        for job in GlueJob::ALL {
            let mut elapsed = glue(job, "glue.driver.aggregate.elapsedTime");
            push(&mut elapsed, json!({"id": job.as_str(), "visible": false}));
            hours.push(elapsed);
            hours.push(json!([{"expression": format!("{job} * {units} / 3600000"), "label": format!("DPU-hours of {job}")}]));
        }
        let rows = GlueJob::ALL.map(|job| glue(job, "glue.driver.aggregate.recordsRead"));
        let function = |metric: &str| json!(["AWS/Lambda", metric, "FunctionName", names.of(Single::Function)]);
        let mut row = vec![
            self.metrics("DPU-hours of the Glue jobs", "Maximum", hours),
            self.metrics("Rows that the Glue jobs read", "Maximum", rows.to_vec()),
            self.metrics("Errors of the function", "Sum", ["Errors", "Throttles", "Invocations"].map(function).to_vec()),
        ];
        if self.settings.parameters.schedule.is_some() {
            let queue = json!(["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", names.of(Single::DeadLetters)]);
            row.push(self.metrics("Starts that the schedule could not make", "Maximum", vec![queue]));
        }
        row
    }

    fn findings(&self) -> Result<Vec<Json>, ContractError> {
        let figures = |names: &[&str]| names.iter().map(|name| self.figure(name, None)).collect::<Result<Vec<_>, _>>();
        let mut errors = vec![self.figure("MspeToLimit", None)?];
        for horizon in 1..=self.contract.horizons {
            errors.push(self.figure("MspeToBenchmark", Some(horizon))?);
        }
        let mut against = self.metrics("Forecasts' MSPE: over the benchmark's by horizon, and over the limit", "Maximum", errors);
        against["properties"]["annotations"] = json!({"horizontal": [{"label": "as good as the benchmark", "value": 1}]});
        let mut age = self.metrics("Age of the newest complete month", "Maximum", figures(&["DataAgeMonths"])?);
        let of_list = figures(&["SeriesWorse", "MedianScaledError"])?;
        let list = self.metrics("A list's series: % worse than the benchmark, median scaled error", "Maximum", of_list);
        let months = self.contract.execution.max_data_age_months;
        age["properties"]["annotations"] = json!({"horizontal": [{"label": "the most that a run accepts", "value": months}]});
        Ok(vec![
            self.metrics("Data-quality rules", "Maximum", figures(&["RulesHeld", "RulesWarned", "RulesFailed"])?),
            self.metrics("Rows that were checked", "Maximum", figures(&["RowsChecked"])?),
            against,
            list,
            age,
        ])
    }

    fn cost(&self) -> Vec<Json> {
        let mut row: Vec<Json> = self
            .logs(
                "Seconds of training: as they ran, and as they are billed",
                r#"filter type = "TaskSucceeded" and details.output like /TrainingTimeInSeconds/ | parse details.output /"TrainingTimeInSeconds":(?<seconds>\d+)/ | parse details.output /"BillableTimeInSeconds":(?<billed>\d+)/ | display execution_arn, seconds, billed"#,
            )
            .into_iter()
            .collect();
        if self.settings.region.partition() == "aws" {
            // AWS publishes the bill in one region only, if billing alerts are switched on.
            let of = |service: &str| json!(["AWS/Billing", "EstimatedCharges", "ServiceName", service, "Currency", "USD"]);
            let services = ["AWSGlue", "AmazonSageMaker", "AmazonS3", "AmazonCloudWatch", "AmazonECR", "AmazonStates"];
            let mut bill = self.metrics("The account's bill of this month by service, US$", "Maximum", services.map(of).to_vec());
            bill["properties"]["region"] = json!("us-east-1");
            row.push(bill);
        }
        row
    }

    /// A metric of the jobs.
    fn figure(&self, name: &str, horizon: Option<usize>) -> Result<Json, ContractError> {
        let names = self.settings.names();
        let own = (self.contract.metrics.namespace, self.contract.metric(name)?);
        let mut metric = json!([own.0, own.1, "Pipeline", names.prefix(), "Series", self.settings.series.as_str()]);
        if let Some(horizon) = horizon {
            push(&mut metric, json!("Horizon"));
            push(&mut metric, json!(horizon.to_string()));
        }
        Ok(metric)
    }

    fn metrics(&self, title: &str, statistic: &str, metrics: Vec<Json>) -> Json {
        let region = self.settings.region.as_str();
        json!({"type": "metric", "properties": {
            "title": title, "stat": statistic, "metrics": metrics, "period": PERIOD, "region": region, "view": "timeSeries",
        }})
    }

    /// A query over the events of the state machine, which are there if all are logged.
    fn logs(&self, title: &str, query: &str) -> Option<Json> {
        if self.settings.parameters.recorded().log_level != LogLevel::All {
            return None;
        }
        let group = Names::pipeline_logs(&self.settings.names().of(Single::Pipeline));
        let query = format!("SOURCE '{group}' | {query}");
        let region = self.settings.region.as_str();
        Some(json!({"type": "log", "properties": {"title": title, "query": query, "region": region, "view": "table"}}))
    }
}

fn push(list: &mut Json, item: Json) {
    if let Some(list) = list.as_array_mut() {
        list.push(item);
    }
}

fn place(widget: &mut Json, x: usize, y: usize, width: usize) {
    for (key, value) in [("x", x), ("y", y), ("width", width), ("height", HEIGHT)] {
        widget[key] = value.into();
    }
}
