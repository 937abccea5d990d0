//! An app of six stacks, equal to the one that cdktn 0.24.0 wrote `crates/aws/tests/golden` from. `crates/bench` measures it, too.

use std::path::Path;

use oleoduto_aws::data_caller_identity::CallerIdentityData;
use oleoduto_aws::data_region::RegionData;
use oleoduto_aws::ecr_repository::{EcrRepository, ImageScanningConfiguration};
use oleoduto_aws::glue_job::{Command, GlueJob};
use oleoduto_aws::iam_policy::IamPolicy;
use oleoduto_aws::iam_policy_attachment::IamPolicyAttachment;
use oleoduto_aws::iam_role::IamRole;
use oleoduto_aws::lambda_function::LambdaFunction;
use oleoduto_aws::provider::AwsProvider;
use oleoduto_aws::s3_bucket::S3Bucket;
use oleoduto_aws::s3_object::S3Object;
use oleoduto_aws::sfn_state_machine::SfnStateMachine;
use oleoduto_aws::types::{BucketName, FunctionArn, GlueJobName, RoleArn, TagMutability, WorkerType};
use oleoduto_cdk::{App, Asset, Backend, Expr, Ref, S3Backend, Stack, Val, text};

const PROJECT: &str = "ipea-eia366-pbrent366";

fn stack<'a>(app: &'a mut App, name: &str) -> &'a mut Stack {
    let prefix = format!("{name}-{PROJECT}-terraform-backend");
    let backend = S3Backend::new(format!("terraform-backend-{name}-{PROJECT}"), "terraform.tfstate", "us-east-1")
        .dynamodb_table(format!("terraform-backend-lock-table-{name}-{PROJECT}"))
        .assume_role(format!("arn:aws:iam::123456789012:role/{prefix}-role"));
    let stack = app.stack(name, Backend::S3(backend));
    stack.provider(AwsProvider::builder().region("us-east-1").build());
    stack.require_provider("aws", "hashicorp/aws", "6.66.0");
    stack.data("current", CallerIdentityData::builder().build());
    stack.data("region", RegionData::builder().build());
    stack
}

fn iam(app: &mut App) -> Ref<RoleArn> {
    let stack = stack(app, "iam");
    let assume = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["events.amazonaws.com","states.amazonaws.com","glue.amazonaws.com","lambda.amazonaws.com","sagemaker.amazonaws.com"]}}]}"#;
    let role = IamRole::builder().name(format!("iam-role-{PROJECT}")).assume_role_policy(assume).build();
    let role = stack.add("iam_role", role);
    let allow = |actions: &str, resource: &str| format!(r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"{resource}"}}"#);
    let training =
        r#""sagemaker:CreateTrainingJob","sagemaker:DescribeTrainingJob","sagemaker:StopTrainingJob","sagemaker:AddTags""#;
    let logs = r#""logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents""#;
    let statements = [
        allow(r#""states:*""#, "*"),
        allow(r#""glue:*""#, "*"),
        allow(training, "*"),
        allow(r#""s3:*""#, "*"),
        allow(r#""iam:PassRole""#, "*"),
        allow(r#""ecr:*""#, "*"),
        allow(logs, "arn:aws:logs:*:*:*"),
        allow(r#""events:*""#, "*"),
        allow(r#""lambda:*""#, "*"),
    ];
    let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let policy = IamPolicy::builder().name(format!("step-functions-policy-{PROJECT}")).policy(policy).build();
    let policy = stack.add("iam_policy", policy);
    let roles: Vec<Ref<String>> = vec![role.name().text()];
    let attachment = IamPolicyAttachment::builder().name("attach-policy").policy_arn(policy.arn()).roles(roles).build();
    stack.add("policy_attach", attachment);
    role.arn()
}

fn s3(app: &mut App) -> Ref<BucketName> {
    let stack = stack(app, "s3");
    let bucket = stack.add("bucket", S3Bucket::builder().bucket(format!("s3-bucket-{PROJECT}")).build()).bucket();
    for folder in ["scripts", "raw", "interim", "final", "predictions", "query-results"] {
        let object = S3Object::builder().bucket(&bucket).key(format!("{folder}/")).build();
        stack.add(&format!("{}_path", folder.replace('-', "_")), object);
    }
    bucket
}

fn glue(app: &mut App, role: &Ref<RoleArn>, bucket: &Ref<BucketName>) -> Vec<Ref<GlueJobName>> {
    let stack = stack(app, "glue");
    let mut names = Vec::new();
    for step in ["extract", "transform", "load"] {
        let name = format!("glue-job-{step}-{PROJECT}");
        let script = text!["s3://", bucket, format!("/scripts/{name}.py")];
        let arguments = [
            ("--additional-python-modules", "ipeadatapy"),
            ("--enable-glue-datacatalog", "true"),
            ("--job-bookmark-option", "job-bookmark-disable"),
        ];
        let job = GlueJob::builder()
            .name(name)
            .role_arn(role)
            .command(Command::builder().name("glueetl").python_version("3").script_location(script).build())
            .default_arguments(arguments)
            .max_retries(0)
            .number_of_workers(2)
            .worker_type(WorkerType::G1X)
            .build();
        names.push(stack.add(&format!("{step}_job"), job).name());
    }
    names
}

fn ecr(app: &mut App) -> Ref<String> {
    let repository = EcrRepository::builder()
        .name(format!("ecr-{PROJECT}"))
        .image_tag_mutability(TagMutability::Mutable)
        .image_scanning_configuration(ImageScanningConfiguration::builder().scan_on_push(true).build())
        .build();
    stack(app, "ecr").add("sagemaker_training_job_repository", repository).repository_url()
}

fn lambda(app: &mut App, role: &Ref<RoleArn>, code: Asset) -> Ref<FunctionArn> {
    let stack = stack(app, "lambda");
    let code = stack.asset(code);
    let function = LambdaFunction::builder()
        .filename(code)
        .function_name("lambda-generate-training-vars")
        .handler("lambda_function.lambda_handler")
        .role(role)
        // Python 3.9 has reached its end: the bindings no longer offer it, the escape hatch does.
        .runtime(Val::raw(Expr::from("python3.9")))
        .build();
    stack.add("generate_training_vars", function).arn()
}

struct Pipeline<'a> {
    jobs: &'a [Ref<GlueJobName>],
    function: &'a Ref<FunctionArn>,
    image: &'a Ref<String>,
    bucket: &'a Ref<BucketName>,
    role: &'a Ref<RoleArn>,
}

fn object<const N: usize>(pairs: [(&'static str, Expr); N]) -> Expr {
    Expr::object(pairs)
}

/// The definition as the golden app's author wrote it, by hand and not by the typed builder: its mistakes are the point
/// of the comparison.
fn definition(parts: &Pipeline<'_>) -> Expr {
    let catch = || Expr::from(vec![object([("ErrorEquals", vec!["States.ALL".into()].into()), ("Next", "fail-state".into())])]);
    let names: Vec<String> = ["extract", "transform", "load"].iter().map(|step| format!("glue-job-{step}-{PROJECT}")).collect();
    let (function_state, training_state) =
        ("lambda-generate-training-vars".to_owned(), format!("sagemaker-training-job-{PROJECT}"));
    let mut states: Vec<(String, Expr)> = Vec::new();
    for (index, (name, job)) in names.iter().zip(parts.jobs).enumerate() {
        let task = object([
            ("Type", "Task".into()),
            ("Resource", "arn:aws:states:::glue:startJobRun.sync".into()),
            ("Parameters", object([("JobName", job.into())])),
            ("Catch", catch()),
            ("Next", names.get(index + 1).unwrap_or(&function_state).into()),
        ]);
        states.push((name.clone(), task));
    }
    let function = object([
        ("Type", "Task".into()),
        ("Resource", parts.function.into()),
        ("ResultPath", "$.TrainingVars".into()),
        ("Catch", catch()),
        ("Next", (&training_state).into()),
    ]);
    states.push((function_state, function));
    let training = object([
        ("Type", "Task".into()),
        ("Resource", "arn:aws:states:::sagemaker:createTrainingJob.sync".into()),
        ("Parameters", training_parameters(parts)),
        ("Catch", catch()),
        ("End", true.into()),
    ]);
    states.push((training_state, training));
    let fail = object([("Type", "Fail".into()), ("Error", "JobFailed".into()), ("Cause", "A execução do job falhou.".into())]);
    states.push(("fail-state".to_owned(), fail));
    object([
        ("Comment", "Orquestração dos jobs de ETL e treinamento usando Step Functions".into()),
        ("StartAt", (&names[0]).into()),
        ("States", Expr::object(states)),
    ])
}

fn training_parameters(parts: &Pipeline<'_>) -> Expr {
    let image = text![parts.image, ":latest"];
    let output = text!["s3://", parts.bucket, "/predictions"];
    let input = text!["States.Format('s3://", parts.bucket, "/final/dataproc={}', $.TrainingVars.DataProc)"];
    let source = object([
        ("S3DataType", "S3Prefix".into()),
        ("S3Uri.$", input.into()),
        ("S3DataDistributionType", "ShardedByS3Key".into()),
    ]);
    let channel = object([
        ("ChannelName", "training".into()),
        ("ContentType", "application/x-parquet".into()),
        ("DataSource", object([("S3DataSource", source)])),
    ]);
    object([
        ("TrainingJobName.$", "$.TrainingVars.TrainingJobName".into()),
        (
            "ResourceConfig",
            object([("InstanceCount", 1.into()), ("InstanceType", "ml.m5.large".into()), ("VolumeSizeInGB", 50.into())]),
        ),
        ("AlgorithmSpecification", object([("TrainingImage", image.into()), ("TrainingInputMode", "File".into())])),
        ("OutputDataConfig", object([("S3OutputPath", output.into())])),
        ("StoppingCondition", object([("MaxRuntimeInSeconds", 86400.into()), ("MaxWaitTimeInSeconds", 86400.into())])),
        ("RoleArn", parts.role.into()),
        ("InputDataConfig", vec![channel].into()),
        ("EnableManagedSpotTraining", true.into()),
    ])
}

/// The app. `golden` is the folder with what cdktn wrote, which has the function's zip.
pub(crate) fn app(golden: &Path) -> std::io::Result<App> {
    let code = golden.join("stacks/lambda/assets/code/15E479EAC18D6DC9BB3BA40B5D48C02B/lambda_function.zip");
    let code = Asset::from_file("code", &code)?;
    let mut app = App::new();
    let role = iam(&mut app);
    let bucket = s3(&mut app);
    let jobs = glue(&mut app, &role, &bucket);
    let image = ecr(&mut app);
    let function = lambda(&mut app, &role, code);
    let stack = stack(&mut app, "stepfunctions");
    let parts = Pipeline { jobs: &jobs, function: &function, image: &image, bucket: &bucket, role: &role };
    let machine = SfnStateMachine::builder()
        .definition(Val::raw(definition(&parts).jsonencode()))
        .name(format!("state-machine-{PROJECT}"))
        .role_arn(&role)
        .build();
    stack.add("state_machine", machine);
    Ok(app)
}
