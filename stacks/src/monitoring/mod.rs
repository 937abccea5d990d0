//! `monitoring`: a dashboard, and alarms that notify one topic, if the environment asks for them.

mod alarm;
mod dashboard;
mod topic;

pub use alarm::Alarm;
use alarm::{Source, Watched};
use dashboard::Dashboard;
use oleoduto_aws::budgets_budget::{BudgetsBudget, Notification};
use oleoduto_aws::cloudwatch_dashboard::CloudwatchDashboard;
use oleoduto_aws::cloudwatch_metric_alarm::CloudwatchMetricAlarm;
use oleoduto_cdk::{App, Stack, Val};

use crate::parameters::{Alarms, Environment};
use crate::stepfunctions;
use crate::support::contract::{Contract, ContractError};
use crate::support::language::Language;
use crate::support::names::Single;
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;

/// Add the stack if the environment has alarms or a dashboard.
pub(crate) fn stack(
    app: &mut App,
    settings: &Settings,
    contract: &Contract<'static>,
    pipeline: &stepfunctions::Exports,
    key: Option<&Val<String>>,
) -> Result<(), ContractError> {
    if !settings.parameters.is_watched() {
        return Ok(());
    }
    let (stack, here) = stack::add(app, settings, StackName::Monitoring);
    if let Some(mistake) = settings.parameters.mistake_of_monitoring(Some(&settings.region)) {
        stack.report(settings.diagnostic(mistake));
    }
    if let Some(alarms) = &settings.parameters.alarms
        && let Some(recipient) = alarms.recipient()
    {
        let topic = topic::topic(stack, settings, &here, recipient, key);
        let watch = Watch { settings, contract, pipeline, topic };
        for alarm in Alarm::of(&settings.parameters) {
            match alarm.watched(&settings.parameters, contract)? {
                Some(watched) => watch.alarm(stack, alarm, &watched),
                None => watch.budget(stack, alarms),
            }
        }
    }
    if settings.parameters.recorded().dashboard {
        let name = settings.names().of(Single::Dashboard);
        let body = Dashboard { settings, contract }.body()?;
        stack.add("pipeline", CloudwatchDashboard::builder().dashboard_name(name).dashboard_body(body).build());
    }
    Ok(())
}

/// What the alarms have in common.
struct Watch<'a> {
    settings: &'a Settings,
    contract: &'a Contract<'static>,
    pipeline: &'a stepfunctions::Exports,
    topic: Val<String>,
}

impl Watch<'_> {
    fn alarm(&self, stack: &mut Stack, alarm: Alarm, watched: &Watched) {
        let (namespace, dimensions) = self.dimensions(watched.source);
        let (silence, _) = alarm.silence();
        let resource = CloudwatchMetricAlarm::builder()
            .alarm_name(self.settings.names().of(alarm))
            .alarm_description(description(alarm, &self.settings.parameters))
            .namespace(namespace)
            .metric_name(watched.metric)
            .dimensions(dimensions)
            .statistic(watched.statistic)
            .period(watched.period)
            .evaluation_periods(watched.periods)
            .datapoints_to_alarm(watched.periods)
            .threshold(watched.threshold)
            .comparison_operator(watched.comparison)
            .treat_missing_data(silence.as_str())
            .alarm_actions(vec![self.topic.clone()])
            .maybe_ok_actions(alarm.tells_its_end().then(|| vec![self.topic.clone()]))
            .build();
        stack.add(alarm.as_str(), resource);
    }

    /// The namespace and the dimensions of a source's metrics.
    fn dimensions(&self, source: Source) -> (&'static str, std::collections::BTreeMap<String, Val<String>>) {
        let map = |pairs: Vec<(&str, Val<String>)>| pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        match source {
            Source::Executions => ("AWS/States", map(vec![("StateMachineArn", self.pipeline.machine.text().into())])),
            Source::DeadLetters => {
                let queue = self.pipeline.dead_letters.as_ref().map(|queue| queue.text().into());
                ("AWS/SQS", map(vec![("QueueName", queue.unwrap_or_else(|| "".into()))]))
            }
            Source::Jobs => {
                let names = self.settings.names();
                let series = self.settings.series.as_str();
                (self.contract.metrics.namespace, map(vec![("Pipeline", names.prefix().into()), ("Series", series.into())]))
            }
        }
    }

    fn budget(&self, stack: &mut Stack, alarms: &Alarms) {
        let Some(limit) = alarms.budget else { return };
        let notification = |kind: &str, percent: i64| {
            Notification::builder()
                .comparison_operator("GREATER_THAN")
                .notification_type(kind)
                .threshold(percent)
                .threshold_type("PERCENTAGE")
                .subscriber_sns_topic_arns([self.topic.clone()])
                .build()
        };
        let budget = BudgetsBudget::builder()
            .name(self.settings.names().of(Alarm::Budget))
            .budget_type("COST")
            .time_unit("MONTHLY")
            .limit_amount(limit.to_string())
            .limit_unit("USD")
            .notification([notification("ACTUAL", 80), notification("FORECASTED", 100)])
            .build();
        stack.add(Alarm::Budget.as_str(), budget);
    }
}

/// What an alarm means, and what missing data mean; in English, as all that AWS shows.
fn description(alarm: Alarm, environment: &Environment) -> String {
    let (silence, why) = alarm.silence();
    format!("{}. Missing data {}: {why}", alarm.meaning(environment).of(Language::English), silence.words())
}
