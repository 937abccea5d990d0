//! Functions, state machines, jobs, and the images that they run.

use oleoduto_cdk::{Expr, Val};

use super::grant::Grant;
use super::role::pass_role;
use crate::lookups::Lookups;
use crate::types::{FunctionArn, StateMachineArn};

/// A Lambda function.
#[derive(Clone, Debug)]
pub struct Function {
    arn: Expr,
}

impl Function {
    /// The function with an ARN.
    pub fn new(arn: impl Into<Val<FunctionArn>>) -> Self {
        Self { arn: arn.into().into_expr() }
    }

    /// Invoke it, without an alias or version.
    pub fn invoke(&self) -> Grant {
        Grant::new("InvokeFunction", "lambda", "InvokeFunction").on(self.arn.clone())
    }
}

/// A state machine.
#[derive(Clone, Debug)]
pub struct Machine {
    arn: Expr,
}

impl Machine {
    /// The state machine with an ARN.
    pub fn new(arn: impl Into<Val<StateMachineArn>>) -> Self {
        Self { arn: arn.into().into_expr() }
    }

    /// Start executions.
    pub fn start(&self) -> Grant {
        Grant::new("StartExecution", "states", "StartExecution").on(self.arn.clone())
    }
}

/// A Glue job.
#[derive(Clone, Debug)]
pub struct GlueJob {
    arn: Expr,
}

impl GlueJob {
    /// The job with an ARN.
    pub fn new(arn: impl Into<Val<String>>) -> Self {
        Self { arn: arn.into().into_expr() }
    }

    /// Start runs, wait for their end, stop them. The run's role is the job's: nothing has to pass it.
    pub fn run(&self) -> Grant {
        Grant::new("RunGlueJobs", "glue", "BatchStopJobRun GetJobRun GetJobRuns StartJobRun").on(self.arn.clone())
    }
}

/// The jobs of SageMaker of one kind, in an account and region. Their names are made at run time.
#[derive(Clone, Debug)]
pub struct SagemakerJobs<'a> {
    here: &'a Lookups,
    kind: &'static str,
    resource: &'static str,
    rule: &'static str,
}

impl<'a> SagemakerJobs<'a> {
    /// Training jobs.
    pub fn training(here: &'a Lookups) -> Self {
        let rule = "StepFunctionsGetEventsForSageMakerTrainingJobsRule";
        Self { here, kind: "Training", resource: "training-job/*", rule }
    }

    /// Processing jobs.
    pub fn processing(here: &'a Lookups) -> Self {
        let rule = "StepFunctionsGetEventsForSageMakerProcessingJobsRule";
        Self { here, kind: "Processing", resource: "processing-job/*", rule }
    }

    /// Start jobs with a role from a state machine, wait for their end, stop them.
    /// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html>.
    pub fn run(&self, role: impl Into<Expr>) -> [Grant; 3] {
        let Self { here, kind, resource, rule } = self;
        let actions = format!("AddTags Create{kind}Job Describe{kind}Job ListTags Stop{kind}Job");
        let jobs = Grant::new(&format!("Run{kind}Jobs"), "sagemaker", &actions).on(here.arn::<String>("sagemaker", resource));
        // Step Functions learns of a job's end from a managed rule of EventBridge with this name.
        let rule = here.arn::<String>("events", format!("rule/{rule}"));
        let rules = Grant::new("ManagedRules", "events", "DescribeRule PutRule PutTargets").on(rule);
        [jobs, pass_role(role, "sagemaker.amazonaws.com"), rules]
    }
}

/// A repository of images.
#[derive(Clone, Debug)]
pub struct Repository {
    arn: Expr,
}

impl Repository {
    /// The repository with an ARN.
    pub fn new(arn: impl Into<Val<String>>) -> Self {
        Self { arn: arn.into().into_expr() }
    }

    /// Pull images.
    pub fn pull(&self) -> [Grant; 2] {
        let actions = "BatchCheckLayerAvailability BatchGetImage GetDownloadUrlForLayer";
        [Grant::new("PullImages", "ecr", actions).on(self.arn.clone()), Self::login()]
    }

    /// Pull and push images.
    pub fn push(&self) -> [Grant; 2] {
        let actions = "BatchCheckLayerAvailability BatchGetImage CompleteLayerUpload GetDownloadUrlForLayer \
                       InitiateLayerUpload PutImage UploadLayerPart";
        [Grant::new("PushImages", "ecr", actions).on(self.arn.clone()), Self::login()]
    }

    fn login() -> Grant {
        let reason = "GetAuthorizationToken knows no resources";
        Grant::new("RegistryLogin", "ecr", "GetAuthorizationToken").on_any_because(reason)
    }
}
