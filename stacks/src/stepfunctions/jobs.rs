//! The SageMaker jobs of the state machine.

use oleoduto_aws::asl::{JobProtection, ProcessingChannel, ProcessingJob, Task, TrainingChannel, TrainingJob};
use oleoduto_aws::grants::{Metrics, Repository, SagemakerJobs};
use oleoduto_cdk::{Expr, Ref, Text, Val, text};

use crate::mlflow::Tracking;
use crate::support::contract::{self, Contract, ContractError};
use crate::support::folders::Folder;
use crate::support::names::Single;
use crate::support::settings::Settings;
use crate::{iam, s3};

/// Longest training or processing job, seconds.
const JOB_SECONDS: i64 = 3600;
/// Longest forecast of many series, seconds: two processors forecast a hundred thousand monthly ones in less than an hour.
const MANY_SECONDS: i64 = 4 * 3600;
/// Longest wait for spot capacity and training together, seconds.
const SPOT_WAIT_SECONDS: i64 = 2 * 3600;
/// Volume of each job's instance, GB.
const VOLUME_GB: i64 = 50;

/// The path of the run date in a state's input.
const DATAPROC: Argument = Argument::Path("$.run.dataproc");
/// The path of whether the run has several series.
const MANY: Argument = Argument::Path("$.run.many");
/// The path of the series' code.
const SERIES: Argument = Argument::Path("$.run.series");

/// The path of the name of the training job that ended well.
const TRAINED_BY: &str = "$.train.job";

/// A job's name, which SageMaker never takes twice: with the redrive and the attempt behind it.
fn attempt(name_path: &str) -> String {
    format!("States.Format('{{}}-{{}}-{{}}', {name_path}, $$.Execution.RedriveCount, $.recovery.attempt)")
}

/// The value of an option.
enum Argument {
    /// A path of the state's input.
    Path(&'static str),
    Text(Expr),
}

/// What the jobs have in common.
pub(super) struct Jobs<'a> {
    pub(super) settings: &'a Settings,
    pub(super) contract: &'a Contract<'static>,
    pub(super) s3: &'a s3::Exports,
    /// Of which a job runs as one; each job adds what it needs.
    pub(super) roles: &'a mut iam::Roles,
    pub(super) image: &'a Val<String>,
    pub(super) partition: &'a Ref<String>,
    /// How each job is encrypted, and where it runs.
    pub(super) protection: JobProtection,
}

impl Jobs<'_> {
    /// The training job.
    pub(super) fn training(&mut self) -> Result<Task, ContractError> {
        let Contract { training, horizons, .. } = self.contract;
        contract::check(
            "train",
            &training.hyperparameters,
            &["series", "dataproc", "horizons", "evaluation_origins", "candidates", "seed"],
        )?;
        // SageMaker accepts at most 40 definitions.
        let metrics = training.metric_kinds.iter().flat_map(|kind| training.metrics(kind, *horizons));
        let job = TrainingJob {
            name: attempt("$.run.training_job_name"),
            image: self.image.clone().into(),
            role: self.roles.sagemaker.arn(),
            channels: vec![
                TrainingChannel { name: training.channel, uri: self.partition(Folder::Final) },
                TrainingChannel { name: training.extract_channel, uri: self.partition(Folder::ExtractReport) },
            ],
            output_uri: self.s3.folder_uri::<String>(Folder::Models).into(),
            hyperparameters: vec![
                ("series.$", "$.run.series".into()),
                ("dataproc.$", "$.run.dataproc".into()),
                ("horizons.$", "$.run.horizons".into()),
                // Empty where the job decides.
                ("evaluation_origins.$", "$.run.evaluation_origins".into()),
                ("candidates.$", "$.run.candidates".into()),
                ("seed", "0".into()),
            ],
            metrics: metrics.collect(),
            instance_type: self.settings.parameters.sizes.training_instance.to_string(),
            volume_gb: VOLUME_GB,
            max_runtime_seconds: JOB_SECONDS,
            // Of all attempts together: a further one resumes from them.
            checkpoint_uri: Some(self.format(&format!("{}/{{}}/checkpoints/", Folder::Models), "$.run.training_job_name")),
            spot_wait_seconds: self.settings.parameters.sizes.spot.then_some(SPOT_WAIT_SECONDS),
            protection: self.protection.clone(),
        };
        let iam::Roles { here, sagemaker, .. } = &mut *self.roles;
        sagemaker.allow(job.grants(here));
        let needs = SagemakerJobs::training(here).run(sagemaker.arn());
        self.pull_image();
        Ok(Task::training_job(self.partition, job).needs(needs).keep(&[("job", "$.TrainingJobName")], "$.train"))
    }

    /// The forecast of the model that was just trained, which becomes the champion.
    pub(super) fn forecast(&mut self) -> Result<Task, ContractError> {
        let model = self.format(&format!("{}/{{}}/output/model.tar.gz", Folder::Models), TRAINED_BY);
        let arguments = self.predict(vec![("--training-job", Argument::Path(TRAINED_BY))])?;
        let mut job = self.processing("$.run.forecast_job_name", arguments, self.inputs(model)?, self.outputs()?);
        job.outputs.push(self.champion_output()?);
        Ok(self.task(job))
    }

    /// The forecast without training, of the champion of an earlier run.
    pub(super) fn forecast_with_champion(&mut self) -> Result<Task, ContractError> {
        let arguments = self.predict(Vec::new())?;
        let job = self.processing("$.run.forecast_job_name", arguments, self.inputs(self.champion())?, self.outputs()?);
        Ok(self.task(job))
    }

    /// The comparison of earlier forecasts with the prices since then, in the reports and as metrics. The benchmark replaces
    /// a degraded champion, also in this run's forecast.
    pub(super) fn monitor(&mut self) -> Result<Task, ContractError> {
        let mut options = vec![("--series", SERIES), ("--dataproc", DATAPROC), ("--many", MANY)];
        options.extend(self.figures());
        let arguments = self.arguments("monitor", options)?;
        let mut inputs = self.inputs(self.champion())?;
        inputs.push(self.channel("inputs", "predictions", self.every_partition(Folder::Predictions))?);
        let mut outputs = self.outputs()?;
        outputs.push(self.channel("outputs", "monitoring", self.partition(Folder::Reports))?);
        outputs.push(self.champion_output()?);
        self.roles.sagemaker.allow(Metrics::of(self.contract.metrics.namespace).put());
        Ok(self.task(self.processing("$.run.monitor_job_name", arguments, inputs, outputs)))
    }

    /// Where a job puts its figures.
    fn figures(&self) -> [(&'static str, Argument); 3] {
        [
            ("--metrics", Argument::Text(self.contract.metrics.namespace.into())),
            ("--pipeline", Argument::Text(self.settings.names().prefix().into())),
            ("--region", Argument::Text(self.settings.region.as_str().into())),
        ]
    }

    /// The forecast of every series of the run, with its verdict, and what became of earlier ones, also as metrics. What is
    /// ready survives the job.
    pub(super) fn forecast_many(&mut self) -> Result<Task, ContractError> {
        let mut options = vec![
            ("--series", SERIES),
            ("--dataproc", DATAPROC),
            ("--horizons", Argument::Path("$.run.horizons")),
            ("--max-data-age", Argument::Path("$.run.max_data_age_months")),
            ("--bucket", Argument::Text(self.s3.bucket.clone().into())),
        ];
        options.extend(self.figures());
        let arguments = self.arguments("forecast-many", options)?;
        let inputs = vec![
            self.channel("inputs", "final", self.partition(Folder::Final))?,
            self.channel("inputs", "extract_report", self.partition(Folder::ExtractReport))?,
        ];
        let outputs = vec![
            self.channel("outputs", "verdicts", self.partition(Folder::Verdicts))?,
            self.channel("outputs", "forecasts", self.partition(Folder::Forecasts))?,
            self.channel("outputs", "report", self.partition(Folder::Reports))?,
        ];
        let (checkpoints, earlier) = (Folder::Checkpoints.place(), Folder::Forecasts.place());
        let iam::Roles { data, sagemaker, .. } = &mut *self.roles;
        sagemaker.allow([data.list(), data.read(&checkpoints), data.write(&checkpoints), data.read(&earlier)]);
        sagemaker.allow(Metrics::of(self.contract.metrics.namespace).put());
        let mut job = self.processing("$.run.many_job_name", arguments, inputs, outputs);
        job.max_runtime_seconds = MANY_SECONDS;
        Ok(self.task(job))
    }

    /// The record in MLflow of the training jobs that it does not know yet, and of the champion.
    pub(super) fn record(&mut self, tracking: &Tracking) -> Result<Task, ContractError> {
        let mut options = vec![
            ("--series", SERIES),
            ("--bucket", Argument::Text(self.s3.bucket.clone().into())),
            ("--region", Argument::Text(self.settings.region.as_str().into())),
        ];
        if let Tracking::Server { uri, .. } = tracking {
            options.push(("--tracking-uri", Argument::Text(uri.clone())));
        }
        let arguments = self.arguments("record", options)?;
        self.roles.sagemaker.allow(tracking.grants(&self.roles.data, self.contract));
        Ok(self.task(self.processing("$.run.record_job_name", arguments, Vec::new(), Vec::new())))
    }

    fn predict(&self, more: Vec<(&str, Argument)>) -> Result<Expr, ContractError> {
        let mut options = vec![
            ("--series", SERIES),
            ("--dataproc", DATAPROC),
            ("--max-data-age", Argument::Path("$.run.max_data_age_months")),
            ("--many", MANY),
        ];
        options.extend(more);
        self.arguments("predict", options)
    }

    fn processing(
        &self,
        name_path: &str,
        arguments: Expr,
        inputs: Vec<ProcessingChannel>,
        outputs: Vec<ProcessingChannel>,
    ) -> ProcessingJob {
        ProcessingJob {
            name: attempt(name_path),
            image: self.image.clone().into(),
            role: self.roles.sagemaker.arn(),
            arguments,
            inputs,
            outputs,
            instance_type: self.settings.parameters.sizes.forecast_instance.to_string(),
            volume_gb: VOLUME_GB,
            max_runtime_seconds: JOB_SECONDS,
            protection: self.protection.clone(),
        }
    }

    /// The task that runs a job. The job's role gets what the job needs, and the task names what it takes to run it.
    fn task(&mut self, job: ProcessingJob) -> Task {
        let iam::Roles { here, sagemaker, .. } = &mut *self.roles;
        sagemaker.allow(job.grants(here));
        let needs = SagemakerJobs::processing(here).run(sagemaker.arn());
        self.pull_image();
        Task::processing_job(self.partition, job).needs(needs)
    }

    /// A job's role pulls the image.
    fn pull_image(&mut self) {
        let iam::Roles { here, names, sagemaker, .. } = &mut *self.roles;
        let repository = format!("repository/{}", names.of(Single::Repository));
        sagemaker.allow(Repository::new(here.arn::<String>("ecr", repository)).pull());
    }

    /// What a forecast and the monitor read.
    fn inputs(&self, model: Expr) -> Result<Vec<ProcessingChannel>, ContractError> {
        Ok(vec![
            self.channel("inputs", "model", model)?,
            self.channel("inputs", "final", self.partition(Folder::Final))?,
            self.channel("inputs", "quality", self.partition(Folder::Quality))?,
            self.channel("inputs", "extract_report", self.partition(Folder::ExtractReport))?,
        ])
    }

    /// What a forecast and the monitor write.
    fn outputs(&self) -> Result<Vec<ProcessingChannel>, ContractError> {
        Ok(vec![
            self.channel("outputs", "predictions", self.partition(Folder::Predictions))?,
            self.channel("outputs", "report", self.partition(Folder::Reports))?,
        ])
    }

    fn champion_output(&self) -> Result<ProcessingChannel, ContractError> {
        self.channel("outputs", "champion", self.champion())
    }

    /// A channel, with the folder that the contract gives it.
    fn channel(&self, kind: &str, name: &'static str, uri: Expr) -> Result<ProcessingChannel, ContractError> {
        Ok(ProcessingChannel { name, uri, path: self.contract.path(kind, name)? })
    }

    fn champion(&self) -> Expr {
        self.format(&format!("{}/champion/{{}}/", Folder::Models), "$.run.series")
    }

    /// The run's partition of a folder.
    fn partition(&self, folder: Folder) -> Expr {
        self.format(&format!("{folder}/dataproc={{}}/"), "$.run.dataproc")
    }

    /// All partitions of a folder. The intrinsic function has nothing to complete, but a parameter with `.$` takes no text.
    fn every_partition(&self, folder: Folder) -> Expr {
        text!["States.Format('s3://", &self.s3.bucket, format!("/{folder}/')")].into()
    }

    /// An S3 URI that the state machine completes with a value of its data.
    fn format(&self, key: &str, value: &str) -> Expr {
        text!["States.Format('s3://", &self.s3.bucket, format!("/{key}', {value})")].into()
    }

    /// An intrinsic function that returns the arguments of a command.
    fn arguments(&self, command: &str, options: Vec<(&str, Argument)>) -> Result<Expr, ContractError> {
        self.contract.check_command(command, &options.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
        let mut parts = vec![Expr::from(format!("States.Array('{command}'"))];
        for (name, value) in options {
            match value {
                Argument::Path(path) => parts.push(format!(", '{name}', {path}").into()),
                Argument::Text(text) => parts.extend([format!(", '{name}', '").into(), text, "'".into()]),
            }
        }
        parts.push(")".into());
        Ok(Text::new(parts).into())
    }
}
