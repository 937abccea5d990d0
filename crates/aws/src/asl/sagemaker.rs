//! SageMaker jobs.

use oleoduto_cdk::{Expr, Ref};

use super::protection::JobProtection;
use super::task::Task;
use crate::types::RoleArn;

/// Parameters of `sagemaker:createTrainingJob`. The S3 URIs of inputs and checkpoints are paths or intrinsic functions.
#[derive(Clone, Debug)]
pub struct TrainingJob {
    /// The job's name: a path or an intrinsic function.
    pub name: String,
    /// The image's URI.
    pub image: Expr,
    /// The role that the job runs as.
    pub role: Ref<RoleArn>,
    /// The data that the job reads.
    pub channels: Vec<TrainingChannel>,
    /// The S3 URI of the folder that receives `model.tar.gz`.
    pub output_uri: Expr,
    /// Hyperparameters; a key that ends in `.$` holds a path.
    pub hyperparameters: Vec<(&'static str, Expr)>,
    /// Metric name and regular expression over the log.
    pub metrics: Vec<(String, String)>,
    /// The instance type, such as `ml.m5.large`.
    pub instance_type: String,
    /// The size of the instance's volume, GB.
    pub volume_gb: i64,
    /// The longest run, seconds.
    pub max_runtime_seconds: i64,
    /// The S3 prefix of the checkpoints, which outlive the job: a path or an intrinsic function.
    pub checkpoint_uri: Option<Expr>,
    /// The longest wait for spot capacity and run together, seconds; without it the job runs on demand.
    pub spot_wait_seconds: Option<i64>,
    /// How the job is encrypted, and where it runs.
    pub protection: JobProtection,
}

/// An S3 prefix that a training job reads, copied to each instance before the job starts.
#[derive(Clone, Debug)]
pub struct TrainingChannel {
    /// The channel's name.
    pub name: &'static str,
    /// The S3 prefix: a path or an intrinsic function.
    pub uri: Expr,
}

/// Parameters of `sagemaker:createProcessingJob`.
#[derive(Clone, Debug)]
pub struct ProcessingJob {
    /// The job's name: a path or an intrinsic function.
    pub name: String,
    /// The image's URI.
    pub image: Expr,
    /// The role that the job runs as.
    pub role: Ref<RoleArn>,
    /// The list of arguments: a path or an intrinsic function.
    pub arguments: Expr,
    /// S3 prefixes copied into the container before the job starts.
    pub inputs: Vec<ProcessingChannel>,
    /// Folders of the container copied to S3 when the job ends.
    pub outputs: Vec<ProcessingChannel>,
    /// The instance type, such as `ml.m5.large`.
    pub instance_type: String,
    /// The size of the instance's volume, GB.
    pub volume_gb: i64,
    /// The longest run, seconds.
    pub max_runtime_seconds: i64,
    /// How the job is encrypted, and where it runs.
    pub protection: JobProtection,
}

/// An S3 prefix and the folder of the container that corresponds to it.
#[derive(Clone, Debug)]
pub struct ProcessingChannel {
    /// The name of the input or output.
    pub name: &'static str,
    /// The S3 prefix: a path or an intrinsic function.
    pub uri: Expr,
    /// The folder in the container.
    pub path: &'static str,
}

impl Task {
    /// Run a training job and wait for its end.
    pub fn training_job(partition: &Ref<String>, job: TrainingJob) -> Self {
        let metrics = job.metrics.iter().map(|(name, regex)| Expr::object([("Name", Expr::from(name)), ("Regex", regex.into())]));
        let algorithm = Expr::object([
            ("TrainingImage", job.image),
            ("TrainingInputMode", "File".into()),
            ("MetricDefinitions", Expr::Array(metrics.collect())),
        ]);
        let protection = &job.protection;
        let output = protection.output([("S3OutputPath", job.output_uri)]);
        let mut stopping = vec![("MaxRuntimeInSeconds", Expr::from(job.max_runtime_seconds))];
        let mut parameters = vec![
            ("TrainingJobName.$", Expr::from(job.name)),
            ("AlgorithmSpecification", algorithm),
            ("RoleArn", Expr::from(&job.role)),
            ("InputDataConfig", Expr::Array(job.channels.into_iter().map(training_channel).collect())),
            ("OutputDataConfig", output),
            ("HyperParameters", Expr::object(job.hyperparameters)),
            ("ResourceConfig", resources(&job.instance_type, job.volume_gb, protection)),
        ];
        parameters.extend(protection.of_training());
        if let Some(uri) = job.checkpoint_uri {
            parameters.push(("CheckpointConfig", Expr::object([("S3Uri.$", uri)])));
        }
        if let Some(seconds) = job.spot_wait_seconds {
            parameters.push(("EnableManagedSpotTraining", true.into()));
            stopping.push(("MaxWaitTimeInSeconds", seconds.into()));
        }
        parameters.push(("StoppingCondition", Expr::object(stopping)));
        Self::integration(partition, "sagemaker:createTrainingJob.sync", Expr::object(parameters))
    }

    /// Run a processing job and wait for its end.
    pub fn processing_job(partition: &Ref<String>, job: ProcessingJob) -> Self {
        let inputs = job.inputs.into_iter().map(|input| {
            let source = Expr::object([
                ("S3Uri.$", input.uri),
                ("LocalPath", input.path.into()),
                ("S3DataType", "S3Prefix".into()),
                ("S3InputMode", "File".into()),
            ]);
            Expr::object([("InputName", Expr::from(input.name)), ("S3Input", source)])
        });
        let outputs = job.outputs.into_iter().map(|output| {
            let destination =
                Expr::object([("S3Uri.$", output.uri), ("LocalPath", output.path.into()), ("S3UploadMode", "EndOfJob".into())]);
            Expr::object([("OutputName", Expr::from(output.name)), ("S3Output", destination)])
        });
        let protection = &job.protection;
        let cluster = Expr::object([("ClusterConfig", resources(&job.instance_type, job.volume_gb, protection))]);
        let mut parameters = vec![
            ("ProcessingJobName.$", Expr::from(job.name)),
            ("AppSpecification", Expr::object([("ImageUri", job.image), ("ContainerArguments.$", job.arguments)])),
            ("RoleArn", Expr::from(&job.role)),
            ("ProcessingInputs", Expr::Array(inputs.collect())),
            ("ProcessingOutputConfig", protection.output([("Outputs", Expr::Array(outputs.collect()))])),
            ("ProcessingResources", cluster),
            ("StoppingCondition", Expr::object([("MaxRuntimeInSeconds", Expr::from(job.max_runtime_seconds))])),
        ];
        parameters.extend(protection.of_processing());
        Self::integration(partition, "sagemaker:createProcessingJob.sync", Expr::object(parameters))
    }
}

fn training_channel(channel: TrainingChannel) -> Expr {
    let source = Expr::object([
        ("S3DataType", Expr::from("S3Prefix")),
        ("S3DataDistributionType", "FullyReplicated".into()),
        ("S3Uri.$", channel.uri),
    ]);
    Expr::object([("ChannelName", Expr::from(channel.name)), ("DataSource", Expr::object([("S3DataSource", source)]))])
}

fn resources(instance_type: &str, volume_gb: i64, protection: &JobProtection) -> Expr {
    let mut resources =
        vec![("InstanceType", Expr::from(instance_type)), ("InstanceCount", 1_i64.into()), ("VolumeSizeInGB", volume_gb.into())];
    resources.extend(protection.volume());
    Expr::object(resources)
}
