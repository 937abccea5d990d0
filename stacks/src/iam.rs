//! `iam`: one role per service, each with what its part of the pipeline does and no more.

use std::collections::BTreeSet;
use std::fmt::Display;

use oleoduto_aws::iam_role::IamRole;
use oleoduto_aws::iam_role_policy::IamRolePolicy;
use oleoduto_aws::policy::{Statement, policy, trust};
use oleoduto_aws::types::RoleArn;
use oleoduto_cdk::{App, Expr, Ref, Val, text};

use crate::parameters::Mlflow;
use crate::s3;
use crate::support::folders::Folder;
use crate::support::jobs::GlueJob;
use crate::support::lookups::Lookups;
use crate::support::names::{Names, Role};
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;

/// The roles.
pub(crate) struct Exports {
    pub(crate) glue: Ref<RoleArn>,
    pub(crate) lambda: Ref<RoleArn>,
    pub(crate) sagemaker: Ref<RoleArn>,
    pub(crate) states: Ref<RoleArn>,
    /// Of the schedule, if the environment has one.
    pub(crate) scheduler: Option<Ref<RoleArn>>,
    /// Of the tracking server, if the environment has one.
    pub(crate) mlflow: Option<Ref<RoleArn>>,
    /// Every action that some role may perform.
    pub(crate) actions: BTreeSet<String>,
}

/// Add the stack; `namespace` is that of the monitor's metrics.
pub(crate) fn stack(app: &mut App, settings: &Settings, namespace: &str, s3: &s3::Exports) -> Exports {
    let (stack, lookups) = stack::add(app, settings, StackName::Iam);
    let names = settings.names();
    let parameters = &settings.parameters;
    let policies = Policies { lookups: &lookups, names: &names, s3 };
    // Workflows that create roles could otherwise create one that may do everything.
    let boundary = settings.cicd().map(|_| names.boundary_arn(&lookups));
    let mut actions = BTreeSet::new();
    let mut role = |role: Role, statements: Vec<Statement>| {
        actions.extend(statements.iter().flat_map(Statement::actions).cloned());
        let resource = IamRole::builder()
            .name(names.role(role))
            .assume_role_policy(trust(&format!("{}.amazonaws.com", role.service()), &lookups.account))
            .maybe_permissions_boundary(boundary.clone())
            .build();
        let resource = stack.add(role.as_str(), resource);
        let policy = IamRolePolicy::builder().name("pipeline").role(resource.name()).policy(policy(statements)).build();
        stack.add(role.as_str(), policy);
        resource.arn()
    };
    let server = parameters.mlflow.as_ref().is_some_and(|mlflow| mlflow.server.is_some());
    let mlflow = server.then(|| role(Role::Mlflow, vec![policies.list_bucket(), policies.recorded()]));
    let glue = role(Role::Glue, policies.glue());
    let lambda = role(Role::Lambda, vec![policies.logs(&Names::function_logs(&names.function()))]);
    let sagemaker = role(Role::Sagemaker, policies.sagemaker(namespace, parameters.mlflow.as_ref()));
    let states = role(Role::States, policies.states(&sagemaker));
    let scheduler = parameters.schedule.as_ref().map(|_| role(Role::Scheduler, vec![policies.start()]));
    Exports { glue, lambda, sagemaker, states, scheduler, mlflow, actions }
}

/// Why `cloudwatch:PutMetricData` has no resources.
const METRICS: &str = "PutMetricData knows no resources; the namespace is the limit";

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

/// What policies consist of.
struct Policies<'a> {
    lookups: &'a Lookups,
    names: &'a Names,
    s3: &'a s3::Exports,
}

impl Policies<'_> {
    fn arn(&self, service: &str, resource: impl Display) -> Val<String> {
        self.lookups.arn(service, resource)
    }

    fn logs(&self, group: &str) -> Statement {
        Statement::allow("Logs", &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
            .on(self.arn("logs", format!("log-group:{group}")))
            .on(self.arn("logs", format!("log-group:{group}:log-stream:*")))
    }

    /// Objects whose keys begin with a text.
    fn objects(&self, prefix: impl Display) -> Val<String> {
        text![&self.s3.arn, format!("/{prefix}*")]
    }

    /// A statement on all objects of folders.
    fn on_folders(&self, statement: Statement, folders: &[Folder]) -> Statement {
        folders.iter().fold(statement, |statement, folder| statement.on(self.objects(format!("{folder}/"))))
    }

    fn list_bucket(&self) -> Statement {
        Statement::allow("ListBucket", &["s3:GetBucketLocation", "s3:ListBucket"]).on(&self.s3.arn)
    }

    /// What MLflow stores in the bucket: its SQLite file, and artifacts.
    fn recorded(&self) -> Statement {
        self.on_folders(Statement::allow("RecordRuns", &["s3:GetObject", "s3:PutObject"]), &[Folder::Mlflow])
    }

    fn glue(&self) -> Vec<Statement> {
        let used = |of: fn(GlueJob) -> &'static [Folder]| {
            move |folder: &Folder| GlueJob::ALL.into_iter().any(|job| of(job).contains(folder))
        };
        let (reads, writes) = (used(GlueJob::reads), used(GlueJob::writes));
        let only_read = Folder::ALL.into_iter().filter(|folder| reads(folder) && !writes(folder));
        let read: Vec<_> = [Folder::Scripts, Folder::Packages].into_iter().chain(only_read).collect();
        let read = self.on_folders(Statement::allow("ReadCode", &["s3:GetObject"]), &read);
        let write = Statement::allow("ReadWriteData", &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]);
        // Without `/`: Spark's committer marks a table's folder with an object beside it, raw_$folder$.
        let write = Folder::ALL.into_iter().filter(writes).fold(write, |write, folder| write.on(self.objects(folder)));
        let database = self.names.database();
        let actions = ["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"];
        let catalog = Statement::allow("ReadCatalogue", &actions)
            .on(self.arn("glue", "catalog"))
            .on(self.arn("glue", "database/default"))
            .on(self.arn("glue", format!("database/{database}")))
            .on(self.arn("glue", format!("table/{database}/*")));
        let metrics = Statement::allow("Metrics", &["cloudwatch:PutMetricData"]).on_any_because(METRICS).when(
            "StringEquals",
            "cloudwatch:namespace",
            "Glue",
        );
        vec![self.list_bucket(), read, write, catalog, self.logs("/aws-glue/*"), metrics]
    }

    /// Training, forecasting, monitoring; and recording, if runs are recorded.
    fn sagemaker(&self, namespace: &str, mlflow: Option<&Mlflow>) -> Vec<Statement> {
        let read = self.on_folders(Statement::allow("ReadFeatures", &["s3:GetObject"]), &[Folder::Final]);
        let results = [Folder::Models, Folder::Predictions, Folder::Reports];
        let write = self.on_folders(Statement::allow("WriteResults", &["s3:GetObject", "s3:PutObject"]), &results);
        let image = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
        let repository = format!("repository/{}", self.names.repository());
        let pull = Statement::allow("PullImage", &image).on(self.arn("ecr", repository));
        let login = Statement::allow("RegistryLogin", &["ecr:GetAuthorizationToken"])
            .on_any_because("GetAuthorizationToken knows no resources");
        let metrics = Statement::allow("Metrics", &["cloudwatch:PutMetricData"]).on_any_because(METRICS).when(
            "StringLike",
            "cloudwatch:namespace",
            "*SageMaker*",
        );
        let figures = Statement::allow("MonitorFigures", &["cloudwatch:PutMetricData"]).on_any_because(METRICS).when(
            "StringEquals",
            "cloudwatch:namespace",
            namespace,
        );
        let logs = self.logs("/aws/sagemaker/*");
        let mut statements = vec![self.list_bucket(), read, write, pull, login, logs, metrics, figures];
        if let Some(mlflow) = mlflow {
            statements.push(self.recorded());
            statements.extend(self.record_at_server(mlflow));
        }
        statements
    }

    /// Recording at a server of SageMaker; other servers know nothing of IAM.
    fn record_at_server(&self, mlflow: &Mlflow) -> Option<Statement> {
        let server: Expr = match &mlflow.tracking_uri {
            Some(uri) => uri.starts_with("arn:").then(|| uri.as_str().into())?,
            None => {
                mlflow.server?;
                self.arn("sagemaker", format!("mlflow-tracking-server/{}", self.names.tracking_server())).into()
            }
        };
        Some(Statement::allow("RecordAtServer", &RECORD).on(server))
    }

    fn states(&self, sagemaker: &Ref<RoleArn>) -> Vec<Statement> {
        let function = format!("function:{}", self.names.function());
        let invoke = Statement::allow("InvokeFunction", &["lambda:InvokeFunction"])
            .on(self.arn("lambda", &function))
            .on(self.arn("lambda", format!("{function}:*")));
        let actions = ["glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"];
        // By name: `PREFIX-*` would also match the jobs of a series whose code begins with this one's.
        let glue = GlueJob::ALL.into_iter().fold(Statement::allow("RunGlueJobs", &actions), |glue, job| {
            glue.on(self.arn("glue", format!("job/{}", self.names.job(job))))
        });
        let reports = self.on_folders(Statement::allow("ReadReports", &["s3:GetObject"]), &[Folder::Reports]);
        let actions = [
            "sagemaker:AddTags",
            "sagemaker:CreateProcessingJob",
            "sagemaker:CreateTrainingJob",
            "sagemaker:DescribeProcessingJob",
            "sagemaker:DescribeTrainingJob",
            "sagemaker:StopProcessingJob",
            "sagemaker:StopTrainingJob",
        ];
        // The names of these jobs contain a shortened prefix (63 characters at most), so the series can't be the limit.
        let jobs = Statement::allow("RunSageMakerJobs", &actions)
            .on(self.arn("sagemaker", "training-job/*"))
            .on(self.arn("sagemaker", "processing-job/*"));
        let passed_to = "sagemaker.amazonaws.com";
        let pass = Statement::allow("PassJobRole", &["iam:PassRole"]).on(sagemaker);
        let pass = pass.when("StringEquals", "iam:PassedToService", passed_to);
        // Step Functions learns of a job's end (.sync) from managed EventBridge rules with these names.
        let rules = Statement::allow("ManagedRules", &["events:DescribeRule", "events:PutRule", "events:PutTargets"])
            .on(self.arn("events", "rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule"))
            .on(self.arn("events", "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"));
        vec![invoke, glue, reports, jobs, pass, rules, log_delivery()]
    }

    fn start(&self) -> Statement {
        let pipeline = format!("stateMachine:{}", self.names.pipeline());
        Statement::allow("StartPipeline", &["states:StartExecution"]).on(self.arn("states", pipeline))
    }
}

fn log_delivery() -> Statement {
    let actions = [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ];
    Statement::allow("LogDelivery", &actions).on_any_because("the log delivery API of CloudWatch knows no resources")
}
