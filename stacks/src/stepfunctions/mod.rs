//! `stepfunctions`: the pipeline as a state machine.

mod operations;

use oleoduto_aws::asl::{
    Choice, Condition, Order, ProcessingInput, ProcessingJob, Retry, State, StateMachine, Task, TrainingJob,
};
use oleoduto_aws::cloudwatch_log_group::CloudwatchLogGroup;
use oleoduto_aws::sagemaker_model_package_group::SagemakerModelPackageGroup;
use oleoduto_aws::sfn_state_machine::{LoggingConfiguration, SfnStateMachine};
use oleoduto_cdk::{App, Expr, Stack, Val, text};

use crate::mlflow::Tracking;
use crate::support::jobs::GlueJob;
use crate::support::names::{NAMESPACE, Names};
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;
use crate::{ecr, glue, iam, lambda, s3};

/// Longest pipeline, seconds.
const TIMEOUT_SECONDS: i64 = 6 * 3600;
/// Longest training or forecast run, seconds.
const JOB_SECONDS: i64 = 3600;
/// Longest wait for spot capacity and training together, seconds.
const SPOT_WAIT_SECONDS: i64 = 2 * 3600;
const HORIZONS: usize = 6;

/// What it uses of other stacks.
pub(crate) struct Uses<'a> {
    pub(crate) s3: &'a s3::Exports,
    pub(crate) iam: &'a iam::Exports,
    pub(crate) glue: &'a glue::Exports,
    pub(crate) ecr: &'a ecr::Exports,
    pub(crate) lambda: &'a lambda::Exports,
    /// Where training runs are recorded; nowhere without it.
    pub(crate) tracking: Option<&'a Tracking>,
}

pub(crate) fn stack(app: &mut App, settings: &Settings, uses: &Uses<'_>) {
    let Uses { s3, iam, glue, ecr, lambda, tracking } = *uses;
    let (stack, lookups) = stack::add(app, settings, StackName::Stepfunctions);
    let partition = &lookups.partition;
    let vars = Task::lambda_invoke(partition, &lambda.training_vars, vars_payload()).keep(&VARS, "$.run").retry(lambda_retry());
    let mut machine = StateMachine::new("Prices to features to forecast", TIMEOUT_SECONDS)
        .state("TrainingVars", State::Task(vars.catch("Failed").next("Etl")));
    let glue_job = |job: GlueJob| Task::glue_job(partition, &glue.jobs[job], job.arguments()).retry(glue_retry());
    let etl = glue_job(GlueJob::Etl);
    let steps = Task::integration(partition, "aws-sdk:s3:getObject", steps_report(s3)).keep(&STEPS, "$.etl");
    let quality = glue_job(GlueJob::Quality);
    machine = machine
        .state("Etl", State::Task(etl.catch("Failed").next("EtlSteps")))
        .state("EtlSteps", State::Task(steps.catch("Failed").next("Quality")))
        .state("Quality", State::Task(quality.catch("Failed").next("Path")));
    let image = ecr.image(&ecr::digest(stack));
    let train = Task::training_job(partition, training_job(settings, s3, iam, &image)).retry(sagemaker_retry());
    let forecast = |job| Task::processing_job(partition, job).retry(sagemaker_retry()).catch("Failed").next("Monitor");
    let monitor = Task::processing_job(partition, monitor_job(settings, s3, iam, &image)).retry(sagemaker_retry());
    let path =
        Choice::new().when(Condition::string("$.run.mode", Order::Equals, "forecast"), "ForecastWithChampion").otherwise("Train");
    let mut machine = machine
        .state("Train", State::Task(train.catch("Failed").next("Forecast")))
        .state("Path", State::Choice(path))
        .state("Forecast", State::Task(forecast(first_forecast(settings, s3, iam, &image))))
        .state("ForecastWithChampion", State::Task(forecast(champion_forecast(settings, s3, iam, &image))))
        .state("Monitor", State::Task(monitor.catch("Failed").next(if tracking.is_some() { "Record" } else { "Done" })));
    if let Some(tracking) = tracking {
        // After all that a forecast is for: a server that does not answer changes no forecast and no champion.
        let record = record_job(settings, s3, iam, &image, tracking);
        let record = Task::processing_job(partition, record).retry(sagemaker_retry());
        machine = machine.state("Record", State::Task(record.catch("Failed").next("Done")));
    }
    let machine = machine.state("Done", State::Succeed).state("Failed", State::FailWithCaughtError);
    declare(stack, settings, iam, &machine);
}

fn declare(stack: &mut Stack, settings: &Settings, iam: &iam::Exports, machine: &StateMachine) {
    let names = settings.names();
    let name = names.pipeline();
    let group =
        CloudwatchLogGroup::builder().name(Names::pipeline_logs(&name)).retention_in_days(settings.log_retention()).build();
    let group = stack.add("pipeline", group);
    let destination: Val<String> = text![group.arn(), ":*"];
    let logging = LoggingConfiguration::builder().level("ALL").include_execution_data(true).log_destination(destination).build();
    let pipeline = SfnStateMachine::builder()
        .name(name)
        .role_arn(&iam.states)
        .definition(machine.definition())
        .logging_configuration(logging)
        .build();
    let pipeline = stack.add("pipeline", pipeline);
    let models = SagemakerModelPackageGroup::builder()
        .model_package_group_name(names.models())
        .model_package_group_description(format!("Models of {}", settings.series))
        .build();
    stack.add("models", models);
    stack.output("state_machine_arn", pipeline.arn());
    operations::schedule(stack, settings, iam, &pipeline);
    operations::alarms(stack, settings, &pipeline);
}

/// What the function gives, kept at `$.run`.
const VARS: [(&str, &str); 11] = [
    ("run_date", "$.Payload.run_date"),
    ("dataproc", "$.Payload.dataproc"),
    ("series", "$.Payload.series"),
    ("series_list", "$.Payload.series_list"),
    ("source", "$.Payload.source"),
    ("mode", "$.Payload.mode"),
    ("max_data_age_months", "$.Payload.max_data_age_months"),
    ("training_job_name", "$.Payload.training_job_name"),
    ("forecast_job_name", "$.Payload.forecast_job_name"),
    ("monitor_job_name", "$.Payload.monitor_job_name"),
    ("record_job_name", "$.Payload.record_job_name"),
];

fn vars_payload() -> Expr {
    Expr::object([
        ("execution_name.$", Expr::from("$$.Execution.Name")),
        ("start_time.$", "$$.Execution.StartTime".into()),
        ("input.$", "$$.Execution.Input".into()),
    ])
}

/// Seconds of each step of the job `etl`, so that the execution's history shows them one by one.
const STEPS: [(&str, &str); 1] = [("done", "States.StringToJson($.Body)")];

fn steps_report(s3: &s3::Exports) -> Expr {
    let key = "States.Format('reports/dataproc={}/etl.json', $.run.dataproc)";
    Expr::object([("Bucket", Expr::from(s3.bucket.clone())), ("Key.$", key.into())])
}

fn lambda_retry() -> Retry {
    let errors =
        ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"];
    Retry::on(&errors, 2, 4)
}

fn glue_retry() -> Retry {
    Retry::on(&["Glue.AWSGlueException", "Glue.ConcurrentRunsExceededException", "Glue.InternalServiceException"], 20, 4)
}

fn sagemaker_retry() -> Retry {
    Retry::on(&["SageMaker.AmazonSageMakerException", "SageMaker.ResourceLimitExceededException"], 20, 4)
}

fn training_job(settings: &Settings, s3: &s3::Exports, iam: &iam::Exports, image: &Val<String>) -> TrainingJob {
    let metric = |name: String| (name.clone(), format!("metric {name}=([0-9.]+);"));
    // At most 40 definitions; a digit in `coverage_80` is no horizon.
    let kinds = ["mae", "mspe_ratio", "crps", "coverage_80", "coverage_95"];
    let metrics = kinds.iter().flat_map(|kind| (1..=HORIZONS).map(move |h| format!("{kind}_h{h}"))).map(metric);
    TrainingJob {
        name_path: "$.run.training_job_name".to_owned(),
        image: image.clone().into(),
        role: iam.sagemaker.clone(),
        training_uri: partition_uri(s3, "final"),
        output_uri: {
            let models: Val<String> = text!["s3://", &s3.bucket, "/models/"];
            models.into()
        },
        checkpoint_uri: format_uri(s3, "models/{}/checkpoints/", "$.run.training_job_name"),
        hyperparameters: vec![
            ("series.$", "$.run.series".into()),
            ("horizons", HORIZONS.to_string().into()),
            ("seed", "0".into()),
        ],
        metrics: metrics.collect(),
        instance_type: settings.parameters.sizes.training_instance.to_string(),
        max_runtime_seconds: JOB_SECONDS,
        max_wait_seconds: SPOT_WAIT_SECONDS,
    }
}

/// The forecast of the model that was just trained; it becomes the champion.
fn first_forecast(settings: &Settings, s3: &s3::Exports, iam: &iam::Exports, image: &Val<String>) -> ProcessingJob {
    let model = format_uri(s3, "models/{}/output/model.tar.gz", "$.run.training_job_name");
    let mut job = forecast_job(settings, s3, iam, image, model, ", '--training-job', $.run.training_job_name");
    job.outputs.push(ProcessingInput { name: "champion", uri: champion_uri(s3), path: "/opt/ml/processing/output/champion" });
    job
}

/// A forecast without training, by the champion of an earlier run.
fn champion_forecast(settings: &Settings, s3: &s3::Exports, iam: &iam::Exports, image: &Val<String>) -> ProcessingJob {
    forecast_job(settings, s3, iam, image, champion_uri(s3), "")
}

/// What earlier forecasts turned out to be, in the reports and as metrics. The benchmark takes the place of a champion that
/// has degraded, in this run's forecast, too.
fn monitor_job(settings: &Settings, s3: &s3::Exports, iam: &iam::Exports, image: &Val<String>) -> ProcessingJob {
    let predictions: Val<String> = text!["States.Format('s3://", &s3.bucket, "/{}/', 'predictions')"];
    let mut job = forecast_job(settings, s3, iam, image, champion_uri(s3), "");
    job.name_path = "$.run.monitor_job_name".to_owned();
    job.arguments = format!(
        "States.Array('monitor', '--series', $.run.series, '--dataproc', $.run.dataproc, \
         '--metrics', '{}', '--pipeline', '{}', '--region', '{}')",
        NAMESPACE,
        settings.names().prefix(),
        settings.region
    )
    .into();
    job.inputs.push(ProcessingInput {
        name: "predictions",
        uri: predictions.into(),
        path: "/opt/ml/processing/input/predictions",
    });
    let reports = partition_uri(s3, "reports");
    job.outputs.push(ProcessingInput { name: "monitoring", uri: reports, path: "/opt/ml/processing/output/monitoring" });
    job.outputs.push(ProcessingInput { name: "champion", uri: champion_uri(s3), path: "/opt/ml/processing/output/champion" });
    job
}

/// Training jobs of the bucket that MLflow does not know yet, and who is champion.
fn record_job(
    settings: &Settings,
    s3: &s3::Exports,
    iam: &iam::Exports,
    image: &Val<String>,
    tracking: &Tracking,
) -> ProcessingJob {
    let region = &settings.region;
    let start = "States.Array('record', '--series', $.run.series, '--bucket', '";
    let arguments: Val<String> = match tracking {
        Tracking::Bucket => text![start, &s3.bucket, format!("', '--region', '{region}')")],
        Tracking::Server(uri) => {
            text![start, &s3.bucket, format!("', '--region', '{region}', '--tracking-uri', '"), uri.clone(), "')"]
        }
    };
    ProcessingJob {
        name_path: "$.run.record_job_name".to_owned(),
        image: image.clone().into(),
        role: iam.sagemaker.clone(),
        arguments: arguments.into(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        instance_type: settings.parameters.sizes.forecast_instance.to_string(),
        max_runtime_seconds: JOB_SECONDS,
    }
}

fn champion_uri(s3: &s3::Exports) -> Expr {
    format_uri(s3, "models/champion/{}/", "$.run.series")
}

fn forecast_job(
    settings: &Settings,
    s3: &s3::Exports,
    iam: &iam::Exports,
    image: &Val<String>,
    model: Expr,
    more: &str,
) -> ProcessingJob {
    let arguments = format!(
        "States.Array('predict', '--series', $.run.series, '--dataproc', $.run.dataproc, '--max-data-age', $.run.max_data_age_months{more})"
    );
    ProcessingJob {
        name_path: "$.run.forecast_job_name".to_owned(),
        image: image.clone().into(),
        role: iam.sagemaker.clone(),
        arguments: arguments.into(),
        inputs: vec![
            ProcessingInput { name: "model", uri: model, path: "/opt/ml/processing/input/model" },
            ProcessingInput { name: "final", uri: partition_uri(s3, "final"), path: "/opt/ml/processing/input/final" },
            ProcessingInput { name: "quality", uri: partition_uri(s3, "quality"), path: "/opt/ml/processing/input/quality" },
        ],
        outputs: vec![
            ProcessingInput {
                name: "predictions",
                uri: partition_uri(s3, "predictions"),
                path: "/opt/ml/processing/output/parquet",
            },
            ProcessingInput { name: "report", uri: partition_uri(s3, "reports"), path: "/opt/ml/processing/output/report" },
        ],
        instance_type: settings.parameters.sizes.forecast_instance.to_string(),
        max_runtime_seconds: JOB_SECONDS,
    }
}

/// The run's partition of a table.
fn partition_uri(s3: &s3::Exports, table: &str) -> Expr {
    format_uri(s3, &format!("{table}/dataproc={{}}/"), "$.run.dataproc")
}

/// An S3 URI that the state machine completes with a value of its data.
fn format_uri(s3: &s3::Exports, key: &str, path: &str) -> Expr {
    let uri: Val<String> = text!["States.Format('s3://", &s3.bucket, format!("/{key}', {path})")];
    uri.into()
}
