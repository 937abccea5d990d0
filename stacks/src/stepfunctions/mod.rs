//! `stepfunctions`: the pipeline as a state machine.

mod jobs;
mod operations;

use jobs::Jobs;
use oleoduto_aws::asl::{Choice, Condition, Fail, Order, Retry, State, StateMachine, Task};
use oleoduto_aws::cloudwatch_log_group::CloudwatchLogGroup;
use oleoduto_aws::grants::{self, Function, deliver_logs};
use oleoduto_aws::sagemaker_model_package_group::SagemakerModelPackageGroup;
use oleoduto_aws::sfn_state_machine::{LoggingConfiguration, SfnStateMachine, SfnStateMachineRefs, TracingConfiguration};
use oleoduto_aws::types::{QueueName, StateMachineArn};
use oleoduto_cdk::{App, Expr, Ref, Stack, Val, text};

use crate::mlflow::Tracking;
use crate::support::contract::{Contract, ContractError};
use crate::support::folders::Folder;
use crate::support::jobs::GlueJob;
use crate::support::names::{Names, Single};
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;
use crate::{ecr, glue, iam, lambda, s3};

/// Longest execution, seconds.
const TIMEOUT_SECONDS: i64 = 6 * 3600;

/// What it uses of other stacks.
pub(crate) struct Uses<'a> {
    pub(crate) s3: &'a s3::Exports,
    pub(crate) glue: &'a glue::Exports,
    pub(crate) ecr: &'a ecr::Exports,
    pub(crate) lambda: &'a lambda::Exports,
    /// Where training runs are recorded; nowhere if `None`.
    pub(crate) tracking: Option<&'a Tracking>,
}

/// What others may use of it.
pub(crate) struct Exports {
    pub(crate) machine: Ref<StateMachineArn>,
    /// The queue of the starts that the schedule could not make, if there is a schedule.
    pub(crate) dead_letters: Option<Ref<QueueName>>,
}

pub(crate) fn stack(
    app: &mut App,
    settings: &Settings,
    contract: &Contract<'static>,
    uses: &Uses<'_>,
    roles: &mut iam::Roles,
) -> Result<Exports, ContractError> {
    let (stack, lookups) = stack::add(app, settings, StackName::Stepfunctions);
    let image = uses.ecr.image(&ecr::digest(stack));
    let mut jobs = Jobs { settings, contract, s3: uses.s3, roles, image: &image, partition: &lookups.partition };
    let machine = machine(contract, uses, &mut jobs)?;
    roles.states.allow(machine.grants());
    let pipeline = declare(stack, settings, roles, &machine);
    let dead_letters = operations::schedule(stack, settings, roles, &pipeline);
    Ok(Exports { machine: pipeline.arn(), dead_letters })
}

fn machine(contract: &Contract<'_>, uses: &Uses<'_>, jobs: &mut Jobs<'_>) -> Result<StateMachine, ContractError> {
    let partition = jobs.partition;
    let run: Vec<_> = contract.run.iter().map(|key| (*key, format!("$.Payload.{key}"))).collect();
    let run: Vec<_> = run.iter().map(|(key, path)| (*key, path.as_str())).collect();
    // What the machine's role needs is named by name: the role's stack can't read these, which read it.
    let iam::Roles { here, names, data, .. } = &*jobs.roles;
    let function = Function::new(here.arn("lambda", format!("function:{}", names.of(Single::Function))));
    let vars = Task::lambda_invoke(partition, &uses.lambda.training_vars, vars_payload()).needs(function.invoke());
    let vars = vars.keep(&run, "$.run");
    let steps = Task::integration(partition, "aws-sdk:s3:getObject", steps_report(uses.s3));
    let steps = steps.needs(data.read(&Folder::Reports.place())).keep(&STEPS, "$.etl");
    let glue = |job: GlueJob| {
        let own = grants::GlueJob::new(here.arn::<String>("glue", format!("job/{}", names.of(job))));
        Task::glue_job(partition, &uses.glue.jobs[job], job.arguments()).needs(own.run()).retry(glue_retry())
    };
    let (etl, quality) = (glue(GlueJob::Etl), glue(GlueJob::Quality));
    let train = jobs.training()?.retry(sagemaker_retry());
    let forecast_only = Condition::string("$.run.mode", Order::Equals, "forecast");
    let path = Choice::new().when(forecast_only, "ForecastWithChampion").otherwise("Train");
    let process = |job: Task, next: &str| State::Task(job.retry(sagemaker_retry()).catch("Failed").next(next));
    let after_monitor = if uses.tracking.is_some() { "Record" } else { "Done" };
    let mut machine = StateMachine::new("Prices to features to forecast", TIMEOUT_SECONDS)
        .state("TrainingVars", State::Task(vars.retry(lambda_retry()).catch("Failed").next("Etl")))
        .state("Etl", State::Task(etl.catch("Failed").next("EtlSteps")))
        .state("EtlSteps", State::Task(steps.catch("Failed").next("Quality")))
        .state("Quality", State::Task(quality.catch("Failed").next("Path")))
        .state("Train", State::Task(train.catch("Failed").next("Forecast")))
        .state("Path", State::Choice(path))
        .state("Forecast", process(jobs.forecast()?, "Monitor"))
        .state("ForecastWithChampion", process(jobs.forecast_with_champion()?, "Monitor"))
        .state("Monitor", process(jobs.monitor()?, after_monitor));
    if let Some(tracking) = uses.tracking {
        // After everything that a forecast needs: a server that does not answer changes no forecast and no champion.
        machine = machine.state("Record", process(jobs.record(tracking)?, "Done"));
    }
    // Error names that begin with `States.` are reserved, and most caught errors have one.
    let failed = Fail::default().error("PipelineFailed").cause_path("States.Format('{}: {}', $.error.Error, $.error.Cause)");
    Ok(machine.state("Done", State::Succeed).state("Failed", failed))
}

fn declare(stack: &mut Stack, settings: &Settings, roles: &mut iam::Roles, machine: &StateMachine) -> SfnStateMachineRefs {
    let names = settings.names();
    let name = names.of(Single::Pipeline);
    let group =
        CloudwatchLogGroup::builder().name(Names::pipeline_logs(&name)).retention_in_days(settings.log_retention()).build();
    let group = stack.add("pipeline", group);
    let destination: Val<String> = text![group.arn(), ":*"];
    let recorded = settings.parameters.recorded();
    let logging = LoggingConfiguration::builder()
        .level(recorded.log_level.as_str())
        .include_execution_data(true)
        .log_destination(destination)
        .build();
    roles.states.allow(deliver_logs());
    if recorded.tracing {
        roles.states.allow([grants::trace_and_sample()]);
    }
    let pipeline = SfnStateMachine::builder()
        .name(name)
        .role_arn(roles.states.arn())
        .definition(machine.definition())
        .logging_configuration(logging)
        .maybe_tracing_configuration(recorded.tracing.then(|| TracingConfiguration::builder().enabled(true).build()))
        .build();
    let pipeline = stack.add("pipeline", pipeline);
    let models = SagemakerModelPackageGroup::builder()
        .model_package_group_name(names.of(Single::Models))
        .model_package_group_description(format!("Models of {}", settings.series))
        .build();
    stack.add("models", models);
    stack.output("state_machine_arn", pipeline.arn());
    pipeline
}

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
    let key = format!("States.Format('{}/dataproc={{}}/etl.json', $.run.dataproc)", Folder::Reports);
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
