//! What to look at and to run when an alarm tells.

use super::part::Part;
use super::places::Places;
use crate::monitoring::Alarm;

/// Pages, by what they show.
pub(super) fn links(alarm: Alarm, places: &Places<'_>) -> Vec<(&'static str, String)> {
    let executions = ("the executions", places.executions());
    let reports = ("the reports of each run date", places.reports());
    let mut links = match alarm {
        Alarm::Budget => return vec![("the budgets", places.bill())],
        Alarm::Failed | Alarm::TimedOut | Alarm::Aborted => vec![
            executions,
            ("the log of the Glue jobs", places.glue_logs()),
            ("the log of the function", places.function_logs()),
            ("the jobs of SageMaker", places.training_jobs()),
        ],
        Alarm::Throttled => vec![executions, ("the quotas of Step Functions", places.quotas())],
        Alarm::TooLong => {
            vec![executions, ("the runs of the Glue jobs", places.glue_jobs()), ("the jobs of SageMaker", places.training_jobs())]
        }
        Alarm::NoSuccess | Alarm::NotStarted => vec![executions, ("the schedule", places.schedule())],
        Alarm::Quality => vec![reports, ("the log of the Glue jobs", places.glue_logs())],
        Alarm::Degraded | Alarm::FellBack | Alarm::StaleData => vec![reports, executions],
    };
    if places.settings.parameters.recorded().dashboard {
        links.push(("the dashboard", places.dashboard()));
    }
    links.push(("the alarm", places.alarm(alarm)));
    links
}

/// What to run. The variables are those of the part `First`.
pub(super) fn part(alarm: Alarm) -> Part {
    match alarm {
        Alarm::Failed => ended("FAILED", "The cause names the job and its reason. Correct it, then run the date or the state again."),
        Alarm::TimedOut => ended("TIMED_OUT", "The last event names the state that did not end: its job has a log."),
        Alarm::Aborted => ended("ABORTED", "The cause says why, if the person who stopped it gave one. Run the date again if it is missing."),
        Alarm::Throttled => Part::new(
            "Executions go on more slowly; none is lost. Count what runs, and ask for a higher quota if it is this pipeline's.",
        )
        .run(&["aws stepfunctions list-executions --state-machine-arn \"$MACHINE\" --status-filter RUNNING --no-paginate"])
        .run_there(&["aws service-quotas list-service-quotas --service-code states"]),
        Alarm::TooLong => Part::new("Times of the newest execution's states show which one is slow.")
            .run(&[
                &newest(""),
                "aws stepfunctions get-execution-history --execution-arn \"$EXECUTION\" --no-paginate \
                 --query 'events[?stateEnteredEventDetails].[timestamp,stateEnteredEventDetails.name]' --output text",
            ]),
        Alarm::NoSuccess => Part::new(
            "Either executions fail, which other alarms tell, or none starts. A new environment tells this until its first success.",
        )
        .run(&[
            "aws scheduler get-schedule --name \"$PIPELINE\" --query '[State,ScheduleExpression]' --output text",
            "aws stepfunctions list-executions --state-machine-arn \"$MACHINE\" --no-paginate --query 'executions[].[name,status]' --output text",
        ]),
        Alarm::NotStarted => Part::new(
            "A message has the attributes ERROR_CODE and ERROR_MESSAGE. Mostly the role of the schedule or the state machine is \
             missing: apply the stacks `iam` and `stepfunctions`. Run the date by hand, then empty the queue, which ends the alarm.",
        )
        .run(&[
            "QUEUE=$(aws sqs get-queue-url --queue-name \"$DEAD_LETTERS\" --query QueueUrl --output text)",
            "aws sqs receive-message --queue-url \"$QUEUE\" --message-attribute-names All --visibility-timeout 1",
            "aws sqs purge-queue --queue-url \"$QUEUE\"",
        ]),
        Alarm::Quality => Part::new(
            "The page lists the rules that do not hold, with samples. If the source is wrong, wait for its correction and run the \
             date again. If the rule is wrong, correct it in jobs/src/oleoduto_jobs/etl/quality/rules.py.",
        )
        .run(&["aws s3 ls \"s3://$BUCKET/reports/dataproc=$DATE/\" || echo 'no report of this date'"])
        .run_there(&["aws s3 cp \"s3://$BUCKET/reports/dataproc=$DATE/quality.html\" ."]),
        Alarm::Degraded | Alarm::FellBack => Part::new(
            "The page shows realized errors by horizon, and `series.json` those of a list's series, if the run has one. Without a \
             fall-back the next training chooses again; `fell-back` says that the benchmark forecasts until then. To train now, \
             run the date again with mode `train`; to return to an earlier model, roll it back.",
        )
        .run(&["aws s3 ls \"s3://$BUCKET/reports/dataproc=$DATE/\" || echo 'no report of this date'"])
        .run_there(&["aws s3 cp \"s3://$BUCKET/reports/dataproc=$DATE/monitoring.json\" -"]),
        Alarm::StaleData => Part::new("The source has no newer month. If it has one by now, run the date again.")
            .run(&["aws s3 ls \"s3://$BUCKET/raw/dataproc=$DATE/\" || echo 'no data of this date'"]),
        Alarm::Budget => Part::new("The services that cost most, of this month. A tracking server of MLflow costs by the hour.")
            .run(&["aws stepfunctions list-executions --state-machine-arn \"$MACHINE\" --no-paginate --query 'length(executions)'"])
            .run_there(&["aws ce get-cost-and-usage --time-period \"Start=$(date -u +%Y-%m-01),End=$(date -u +%F)\" \
                          --granularity MONTHLY --metrics UnblendedCost --group-by Type=DIMENSION,Key=SERVICE"]),
    }
}

/// Sets `EXECUTION` to the newest execution, of those that options select.
fn newest(options: &str) -> String {
    format!(
        "EXECUTION=$(aws stepfunctions list-executions --state-machine-arn \"$MACHINE\"{options} --no-paginate \
         --query 'executions[0].executionArn' --output text)"
    )
}

/// An execution that ended without success.
fn ended(status: &str, what_to_do: &str) -> Part {
    Part::new(what_to_do).run(&[
        &newest(&format!(" --status-filter {status}")),
        "aws stepfunctions describe-execution --execution-arn \"$EXECUTION\" --query '[error,cause,input]' --output text",
        "aws stepfunctions get-execution-history --execution-arn \"$EXECUTION\" --reverse-order --no-paginate \
         --query 'events[:5].[timestamp,type]' --output text",
    ])
}
