//! `stepfunctions`: the pipeline as a state machine.

mod jobs;
mod operations;
mod recovery;

use jobs::Jobs;
use oleoduto_aws::asl::{Catch, Choice, Condition, Fail, JobKey, JobProtection, Order, Pass, State, StateMachine, Task};
use oleoduto_aws::grants::{self, deliver_logs};
use oleoduto_aws::sfn_state_machine::{LoggingConfiguration, SfnStateMachine, SfnStateMachineRefs, TracingConfiguration};
use oleoduto_aws::types::{QueueName, StateMachineArn};
use oleoduto_cdk::{App, Expr, Ref, Stack, Val, text};
use recovery::Function;

use crate::mlflow::Tracking;
use crate::parameters::Network;
use crate::support::contract::{Contract, ContractError};
use crate::support::folders::Folder;
use crate::support::jobs::GlueJob;
use crate::support::logs;
use crate::support::names::{Names, Single};
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;
use crate::{ecr, glue, iam, kms, lambda, s3};

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
    /// The ARN of the key of the data.
    pub(crate) key: Option<&'a Val<String>>,
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
    let protection = protection(settings, roles, uses.key);
    let mut jobs = Jobs { settings, contract, s3: uses.s3, roles, image: &image, partition: &lookups.partition, protection };
    let machine = machine(contract, uses, &mut jobs)?;
    roles.states.allow(machine.grants());
    let pipeline = declare(stack, settings, roles, &machine, uses.key);
    let dead_letters = operations::schedule(stack, settings, roles, &pipeline, uses.key);
    Ok(Exports { machine: pipeline.arn(), dead_letters })
}

/// How the jobs of SageMaker are encrypted, and where they run.
fn protection(settings: &Settings, roles: &iam::Roles, key: Option<&Val<String>>) -> JobProtection {
    let named = kms::named(settings, &roles.here);
    let key = key.zip(named).map(|(arn, named)| JobKey { arn: arn.clone().into(), named });
    JobProtection { key, network: settings.parameters.network.as_ref().map(Network::grants) }
}

fn machine(contract: &Contract<'_>, uses: &Uses<'_>, jobs: &mut Jobs<'_>) -> Result<StateMachine, ContractError> {
    let partition = jobs.partition;
    // What the machine's role needs is named by name: the role's stack can't read these, which read it.
    let iam::Roles { here, names, data, .. } = &*jobs.roles;
    let invoke = grants::Function::new(here.arn("lambda", format!("function:{}", names.of(Single::Function)))).invoke();
    let function = Function { partition, arn: &uses.lambda.training_vars, invoke: vec![invoke], recovery: &contract.recovery };
    let vars = function.call(vars_payload()).result_selector(vars_kept()).result_path("$");
    let steps = Task::integration(partition, "aws-sdk:s3:getObject", steps_report(uses.s3));
    let steps = steps.needs(data.read(&Folder::Reports.place())).keep(&STEPS, "$.etl");
    let glue = |job: GlueJob| {
        let own = grants::GlueJob::new(here.arn::<String>("glue", format!("job/{}", names.of(job))));
        Task::glue_job(partition, &uses.glue.jobs[job], job.arguments()).needs(own.run())
    };
    let (etl, quality) = (glue(GlueJob::Etl), glue(GlueJob::Quality));
    let forecast_only = Condition::string("$.run.mode", Order::Equals, "forecast");
    let path = Choice::new().when(forecast_only, "ForecastWithChampion").otherwise("Train");
    let mut machine = StateMachine::new("Prices to features to forecast", TIMEOUT_SECONDS)
        .state("TrainingVars", State::Task(vars.next("Start")))
        .state("Start", starts(contract, uses.tracking.is_some()));
    machine = function.with_job(machine, "Etl", etl, "EtlSteps").state("EtlSteps", State::Task(steps.next("Quality")));
    machine = function.with_job(machine, "Quality", quality, "Path").state("Path", State::Choice(path));
    machine = function.with_job(machine, "Train", jobs.training()?, "Forecast");
    machine = function.with_job(machine, "Forecast", jobs.forecast()?, "Monitor");
    machine = function.with_job(machine, "ForecastWithChampion", jobs.forecast_with_champion()?, "Monitor");
    let after = if uses.tracking.is_some() { "Record" } else { "Done" };
    let several = Condition::string("$.run.many", Order::Equals, "true");
    machine = function
        .with_job(machine, "Monitor", jobs.monitor()?, "Scope")
        .state("Scope", State::Choice(Choice::new().when(several, "ForecastMany").otherwise(after)));
    machine = function.with_job(machine, "ForecastMany", jobs.forecast_many()?, after);
    machine = match uses.tracking {
        // After everything that a forecast needs. Whatever happens here changes no forecast: the next run records the rest.
        Some(tracking) => machine
            .state(
                "Record",
                State::Task(jobs.record(tracking)?.catch(Catch::all("NotRecorded").result_path("$.not_recorded")).next("Done")),
            )
            .state("NotRecorded", Pass::new().comment("The next run records what this one did not").next("Done")),
        None => {
            machine.state(NO_RECORD, Fail::new("NothingRecords", "`start_at` is Record, but this environment has no `mlflow`"))
        }
    };
    Ok(machine.state("Done", State::Succeed))
}

/// The state in the place of `Record`, where nothing is recorded.
const NO_RECORD: &str = "NoRecord";

/// The choice of the first state of an execution.
fn starts(contract: &Contract<'_>, records: bool) -> Choice {
    let [first, others @ ..] = contract.execution.starts.as_slice() else { return Choice::new() };
    others.iter().fold(Choice::new().otherwise(first), |choice, start| {
        let state = if *start == "Record" && !records { NO_RECORD } else { start };
        choice.when(Condition::string("$.run.start_at", Order::Equals, *start), state)
    })
}

fn declare(
    stack: &mut Stack,
    settings: &Settings,
    roles: &mut iam::Roles,
    machine: &StateMachine,
    key: Option<&Val<String>>,
) -> SfnStateMachineRefs {
    let names = settings.names();
    let name = names.of(Single::Pipeline);
    let group = stack.add("pipeline", logs::group(settings, Names::pipeline_logs(&name), key));
    let destination = text![group.arn(), ":*"];
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
    stack.output("state_machine_arn", pipeline.arn());
    pipeline
}

fn vars_payload() -> Expr {
    Expr::object([
        ("execution_name.$", Expr::from("$$.Execution.Name")),
        ("start_time.$", "$$.Execution.StartTime".into()),
        ("redrive_count.$", "$$.Execution.RedriveCount".into()),
        ("input.$", "$$.Execution.Input".into()),
    ])
}

/// The data of an execution: the run, and what is known of its failures.
fn vars_kept() -> Expr {
    Expr::object([("run.$", Expr::from("$.Payload.run")), ("recovery.$", "$.Payload.recovery".into())])
}

/// Seconds of each step of the job `etl`, so that the execution's history shows them one by one.
const STEPS: [(&str, &str); 1] = [("done", "States.StringToJson($.Body)")];

fn steps_report(s3: &s3::Exports) -> Expr {
    let key = format!("States.Format('{}/dataproc={{}}/etl.json', $.run.dataproc)", Folder::Reports);
    Expr::object([("Bucket", Expr::from(s3.bucket.clone())), ("Key.$", key.into())])
}
