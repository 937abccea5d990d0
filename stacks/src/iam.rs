//! `iam`: one role per service, each with what its part of the pipeline does and no more.

use std::collections::BTreeSet;

use oleoduto_aws::iam_role::IamRole;
use oleoduto_aws::iam_role_policy::IamRolePolicy;
use oleoduto_aws::policy::{Statement, policy, trust};
use oleoduto_aws::types::{PolicyArn, RoleArn};
use oleoduto_cdk::{App, Expr, Ref, Stack, Val, text};

use crate::files::GLUE_JOBS;
use crate::settings::Settings;
use crate::shared::{self, Shared};
use crate::{mlflow, operations, s3};

/// The roles.
pub(crate) struct Exports {
    pub(crate) glue: Ref<RoleArn>,
    pub(crate) lambda: Ref<RoleArn>,
    pub(crate) sagemaker: Ref<RoleArn>,
    pub(crate) states: Ref<RoleArn>,
    /// Of the schedule, where there is one.
    pub(crate) scheduler: Option<Ref<RoleArn>>,
    /// Of the tracking server, where one is made.
    pub(crate) mlflow: Option<Ref<RoleArn>>,
    /// Every action that some role may do.
    pub(crate) actions: BTreeSet<String>,
}

pub(crate) fn stack(app: &mut App, settings: &Settings, s3: &s3::Exports) -> Exports {
    let (stack, shared) = shared::stack(app, settings, "iam");
    let prefix = settings.prefix();
    let mut actions = BTreeSet::new();
    let mut role_as = |stack: &mut Stack, name: &str, service: &str, statements: Vec<Statement>| {
        actions.extend(statements.iter().flat_map(Statement::actions).cloned());
        role(stack, &shared, settings, (name, service), statements)
    };
    let server = settings.parameters.mlflow.as_ref().is_some_and(|mlflow| mlflow.server.is_some());
    let mlflow = server.then(|| role_as(stack, "mlflow", "sagemaker", vec![list_bucket(s3), recorded(s3)]));
    let mut role = |stack: &mut Stack, service: &str, statements| role_as(stack, service, service, statements);
    let glue = role(stack, "glue", glue_statements(&shared, s3, &prefix));
    let lambda = role(stack, "lambda", vec![logs(&shared, &format!("/aws/lambda/{prefix}-training-vars"))]);
    let sagemaker = role(stack, "sagemaker", sagemaker_statements(&shared, settings, s3));
    let states = role(stack, "states", states_statements(&shared, s3, &sagemaker, &prefix));
    let scheduler = settings.parameters.schedule.as_ref().map(|_| {
        let start = Statement::allow("StartPipeline", &["states:StartExecution"]).on(arn(
            &shared,
            "states",
            &format!("stateMachine:{prefix}-pipeline"),
        ));
        role(stack, "scheduler", vec![start])
    });
    Exports { glue, lambda, sagemaker, states, scheduler, mlflow, actions }
}

/// A role with a name of its own for a service.
fn role(
    stack: &mut Stack,
    shared: &Shared,
    settings: &Settings,
    (name, service): (&str, &str),
    statements: Vec<Statement>,
) -> Ref<RoleArn> {
    // Workflows that make roles could otherwise make one that may do everything.
    let boundary = settings.parameters.cicd.as_ref().map(|_| boundary(shared, settings));
    let role = IamRole::builder()
        .name(format!("{}-{name}", settings.prefix()))
        .assume_role_policy(trust(&format!("{service}.amazonaws.com"), &shared.account))
        .maybe_permissions_boundary(boundary)
        .build();
    let role = stack.add(name, role);
    stack.add(name, IamRolePolicy::builder().name("pipeline").role(role.name()).policy(policy(statements)).build());
    role.arn()
}

/// The ARN of the upper limit of what these roles may do, which the stack `cicd` declares. By its name: that stack is
/// applied by a person, before the others and apart from them.
pub(crate) fn boundary(shared: &Shared, settings: &Settings) -> Val<PolicyArn> {
    text!["arn:", &shared.partition, ":iam::", &shared.account, format!(":policy/{}-boundary", settings.prefix())]
}

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
pub(crate) fn arn(shared: &Shared, service: &str, resource: &str) -> Val<String> {
    text!["arn:", &shared.partition, format!(":{service}:"), &shared.region, ":", &shared.account, format!(":{resource}")]
}

fn logs(shared: &Shared, group: &str) -> Statement {
    Statement::allow("Logs", &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
        .on(arn(shared, "logs", &format!("log-group:{group}")))
        .on(arn(shared, "logs", &format!("log-group:{group}:log-stream:*")))
}

fn objects(s3: &s3::Exports, prefix: &str) -> Val<String> {
    text![&s3.arn, format!("/{prefix}*")]
}

fn list_bucket(s3: &s3::Exports) -> Statement {
    Statement::allow("ListBucket", &["s3:GetBucketLocation", "s3:ListBucket"]).on(&s3.arn)
}

fn glue_statements(shared: &Shared, s3: &s3::Exports, prefix: &str) -> Vec<Statement> {
    let mut read = Statement::allow("ReadCode", &["s3:GetObject"]);
    for folder in ["scripts/", "packages/"] {
        read = read.on(objects(s3, folder));
    }
    let mut write = Statement::allow("ReadWriteData", &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]);
    // Spark's committer marks a table's folder with an object beside it: raw_$folder$.
    for folder in ["raw", "responses", "extract_report", "revisions", "interim", "final", "quality", "quarantine", "reports"] {
        write = write.on(objects(s3, folder));
    }
    let database = prefix.replace('-', "_");
    let catalogue =
        Statement::allow("ReadCatalogue", &["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"])
            .on(arn(shared, "glue", "catalog"))
            .on(arn(shared, "glue", "database/default"))
            .on(arn(shared, "glue", &format!("database/{database}")))
            .on(arn(shared, "glue", &format!("table/{database}/*")));
    let metrics = Statement::allow("Metrics", &["cloudwatch:PutMetricData"])
        .on_any_because("PutMetricData knows no resources; the namespace is the limit")
        .when("StringEquals", "cloudwatch:namespace", "Glue");
    vec![list_bucket(s3), read, write, catalogue, logs(shared, "/aws-glue/*"), metrics]
}

/// The calls of MLflow's client that recording makes (`jobs/src/oleoduto_jobs/ml/tracking.py`).
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemakerwithmlflow.html>.
const RECORD: [&str; 15] = [
    "sagemaker-mlflow:CreateExperiment",
    "sagemaker-mlflow:CreateModelVersion",
    "sagemaker-mlflow:CreateRegisteredModel",
    "sagemaker-mlflow:CreateRun",
    "sagemaker-mlflow:DeleteRegisteredModelAlias",
    "sagemaker-mlflow:GetExperiment",
    "sagemaker-mlflow:GetExperimentByName",
    "sagemaker-mlflow:GetModelVersion",
    "sagemaker-mlflow:GetRun",
    "sagemaker-mlflow:LogBatch",
    "sagemaker-mlflow:SearchModelVersions",
    "sagemaker-mlflow:SearchRegisteredModels",
    "sagemaker-mlflow:SearchRuns",
    "sagemaker-mlflow:SetRegisteredModelAlias",
    "sagemaker-mlflow:UpdateRun",
];

/// What MLflow keeps in the bucket: its SQLite file, and artefacts.
fn recorded(s3: &s3::Exports) -> Statement {
    Statement::allow("RecordRuns", &["s3:GetObject", "s3:PutObject"]).on(objects(s3, "mlflow/"))
}

/// Training, forecasting, monitoring; recording only where runs are recorded.
fn sagemaker_statements(shared: &Shared, settings: &Settings, s3: &s3::Exports) -> Vec<Statement> {
    let prefix = settings.prefix();
    let read = Statement::allow("ReadFeatures", &["s3:GetObject"]).on(objects(s3, "final/"));
    let mut write = Statement::allow("WriteResults", &["s3:GetObject", "s3:PutObject"]);
    for folder in ["models/", "predictions/", "reports/"] {
        write = write.on(objects(s3, folder));
    }
    let image = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
    let pull = Statement::allow("PullImage", &image).on(arn(shared, "ecr", &format!("repository/{prefix}-ml")));
    let login = Statement::allow("RegistryLogin", &["ecr:GetAuthorizationToken"])
        .on_any_because("GetAuthorizationToken knows no resources");
    let metrics = Statement::allow("Metrics", &["cloudwatch:PutMetricData"])
        .on_any_because("PutMetricData knows no resources; the namespace is the limit")
        .when("StringLike", "cloudwatch:namespace", "*SageMaker*");
    let figures = Statement::allow("MonitorFigures", &["cloudwatch:PutMetricData"])
        .on_any_because("PutMetricData knows no resources; the namespace is the limit")
        .when("StringEquals", "cloudwatch:namespace", operations::NAMESPACE);
    let mut statements = vec![list_bucket(s3), read, write, pull, login, logs(shared, "/aws/sagemaker/*"), metrics, figures];
    let Some(mlflow) = &settings.parameters.mlflow else { return statements };
    statements.push(recorded(s3));
    let own = || arn(shared, "sagemaker", &format!("mlflow-tracking-server/{}", mlflow::server_name(settings))).into();
    let server: Option<Expr> = match &mlflow.tracking_uri {
        Some(uri) if uri.as_str().starts_with("arn:") => Some(uri.as_str().into()),
        Some(_) => None,
        None => mlflow.server.map(|_| own()),
    };
    statements.extend(server.map(|server| Statement::allow("RecordAtServer", &RECORD).on(server)));
    statements
}

fn states_statements(shared: &Shared, s3: &s3::Exports, sagemaker: &Ref<RoleArn>, prefix: &str) -> Vec<Statement> {
    let invoke = Statement::allow("InvokeFunction", &["lambda:InvokeFunction"])
        .on(arn(shared, "lambda", &format!("function:{prefix}-training-vars")))
        .on(arn(shared, "lambda", &format!("function:{prefix}-training-vars:*")));
    let glue_actions = ["glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"];
    // By name: `{prefix}-*` would also be the jobs of a series whose code begins with this one's.
    let glue = GLUE_JOBS.iter().fold(Statement::allow("RunGlueJobs", &glue_actions), |glue, job| {
        glue.on(arn(shared, "glue", &format!("job/{prefix}-{job}")))
    });
    let sagemaker_actions = [
        "sagemaker:AddTags",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:StopProcessingJob",
        "sagemaker:StopTrainingJob",
    ];
    // Job names carry a shortened prefix (63 characters at most), so the series can't be the limit here.
    let jobs = Statement::allow("RunSageMakerJobs", &sagemaker_actions).on(arn(shared, "sagemaker", "training-job/*")).on(arn(
        shared,
        "sagemaker",
        "processing-job/*",
    ));
    let pass = Statement::allow("PassJobRole", &["iam:PassRole"]).on(sagemaker).when(
        "StringEquals",
        "iam:PassedToService",
        "sagemaker.amazonaws.com",
    );
    // Step Functions learns of a job's end (.sync) by managed EventBridge rules of these names.
    let rules = Statement::allow("ManagedRules", &["events:DescribeRule", "events:PutRule", "events:PutTargets"])
        .on(arn(shared, "events", "rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule"))
        .on(arn(shared, "events", "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"));
    let delivery_actions = [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ];
    let delivery = Statement::allow("LogDelivery", &delivery_actions)
        .on_any_because("the log delivery API of CloudWatch knows no resources");
    let reports = Statement::allow("ReadReports", &["s3:GetObject"]).on(objects(s3, "reports/"));
    vec![invoke, glue, reports, jobs, pass, rules, delivery]
}
