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
use crate::support::actions::{allow, registry_login};
use crate::support::folders::Folder;
use crate::support::jobs::GlueJob;
use crate::support::lookups::Lookups;
use crate::support::names::{Names, Role, Single};
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
            .name(names.of(role))
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
    let lambda = role(Role::Lambda, vec![policies.logs(&Names::function_logs(&names.of(Single::Function)))]);
    let sagemaker = role(Role::Sagemaker, policies.sagemaker(namespace, parameters.mlflow.as_ref()));
    let states = role(Role::States, policies.states(&sagemaker));
    let scheduler = parameters.schedule.as_ref().map(|_| role(Role::Scheduler, vec![policies.start()]));
    Exports { glue, lambda, sagemaker, states, scheduler, mlflow, actions }
}

/// The calls of MLflow's client that recording makes (`jobs/src/oleoduto_jobs/ml/tracking.py`).
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemakerwithmlflow.html>.
const RECORD: &str = "CreateExperiment CreateModelVersion CreateRegisteredModel CreateRun DeleteRegisteredModelAlias \
                      GetExperiment GetExperimentByName GetModelVersion GetRun LogBatch SearchModelVersions \
                      SearchRegisteredModels SearchRuns SetRegisteredModelAlias UpdateRun";

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
        allow("Logs", "logs", "CreateLogGroup CreateLogStream PutLogEvents")
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
        allow("ListBucket", "s3", "GetBucketLocation ListBucket").on(&self.s3.arn)
    }

    /// What MLflow stores in the bucket: its SQLite file, and artifacts.
    fn recorded(&self) -> Statement {
        self.on_folders(allow("RecordRuns", "s3", "GetObject PutObject"), &[Folder::Mlflow])
    }

    fn glue(&self) -> Vec<Statement> {
        let used = |of: fn(GlueJob) -> &'static [Folder]| {
            move |folder: &Folder| GlueJob::ALL.into_iter().any(|job| of(job).contains(folder))
        };
        let (reads, writes) = (used(GlueJob::reads), used(GlueJob::writes));
        let only_read = Folder::ALL.into_iter().filter(|folder| reads(folder) && !writes(folder));
        let read: Vec<_> = [Folder::Scripts, Folder::Packages].into_iter().chain(only_read).collect();
        let read = self.on_folders(allow("ReadCode", "s3", "GetObject"), &read);
        let write = allow("ReadWriteData", "s3", "DeleteObject GetObject PutObject");
        // Without `/`: Spark's committer marks a table's folder with an object beside it, raw_$folder$.
        let write = Folder::ALL.into_iter().filter(writes).fold(write, |write, folder| write.on(self.objects(folder)));
        let database = self.names.database();
        let actions = "GetDatabase GetPartitions GetTable GetTables";
        let catalog = allow("ReadCatalogue", "glue", actions)
            .on(self.arn("glue", "catalog"))
            .on(self.arn("glue", "database/default"))
            .on(self.arn("glue", format!("database/{database}")))
            .on(self.arn("glue", format!("table/{database}/*")));
        let metrics = put_metrics("Metrics", "StringEquals", "Glue");
        vec![self.list_bucket(), read, write, catalog, self.logs("/aws-glue/*"), metrics]
    }

    /// Training, forecasting, monitoring; and recording, if runs are recorded.
    fn sagemaker(&self, namespace: &str, mlflow: Option<&Mlflow>) -> Vec<Statement> {
        let read = self.on_folders(allow("ReadFeatures", "s3", "GetObject"), &[Folder::Final, Folder::Quality]);
        let results = [Folder::Models, Folder::Predictions, Folder::Reports];
        let write = self.on_folders(allow("WriteResults", "s3", "GetObject PutObject"), &results);
        let image = "BatchCheckLayerAvailability BatchGetImage GetDownloadUrlForLayer";
        let repository = format!("repository/{}", self.names.of(Single::Repository));
        let pull = allow("PullImage", "ecr", image).on(self.arn("ecr", repository));
        let metrics = put_metrics("Metrics", "StringLike", "*SageMaker*");
        let figures = put_metrics("MonitorFigures", "StringEquals", namespace);
        let logs = self.logs("/aws/sagemaker/*");
        let mut statements = vec![self.list_bucket(), read, write, pull, registry_login(), logs, metrics, figures];
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
                self.arn("sagemaker", format!("mlflow-tracking-server/{}", self.names.of(Single::TrackingServer))).into()
            }
        };
        Some(allow("RecordAtServer", "sagemaker-mlflow", RECORD).on(server))
    }

    fn states(&self, sagemaker: &Ref<RoleArn>) -> Vec<Statement> {
        let function = format!("function:{}", self.names.of(Single::Function));
        let invoke = allow("InvokeFunction", "lambda", "InvokeFunction")
            .on(self.arn("lambda", &function))
            .on(self.arn("lambda", format!("{function}:*")));
        let actions = "BatchStopJobRun GetJobRun GetJobRuns StartJobRun";
        // By name: `PREFIX-*` would also match the jobs of a series whose code begins with this one's.
        let glue = GlueJob::ALL.into_iter().fold(allow("RunGlueJobs", "glue", actions), |glue, job| {
            glue.on(self.arn("glue", format!("job/{}", self.names.of(job))))
        });
        let reports = self.on_folders(allow("ReadReports", "s3", "GetObject"), &[Folder::Reports]);
        let actions = "AddTags CreateProcessingJob CreateTrainingJob DescribeProcessingJob DescribeTrainingJob \
                       StopProcessingJob StopTrainingJob";
        // The names of these jobs contain a shortened prefix (63 characters at most), so the series can't be the limit.
        let jobs = allow("RunSageMakerJobs", "sagemaker", actions)
            .on(self.arn("sagemaker", "training-job/*"))
            .on(self.arn("sagemaker", "processing-job/*"));
        let pass = allow("PassJobRole", "iam", "PassRole").on(sagemaker);
        let pass = pass.when("StringEquals", "iam:PassedToService", "sagemaker.amazonaws.com");
        // Step Functions learns of a job's end (.sync) from managed EventBridge rules with these names.
        let rules = allow("ManagedRules", "events", "DescribeRule PutRule PutTargets")
            .on(self.arn("events", "rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule"))
            .on(self.arn("events", "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"));
        vec![invoke, glue, reports, jobs, pass, rules, log_delivery()]
    }

    fn start(&self) -> Statement {
        let pipeline = format!("stateMachine:{}", self.names.of(Single::Pipeline));
        allow("StartPipeline", "states", "StartExecution").on(self.arn("states", pipeline))
    }
}

/// A statement on metrics of the namespaces that fit a condition.
fn put_metrics(sid: &str, operator: &'static str, namespace: &str) -> Statement {
    allow(sid, "cloudwatch", "PutMetricData").on_any_because("PutMetricData knows no resources; the namespace is the limit").when(
        operator,
        "cloudwatch:namespace",
        namespace,
    )
}

fn log_delivery() -> Statement {
    let actions = "CreateLogDelivery DeleteLogDelivery DescribeLogGroups DescribeResourcePolicies GetLogDelivery \
                   ListLogDeliveries PutResourcePolicy UpdateLogDelivery";
    allow("LogDelivery", "logs", actions).on_any_because("the log delivery API of CloudWatch knows no resources")
}
