//! Task states and their service integrations.

use oleoduto_cdk::{Expr, Part, Ref};

use super::{Retry, strings};
use crate::types::{FunctionArn, GlueJobName, RoleArn};

/// Work done by another service.
#[derive(Clone, Debug)]
pub struct Task {
    resource: Expr,
    parameters: Expr,
    result: Option<(Expr, String)>,
    retry: Vec<Retry>,
    pub(super) catch: Option<String>,
    pub(super) next: Option<String>,
    pub(super) mistakes: Vec<String>,
}

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
    pub arguments: String,
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
    fn new(partition: &Ref<String>, integration: &str, parameters: Expr) -> Self {
        let resource = Expr::Template(vec![
            Part::Text("arn:".to_owned()),
            Part::Interpolation(partition.into()),
            Part::Text(format!(":states:::{integration}")),
        ]);
        Self { resource, parameters, result: None, retry: Vec::new(), catch: None, next: None, mistakes: Vec::new() }
    }

    /// Invoke a function and wait for its answer.
    pub fn lambda_invoke(partition: &Ref<String>, function: &Ref<FunctionArn>, payload: Expr) -> Self {
        Self::new(partition, "lambda:invoke", Expr::object([("FunctionName", Expr::from(function)), ("Payload", payload)]))
    }

    /// Run a Glue job and wait for its end.
    pub fn glue_job(partition: &Ref<String>, job: &Ref<GlueJobName>, arguments: &[(&str, &str)]) -> Self {
        let arguments = Expr::object(arguments.iter().map(|(key, path)| (format!("{key}.$"), Expr::from(*path))));
        Self::new(partition, "glue:startJobRun.sync", Expr::object([("JobName", Expr::from(job)), ("Arguments", arguments)]))
    }

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
            (
                "StoppingCondition",
                Expr::object([
                    ("MaxRuntimeInSeconds", Expr::from(job.max_runtime_seconds)),
                    ("MaxWaitTimeInSeconds", job.max_wait_seconds.into()),
                ]),
            ),
        ]);
        let mut task = Self::new(partition, "sagemaker:createTrainingJob.sync", parameters);
        if job.max_wait_seconds < job.max_runtime_seconds {
            task.mistakes.push(format!(
                "MaxWaitTimeInSeconds ({}) is less than MaxRuntimeInSeconds ({}): SageMaker refuses the job",
                job.max_wait_seconds, job.max_runtime_seconds
            ));
        }
        task
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
            ("AppSpecification", Expr::object([("ImageUri", job.image), ("ContainerArguments.$", job.arguments.into())])),
            ("RoleArn", Expr::from(&job.role)),
            ("ProcessingInputs", Expr::Array(inputs.collect())),
            ("ProcessingOutputConfig", Expr::object([("Outputs", Expr::Array(outputs.collect()))])),
            ("ProcessingResources", Expr::object([("ClusterConfig", resources(&job.instance_type))])),
            ("StoppingCondition", Expr::object([("MaxRuntimeInSeconds", Expr::from(job.max_runtime_seconds))])),
        ]);
        Self::new(partition, "sagemaker:createProcessingJob.sync", parameters)
    }

    /// Keep parts of the result under a path of the state's data; without it the result is dropped.
    #[must_use]
    pub fn keep(mut self, selector: &[(&str, &str)], path: &str) -> Self {
        let selector = selector.iter().map(|(key, source)| (format!("{key}.$"), Expr::from(*source)));
        self.result = Some((Expr::object(selector), path.to_owned()));
        self
    }

    /// Add a retrier.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        if self.retry.last().is_some_and(|last| last.errors.contains(&"States.ALL")) {
            self.mistakes.push("States.ALL must be the last retrier".to_owned());
        }
        self.retry.push(retry);
        self
    }

    /// Go to a state on any error, with the error at `$.error`.
    #[must_use]
    pub fn catch(mut self, state: &str) -> Self {
        self.catch = Some(state.to_owned());
        self
    }

    /// The state that follows.
    #[must_use]
    pub fn next(mut self, state: &str) -> Self {
        self.next = Some(state.to_owned());
        self
    }

    pub(super) fn document(&self) -> Expr {
        let mut pairs =
            vec![("Type", Expr::from("Task")), ("Resource", self.resource.clone()), ("Parameters", self.parameters.clone())];
        match &self.result {
            Some((selector, path)) => pairs.extend([("ResultSelector", selector.clone()), ("ResultPath", path.as_str().into())]),
            None => pairs.push(("ResultPath", Expr::Null)),
        }
        if !self.retry.is_empty() {
            pairs.push(("Retry", Expr::Array(self.retry.iter().map(Retry::document).collect())));
        }
        if let Some(state) = &self.catch {
            let catcher = Expr::object([
                ("ErrorEquals", strings(&["States.ALL"])),
                ("ResultPath", "$.error".into()),
                ("Next", state.as_str().into()),
            ]);
            pairs.push(("Catch", Expr::Array(vec![catcher])));
        }
        match &self.next {
            Some(state) => pairs.push(("Next", state.as_str().into())),
            None => pairs.push(("End", true.into())),
        }
        Expr::object(pairs)
    }
}

fn resources(instance_type: &str) -> Expr {
    Expr::object([
        ("InstanceType", Expr::from(instance_type)),
        ("InstanceCount", 1_i64.into()),
        ("VolumeSizeInGB", 50_i64.into()),
    ])
}
