//! How much of what an environment uses: from its settings, and from assumptions that stand here.

use crate::monitoring::Alarm;
use crate::support::settings::Settings;
use crate::support::stack_name::StackName;

/// Hours of a month, as AWS counts them.
const MONTH: f64 = 730.0;
/// Assumed: minutes of both Glue jobs, with their start.
const GLUE_MINUTES: f64 = 5.0;
/// Assumed: minutes of the training job; the price is the one without spot, so this is the most.
const TRAINING_MINUTES: f64 = 4.0;
/// Assumed: minutes of a job of the image that does not train, with its start.
const PROCESSING_MINUTES: f64 = 3.0;
/// Assumed: size of an image, GB.
const IMAGE_GB: f64 = 0.3;
/// Assumed: data with all versions, GB.
const DATA_GB: f64 = 1.0;
/// Assumed: logs that are kept, and logs of one execution, GB.
const KEPT_LOGS_GB: f64 = 0.1;
const LOGS_GB: f64 = 0.02;
/// The monitor's metrics (`jobs/src/oleoduto_jobs/ml/container/cloudwatch.py`), billed for the hours that have data, and those of
/// the quality job.
const MONITOR_METRICS: f64 = 30.0;
const QUALITY_METRICS: f64 = 4.0;

/// An amount of something that has a price.
pub(super) struct Quantity {
    /// The stack that pays for it. What the state machine starts counts to its stack.
    pub(super) stack: StackName,
    pub(super) what: String,
    /// The item in the table of prices.
    pub(super) item: String,
    pub(super) amount: f64,
}

fn quantity(stack: StackName, what: impl Into<String>, item: impl Into<String>, amount: f64) -> Quantity {
    Quantity { stack, what: what.into(), item: item.into(), amount }
}

/// A month without executions.
pub(super) fn idle(settings: &Settings) -> Vec<Quantity> {
    let parameters = &settings.parameters;
    let images = parameters.retention.images;
    let mut found = vec![
        quantity(StackName::Ecr, format!("images, {images} of {IMAGE_GB} GB"), "ecr GB-month", f64::from(images) * IMAGE_GB),
        quantity(StackName::S3, format!("data, {DATA_GB} GB, and logs that are kept"), "s3 GB-month", DATA_GB + KEPT_LOGS_GB),
    ];
    let alarms = Alarm::in_cloudwatch(parameters).count();
    if let Ok(alarms) = u32::try_from(alarms)
        && alarms > 0
    {
        found.push(quantity(StackName::Monitoring, format!("{alarms} alarms"), "alarm month", f64::from(alarms)));
    }
    if parameters.security.kms_key.as_ref().is_some_and(|key| key.arn().is_none()) {
        found.push(quantity(StackName::Kms, "a key, without its calls and earlier versions", "kms key-month", 1.0));
    }
    if parameters.is_watched() && parameters.recorded().dashboard {
        found.push(quantity(
            StackName::Monitoring,
            "a dashboard, unless it is one of the account's first three",
            "dashboard month",
            1.0,
        ));
    }
    if let Some(size) = parameters.mlflow.as_ref().and_then(|mlflow| mlflow.server) {
        let size = size.as_str();
        found.push(quantity(
            StackName::Mlflow,
            format!("MLflow server {size}, {MONTH} hours"),
            format!("mlflow {size} hour"),
            MONTH,
        ));
    }
    found
}

/// One execution with training.
pub(super) fn execution(settings: &Settings) -> Vec<Quantity> {
    let parameters = &settings.parameters;
    let sizes = &parameters.sizes;
    let units = f64::from(sizes.glue_workers * sizes.glue_worker_type.units());
    let hours = |minutes: f64| minutes / 60.0;
    let jobs = if parameters.mlflow.is_some() { 3.0 } else { 2.0 };
    let processing = jobs * PROCESSING_MINUTES;
    let metrics = MONITOR_METRICS + if parameters.is_watched() { QUALITY_METRICS } else { 0.0 };
    vec![
        quantity(
            StackName::Glue,
            format!("Glue, {units} DPU for {GLUE_MINUTES} minutes"),
            "glue DPU-hour",
            units * hours(GLUE_MINUTES),
        ),
        quantity(
            StackName::Stepfunctions,
            format!("training, {} for {TRAINING_MINUTES} minutes, without spot", sizes.training_instance),
            format!("{} hour", sizes.training_instance),
            hours(TRAINING_MINUTES),
        ),
        quantity(
            StackName::Stepfunctions,
            format!("{jobs} jobs beside it, {} for {processing} minutes", sizes.forecast_instance),
            format!("{} hour", sizes.forecast_instance),
            hours(processing),
        ),
        quantity(StackName::Stepfunctions, format!("logs, {LOGS_GB} GB"), "logs GB", LOGS_GB),
        quantity(StackName::Stepfunctions, format!("{metrics} metrics for an hour"), "metric month", metrics / MONTH),
    ]
}
