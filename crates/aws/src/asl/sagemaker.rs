//! SageMaker jobs.

use oleoduto_cdk::{Expr, Ref};

use super::Task;
use super::template::get;
use crate::types::RoleArn;

/// What `sagemaker:createTrainingJob` needs.
#[derive(Clone, Debug)]
pub struct TrainingJob {
    /// Path of the job's name in the state's input.
    pub name_path: String,
    /// The image's URI.
    pub image: Expr,
    /// The role that the job runs as.
    pub role: Ref<RoleArn>,
    /// `S3Prefix` of the channel `training`: an intrinsic or a path.
    pub training_uri: Expr,
    /// Where `model.tar.gz` goes.
    pub output_uri: Expr,
    /// Where checkpoints are kept while a spot job waits for new capacity: an intrinsic or a path.
    pub checkpoint_uri: Expr,
    /// Hyperparameters; a key that ends in `.$` holds a path.
    pub hyperparameters: Vec<(&'static str, Expr)>,
    /// Metric name and regular expression over the log.
    pub metrics: Vec<(String, String)>,
    /// `ml.m5.large` and the like.
    pub instance_type: String,
    /// Longest run, seconds.
    pub max_runtime_seconds: i64,
    /// Longest wait for spot capacity and run together, seconds.
    pub max_wait_seconds: i64,
}

/// An S3 prefix that a processing job reads.
#[derive(Clone, Debug)]
pub struct ProcessingInput {
    /// The name of the input or output.
    pub name: &'static str,
    /// The S3 URI: an intrinsic or a path.
    pub uri: Expr,
    /// The folder in the container.
    pub path: &'static str,
}

/// What `sagemaker:createProcessingJob` needs.
#[derive(Clone, Debug)]
pub struct ProcessingJob {
    /// Path of the job's name in the state's input.
    pub name_path: String,
    /// The image's URI.
    pub image: Expr,
    /// The role that the job runs as.
    pub role: Ref<RoleArn>,
    /// An intrinsic that makes the list of arguments.
    pub arguments: Expr,
    /// What it reads.
    pub inputs: Vec<ProcessingInput>,
    /// What it writes.
    pub outputs: Vec<ProcessingInput>,
    /// `ml.m5.large` and the like.
    pub instance_type: String,
    /// Longest run, seconds.
    pub max_runtime_seconds: i64,
}

impl Task {
    /// Train and wait for the end, on spot capacity.
    pub fn training_job(partition: &Ref<String>, job: TrainingJob) -> Self {
        let metrics = job.metrics.iter().map(|(name, regex)| Expr::object([("Name", Expr::from(name)), ("Regex", regex.into())]));
        let channel = Expr::object([
            ("ChannelName", Expr::from("training")),
            (
                "DataSource",
                Expr::object([(
                    "S3DataSource",
                    Expr::object([
                        ("S3DataType", Expr::from("S3Prefix")),
                        ("S3DataDistributionType", "FullyReplicated".into()),
                        ("S3Uri.$", job.training_uri),
                    ]),
                )]),
            ),
        ]);
        let parameters = Expr::object([
            ("TrainingJobName.$", Expr::from(job.name_path)),
            (
                "AlgorithmSpecification",
                Expr::object([
                    ("TrainingImage", job.image),
                    ("TrainingInputMode", "File".into()),
                    ("MetricDefinitions", Expr::Array(metrics.collect())),
                ]),
            ),
            ("RoleArn", Expr::from(&job.role)),
            ("InputDataConfig", Expr::Array(vec![channel])),
            ("OutputDataConfig", Expr::object([("S3OutputPath", job.output_uri)])),
            ("HyperParameters", Expr::object(job.hyperparameters)),
            ("ResourceConfig", resources(&job.instance_type)),
            ("EnableManagedSpotTraining", true.into()),
            ("CheckpointConfig", Expr::object([("S3Uri.$", job.checkpoint_uri)])),
            (
                "StoppingCondition",
                Expr::object([
                    ("MaxRuntimeInSeconds", Expr::from(job.max_runtime_seconds)),
                    ("MaxWaitTimeInSeconds", job.max_wait_seconds.into()),
                ]),
            ),
        ]);
        Self::integration(partition, "sagemaker:createTrainingJob.sync", parameters)
    }

    /// Run a processing job and wait for its end.
    pub fn processing_job(partition: &Ref<String>, job: ProcessingJob) -> Self {
        let inputs = job.inputs.iter().map(|input| {
            Expr::object([
                ("InputName", Expr::from(input.name)),
                (
                    "S3Input",
                    Expr::object([
                        ("S3Uri.$", input.uri.clone()),
                        ("LocalPath", input.path.into()),
                        ("S3DataType", "S3Prefix".into()),
                        ("S3InputMode", "File".into()),
                    ]),
                ),
            ])
        });
        let outputs = job.outputs.iter().map(|output| {
            Expr::object([
                ("OutputName", Expr::from(output.name)),
                (
                    "S3Output",
                    Expr::object([
                        ("S3Uri.$", output.uri.clone()),
                        ("LocalPath", output.path.into()),
                        ("S3UploadMode", "EndOfJob".into()),
                    ]),
                ),
            ])
        });
        let parameters = Expr::object([
            ("ProcessingJobName.$", Expr::from(job.name_path)),
            ("AppSpecification", Expr::object([("ImageUri", job.image), ("ContainerArguments.$", job.arguments)])),
            ("RoleArn", Expr::from(&job.role)),
            ("ProcessingInputs", Expr::Array(inputs.collect())),
            ("ProcessingOutputConfig", Expr::object([("Outputs", Expr::Array(outputs.collect()))])),
            ("ProcessingResources", Expr::object([("ClusterConfig", resources(&job.instance_type))])),
            ("StoppingCondition", Expr::object([("MaxRuntimeInSeconds", Expr::from(job.max_runtime_seconds))])),
        ]);
        Self::integration(partition, "sagemaker:createProcessingJob.sync", parameters)
    }
}

fn resources(instance_type: &str) -> Expr {
    Expr::object([
        ("InstanceType", Expr::from(instance_type)),
        ("InstanceCount", 1_i64.into()),
        ("VolumeSizeInGB", 50_i64.into()),
    ])
}

/// What SageMaker refuses in the times of a training job, or of the training jobs of a tuning job.
pub(super) fn check_spot(api: &str, parameters: &Expr, mistakes: &mut Vec<String>) {
    match api {
        "createTrainingJob" => check_times(parameters, mistakes),
        "createHyperParameterTuningJob" => {
            if let Some(job) = get(parameters, "TrainingJobDefinition") {
                check_times(job, mistakes);
            }
            if let Some(Expr::Array(jobs)) = get(parameters, "TrainingJobDefinitions") {
                jobs.iter().for_each(|job| check_times(job, mistakes));
            }
        }
        _ => {}
    }
}

fn check_times(job: &Expr, mistakes: &mut Vec<String>) {
    // Whether it is spot, or what the times are, may only be known at run time: such a job is taken as it is.
    let known = |key: &str| get(job, &format!("{key}.$")).is_none();
    if !matches!(job, Expr::Object(_)) || !known("EnableManagedSpotTraining") || !known("StoppingCondition") {
        return;
    }
    let spot = match get(job, "EnableManagedSpotTraining") {
        None => false,
        Some(Expr::Bool(spot)) => *spot,
        Some(_) => return,
    };
    let times = match get(job, "StoppingCondition") {
        Some(times @ Expr::Object(_)) => Some(times),
        None => None,
        Some(_) => return,
    };
    let time = |key: &str| times.and_then(|times| get(times, key).or_else(|| get(times, &format!("{key}.$"))));
    match (time("MaxWaitTimeInSeconds"), time("MaxRuntimeInSeconds")) {
        (None, _) if spot => {
            mistakes.push("a spot job needs MaxWaitTimeInSeconds: SageMaker refuses it without".to_owned());
        }
        (Some(_), _) if !spot => mistakes.push(
            "MaxWaitTimeInSeconds is given, but EnableManagedSpotTraining is not true: SageMaker refuses the job".to_owned(),
        ),
        (Some(Expr::Int(wait)), Some(Expr::Int(runtime))) if wait < runtime => mistakes.push(format!(
            "MaxWaitTimeInSeconds ({wait}) is less than MaxRuntimeInSeconds ({runtime}): SageMaker refuses the job"
        )),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(spot: Option<bool>, times: &[(&'static str, i64)]) -> Vec<String> {
        let times = Expr::object(times.iter().map(|(key, value)| (*key, Expr::Int(*value))));
        let mut pairs = vec![("StoppingCondition", times)];
        pairs.extend(spot.map(|spot| ("EnableManagedSpotTraining", spot.into())));
        let job = Expr::object(pairs);
        let mut found = Vec::new();
        check_spot("createTrainingJob", &job, &mut found);
        let tuning = Expr::object([("TrainingJobDefinitions", Expr::Array(vec![job]))]);
        let mut in_tuning = Vec::new();
        check_spot("createHyperParameterTuningJob", &tuning, &mut in_tuning);
        assert_eq!(found, in_tuning);
        found
    }

    #[test]
    fn spot_and_times_belong_together() {
        let (run, wait) = (("MaxRuntimeInSeconds", 60), ("MaxWaitTimeInSeconds", 60));
        assert_eq!(mistakes(Some(true), &[run, wait]), Vec::<String>::new());
        assert_eq!(mistakes(None, &[run]), Vec::<String>::new());
        assert_eq!(mistakes(Some(false), &[run]), Vec::<String>::new());
        assert!(mistakes(Some(true), &[run])[0].contains("needs MaxWaitTimeInSeconds"));
        assert!(mistakes(None, &[run, wait])[0].contains("EnableManagedSpotTraining is not true"));
        assert!(mistakes(Some(true), &[run, ("MaxWaitTimeInSeconds", 59)])[0].contains("(59) is less than"));
    }
}
