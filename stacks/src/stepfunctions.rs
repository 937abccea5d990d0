//! `stepfunctions`: the pipeline as a state machine.

use oleoduto_aws::asl::{ProcessingInput, ProcessingJob, Retry, State, StateMachine, Task, TrainingJob};
use oleoduto_aws::cloudwatch_log_group::CloudwatchLogGroup;
use oleoduto_aws::sfn_state_machine::{LoggingConfiguration, SfnStateMachine};
use oleoduto_aws::types::GlueJobName;
use oleoduto_cdk::{App, Diagnostic, Expr, Ref, Stack, Val, text};

use crate::settings::Settings;
use crate::{ecr, glue, iam, lambda, operations, s3, shared};

/// Longest pipeline, seconds.
const TIMEOUT_SECONDS: i64 = 6 * 3600;
/// Longest training or forecast run, seconds.
const JOB_SECONDS: i64 = 3600;
/// Longest wait for spot capacity and training together, seconds.
const SPOT_WAIT_SECONDS: i64 = 2 * 3600;
const HORIZONS: usize = 6;

pub(crate) fn stack(
    app: &mut App,
    settings: &Settings,
    s3: &s3::Exports,
    iam: &iam::Exports,
    glue: &glue::Exports,
    ecr: &ecr::Exports,
    lambda: &lambda::Exports,
) {
    let (stack, shared) = shared::stack(app, settings, "stepfunctions");
    let partition = &shared.partition;
    let vars = Task::lambda_invoke(partition, &lambda.training_vars, vars_payload()).keep(&VARS, "$.run").retry(lambda_retry());
    let mut machine = StateMachine::new("Prices to features to forecast", TIMEOUT_SECONDS)
        .state("TrainingVars", State::Task(vars.catch("Failed").next("Etl")));
    let (Some(etl), Some(quality)) = (job_name(stack, glue, "etl"), job_name(stack, glue, "quality")) else { return };
    let etl = Task::glue_job(partition, &etl, &ETL_ARGUMENTS).retry(glue_retry());
    let steps = Task::integration(partition, "aws-sdk:s3:getObject", steps_report(s3)).keep(&STEPS, "$.etl");
    let quality = Task::glue_job(partition, &quality, &QUALITY_ARGUMENTS).retry(glue_retry());
    machine = machine
        .state("Etl", State::Task(etl.catch("Failed").next("EtlSteps")))
        .state("EtlSteps", State::Task(steps.catch("Failed").next("Quality")))
        .state("Quality", State::Task(quality.catch("Failed").next("Train")));
    let train = Task::training_job(partition, training_job(settings, s3, iam, ecr)).retry(sagemaker_retry());
    let forecast = Task::processing_job(partition, forecast_job(settings, s3, iam, ecr)).retry(sagemaker_retry());
    let machine = machine
        .state("Train", State::Task(train.catch("Failed").next("Forecast")))
        .state("Forecast", State::Task(forecast.catch("Failed").next("Done")))
        .state("Done", State::Succeed)
        .state("Failed", State::FailWithCaughtError);
    declare(stack, settings, iam, &machine);
}

fn declare(stack: &mut Stack, settings: &Settings, iam: &iam::Exports, machine: &StateMachine) {
    let name = format!("{}-pipeline", settings.prefix());
    let group = CloudwatchLogGroup::builder()
        .name(format!("/aws/vendedlogs/states/{name}"))
        .retention_in_days(settings.log_retention())
        .build();
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
    stack.output("state_machine_arn", pipeline.arn());
    operations::schedule(stack, settings, iam, &pipeline);
    operations::alarms(stack, settings, &pipeline);
}

fn job_name(stack: &mut Stack, glue: &glue::Exports, step: &str) -> Option<Ref<GlueJobName>> {
    let job = glue.jobs.get(step).cloned();
    if job.is_none() {
        stack.report(Diagnostic::error(
            "stepfunctions/pipeline",
            format!("there is no Glue job `{step}`"),
            "declare it in the glue stack",
        ));
    }
    job
}

/// What the function gives, kept at `$.run`.
const VARS: [(&str, &str); 7] = [
    ("run_date", "$.Payload.run_date"),
    ("dataproc", "$.Payload.dataproc"),
    ("series", "$.Payload.series"),
    ("series_list", "$.Payload.series_list"),
    ("source", "$.Payload.source"),
    ("training_job_name", "$.Payload.training_job_name"),
    ("forecast_job_name", "$.Payload.forecast_job_name"),
];

fn vars_payload() -> Expr {
    Expr::object([
        ("execution_name.$", Expr::from("$$.Execution.Name")),
        ("start_time.$", "$$.Execution.StartTime".into()),
        ("input.$", "$$.Execution.Input".into()),
    ])
}

const ETL_ARGUMENTS: [(&str, &str); 3] =
    [("--dataproc", "$.run.dataproc"), ("--series", "$.run.series_list"), ("--source", "$.run.source")];

const QUALITY_ARGUMENTS: [(&str, &str); 2] = [("--dataproc", "$.run.dataproc"), ("--series", "$.run.series_list")];

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

fn training_job(settings: &Settings, s3: &s3::Exports, iam: &iam::Exports, ecr: &ecr::Exports) -> TrainingJob {
    let metric = |name: String| (name.clone(), format!("metric {name}=([0-9.]+);"));
    let metrics = ["mae", "mspe_ratio"].iter().flat_map(|kind| (1..=HORIZONS).map(move |h| format!("{kind}_h{h}"))).map(metric);
    TrainingJob {
        name_path: "$.run.training_job_name".to_owned(),
        image: ecr.image().into(),
        role: iam.sagemaker.clone(),
        training_uri: partition_uri(s3, "final"),
        output_uri: {
            let models: Val<String> = text!["s3://", &s3.bucket, "/models/"];
            models.into()
        },
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

fn forecast_job(settings: &Settings, s3: &s3::Exports, iam: &iam::Exports, ecr: &ecr::Exports) -> ProcessingJob {
    let model = format_uri(s3, "models/{}/output/model.tar.gz", "$.run.training_job_name");
    let arguments = "States.Array('predict', '--series', $.run.series, '--dataproc', $.run.dataproc, '--training-job', $.run.training_job_name)";
    ProcessingJob {
        name_path: "$.run.forecast_job_name".to_owned(),
        image: ecr.image().into(),
        role: iam.sagemaker.clone(),
        arguments: arguments.to_owned(),
        inputs: vec![
            ProcessingInput { name: "model", uri: model, path: "/opt/ml/processing/input/model" },
            ProcessingInput { name: "final", uri: partition_uri(s3, "final"), path: "/opt/ml/processing/input/final" },
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
