//! What starts and watches the pipeline, if the environment asks for it: a schedule, and alarms by e-mail.

use oleoduto_aws::cloudwatch_metric_alarm::CloudwatchMetricAlarm;
use oleoduto_aws::grants::Machine;
use oleoduto_aws::scheduler_schedule::{FlexibleTimeWindow, SchedulerSchedule, TargetBlock, TargetRetryPolicy};
use oleoduto_aws::sfn_state_machine::SfnStateMachineRefs;
use oleoduto_aws::sns_topic::{SnsTopic, SnsTopicRefs};
use oleoduto_aws::sns_topic_subscription::SnsTopicSubscription;
use oleoduto_cdk::{Stack, Val};

use crate::iam;
use crate::support::contract::{Contract, ContractError};
use crate::support::names::{Names, Single};
use crate::support::settings::Settings;

/// Metrics of executions that did not succeed, and the words for them in an alarm's name.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html>.
const FAILURES: [(&str, &str); 3] =
    [("ExecutionsFailed", "failed"), ("ExecutionsTimedOut", "timed-out"), ("ExecutionsAborted", "aborted")];

/// Add the schedule that starts the pipeline.
pub(crate) fn schedule(stack: &mut Stack, settings: &Settings, roles: &mut iam::Roles, pipeline: &SfnStateMachineRefs) {
    let (Some(schedule), Some(role)) = (&settings.parameters.schedule, &mut roles.scheduler) else { return };
    let machine = format!("stateMachine:{}", roles.names.of(Single::Pipeline));
    role.allow(Machine::new(roles.here.arn("states", machine)).start());
    let target = TargetBlock::builder()
        .arn(pipeline.arn().widen())
        .role_arn(role.arn())
        .input("{}")
        .retry_policy(TargetRetryPolicy::builder().maximum_retry_attempts(3).build())
        .build();
    let schedule = SchedulerSchedule::builder()
        .name(settings.names().of(Single::Pipeline))
        .schedule_expression(schedule.expression.as_str())
        .schedule_expression_timezone(schedule.timezone.as_str())
        .flexible_time_window(FlexibleTimeWindow::builder().mode("OFF").build())
        .target(target)
        .build();
    stack.add("pipeline", schedule);
}

/// The names of alarms, and the topic that they notify.
struct Alarms<'a> {
    names: &'a Names,
    topic: SnsTopicRefs,
}

/// Add the alarms about executions that do not succeed and forecasts that degrade.
pub(crate) fn alarms(
    stack: &mut Stack,
    settings: &Settings,
    contract: &Contract<'static>,
    pipeline: &SfnStateMachineRefs,
) -> Result<(), ContractError> {
    let Some(alarms) = &settings.parameters.alarms else { return Ok(()) };
    let names = settings.names();
    let topic = stack.add("alarms", SnsTopic::builder().name(names.of(Single::Topic)).build());
    let mail = SnsTopicSubscription::builder().topic_arn(topic.arn()).protocol("email").endpoint(alarms.email.as_str()).build();
    stack.add("alarms", mail);
    let alarms = Alarms { names: &names, topic };
    for (metric, word) in FAILURES {
        let description = format!("An execution of the pipeline {}", word.replace('-', " "));
        let dimensions = [("StateMachineArn", Val::from(pipeline.arn().text()))];
        let failures = Watched { namespace: "AWS/States", metric, statistic: "Sum", above: 0 };
        alarms.add(stack, word, &description, &failures, dimensions);
    }
    let months = contract.execution.max_data_age_months;
    let degraded = "At some horizon the forecasts' realised MSPE is over the limit of the written rule";
    let stale = format!("The newest complete month was more than {months} months before the run's");
    for (word, description, metric, above) in [
        ("degraded", degraded, "MspeToLimit", 1),
        ("fell-back", "The champion degraded: the benchmark forecasts in its place", "FellBack", 0),
        ("stale-data", &stale, "DataAgeMonths", months),
    ] {
        let metric = contract.metric(metric)?;
        let watched = Watched { namespace: contract.metrics.namespace, metric, statistic: "Maximum", above };
        let dimensions = [("Pipeline", Val::from(names.prefix())), ("Series", settings.series.as_str().into())];
        alarms.add(stack, word, description, &watched, dimensions);
    }
    Ok(())
}

/// A metric, and the most that it may be within five minutes.
struct Watched {
    namespace: &'static str,
    metric: &'static str,
    statistic: &'static str,
    above: i64,
}

impl Alarms<'_> {
    fn add<const N: usize>(
        &self,
        stack: &mut Stack,
        word: &str,
        description: &str,
        watched: &Watched,
        dimensions: [(&str, Val<String>); N],
    ) {
        let alarm = CloudwatchMetricAlarm::builder()
            .alarm_name(self.names.of(word))
            .alarm_description(description)
            .namespace(watched.namespace)
            .metric_name(watched.metric)
            .dimensions(dimensions)
            .statistic(watched.statistic)
            .period(300)
            .evaluation_periods(1)
            .threshold(watched.above)
            .comparison_operator("GreaterThanThreshold")
            // Without an execution nothing failed, and a monitor that did not run found nothing.
            .treat_missing_data("notBreaching")
            .alarm_actions([self.topic.arn().text()])
            .build();
        stack.add(word, alarm);
    }
}
