//! The mistakes of `docs/mistakes.md`, each where it is found: a case in `mistakes/compile/` that must not compile,
//! or a synth that must fail (or, in two rows, must come out right) with the text of its snapshot.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::path::Path;

use oleoduto_aws::asl::{State, StateMachine, Task};
use oleoduto_aws::data_partition::PartitionData;
use oleoduto_aws::glue_job::{Command, GlueJob};
use oleoduto_aws::iam_role::IamRole;
use oleoduto_aws::iam_role_policy::IamRolePolicy;
use oleoduto_aws::lambda_function::LambdaFunction;
use oleoduto_aws::policy::{Statement, policy, trust};
use oleoduto_aws::provider::AwsProvider;
use oleoduto_aws::s3_bucket::S3Bucket;
use oleoduto_aws::s3_bucket_versioning::{S3BucketVersioning, VersioningConfiguration};
use oleoduto_aws::s3_object::S3Object;
use oleoduto_aws::sfn_state_machine::SfnStateMachine;
use oleoduto_aws::types::LambdaRuntime;
use oleoduto_cdk::{App, Backend, Expr, Stack, Val, text};

const ROLE: &str = "arn:aws:iam::123456789012:role/pipeline";

fn stack<'a>(app: &'a mut App, name: &str) -> &'a mut Stack {
    let stack = app.stack(name, Backend::Local { path: format!("terraform.{name}.tfstate").into() });
    stack.provider(AwsProvider::builder().region("sa-east-1").build());
    stack
}

/// What synth says of one stack.
fn mistake(build: impl FnOnce(&mut Stack)) -> String {
    let mut app = App::new();
    build(stack(&mut app, "data"));
    app.synth().unwrap_err().to_string()
}

fn bucket(name: &str) -> S3Bucket {
    S3Bucket::builder().bucket(name).build()
}

fn role(name: &str) -> IamRole {
    IamRole::builder().name(name).assume_role_policy(trust("glue.amazonaws.com", "123456789012")).build()
}

fn command() -> Command {
    Command::builder().script_location("s3://code/extract.py").build()
}

/// The compiler whose words the `.stderr` files hold.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn compile_errors() {
    let compiler = std::process::Command::new("rustc").arg("--version").output().unwrap();
    let cases = Path::new("tests/mistakes/compile");
    if String::from_utf8_lossy(&compiler.stdout).starts_with(COMPILER) {
        return trybuild::TestCases::new().compile_fail(cases.join("*.rs"));
    }
    // Another compiler says the same in other words: there the cases must fail, with whatever text.
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistakes");
    std::fs::create_dir_all(&copy).unwrap();
    for case in std::fs::read_dir(cases).unwrap() {
        let case = case.unwrap().path();
        if case.extension().is_some_and(|ending| ending == "rs") {
            std::fs::copy(&case, copy.join(case.file_name().unwrap())).unwrap();
        }
    }
    trybuild::TestCases::new().compile_fail(copy.join("*.rs"));
}

#[test]
fn row_13_unescaped_template_is_escaped() {
    let mut app = App::new();
    let stack = stack(&mut app, "data");
    let bucket = stack.add("data", bucket("prices"));
    let object = S3Object::builder().bucket(bucket.bucket()).key("a").content("${aws_region} and %{ if true }").build();
    stack.add("a", object);
    let json: serde_json::Value = serde_json::from_str(&app.synth().unwrap().stacks[0].json).unwrap();
    insta::assert_snapshot!(json["resource"]["aws_s3_object"]["a"]["content"].as_str().unwrap());
}

#[test]
fn row_15_duplicate_id() {
    insta::assert_snapshot!(mistake(|stack| {
        stack.add("data", bucket("prices-1"));
        stack.add("data", bucket("prices-2"));
    }));
}

#[test]
fn row_16_conflicting_attributes() {
    insta::assert_snapshot!(mistake(|stack| {
        stack.add("data", S3Bucket::builder().bucket("prices").bucket_prefix("prices-").build());
    }));
}

#[test]
fn row_17_exactly_one_of() {
    let function = || LambdaFunction::builder().function_name("vars").role(ROLE).handler("a.b").runtime(LambdaRuntime::Python313);
    insta::assert_snapshot!(mistake(|stack| {
        stack.add("none", function().build());
        stack.add("two", function().filename("a.zip").image_uri("registry/a").build());
    }));
}

#[test]
fn row_18_zip_function_without_handler_and_runtime() {
    insta::assert_snapshot!(mistake(|stack| {
        stack.add("vars", LambdaFunction::builder().function_name("vars").role(ROLE).filename("a.zip").build());
    }));
}

#[test]
fn row_20_invalid_arn() {
    insta::assert_snapshot!(mistake(|stack| {
        stack.add("extract", GlueJob::builder().name("extract").role_arn("glue-role").command(command()).build());
    }));
}

#[test]
fn row_21_literal_arn_of_another_service() {
    insta::assert_snapshot!(mistake(|stack| {
        stack.add("extract", GlueJob::builder().name("extract").role_arn("arn:aws:s3:::prices").command(command()).build());
    }));
}

#[test]
fn row_22_role_name() {
    insta::assert_snapshot!(mistake(|stack| {
        stack.add("space", role("glue role"));
        stack.add("long", role(&"r".repeat(65)));
    }));
}

#[test]
fn row_23_bucket_name_with_capitals() {
    insta::assert_snapshot!(mistake(|stack| {
        stack.add("data", bucket("Prices"));
    }));
}

#[test]
fn row_24_policy_that_is_not_json() {
    insta::assert_snapshot!(mistake(|stack| {
        let role = stack.add("glue", role("glue"));
        stack.add("glue", IamRolePolicy::builder().role(role.name()).policy("Version: 2012-10-17").build());
    }));
}

#[test]
fn row_25_literal_policy_with_a_misspelt_effect() {
    insta::assert_snapshot!(mistake(|stack| {
        let role = stack.add("glue", role("glue"));
        let literal = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Alow","Action":"s3:GetObject","Resource":"*"}]}"#;
        stack.add("glue", IamRolePolicy::builder().role(role.name()).policy(literal).build());
    }));
}

#[test]
fn row_26_state_machine_that_goes_nowhere() {
    insta::assert_snapshot!(mistake(|stack| {
        let partition = stack.data("current", PartitionData::builder().build()).partition();
        let job = stack.add("extract", GlueJob::builder().name("extract").role_arn(ROLE).command(command()).build()).name();
        let task = Task::glue_job(&partition, &job, &[]).next("Transform").catch("Failed");
        let machine = StateMachine::new("", 60).state("Extract", State::Task(task)).state("Failed", State::FailWithCaughtError);
        stack.add("pipeline", SfnStateMachine::builder().role_arn(ROLE).definition(machine.definition()).build());
    }));
}

#[test]
fn row_27_asset_that_does_not_exist() {
    insta::assert_snapshot!(mistake(|stack| {
        let filename = stack.asset_file("code", Path::new("build/function.zip"));
        let function = LambdaFunction::builder().function_name("vars").role(ROLE).filename(filename);
        stack.add("vars", function.handler("a.b").runtime(LambdaRuntime::Python313).build());
    }));
}

#[test]
fn row_29_producer_comes_first() {
    let mut app = App::new();
    let arn = stack(&mut app, "iam").add("glue", role("glue")).arn();
    stack(&mut app, "glue").add("extract", GlueJob::builder().name("extract").role_arn(arn).command(command()).build());
    let output = app.synth().unwrap();
    let order: Vec<_> = output.stacks.iter().map(|stack| stack.name.as_str()).collect();
    insta::assert_snapshot!(format!("order: {order:?}\nglue depends on: {:?}", output.manifest.stacks["glue"].dependencies));
}

#[test]
fn row_30_literal_name_of_another_stack() {
    let mut app = App::new();
    stack(&mut app, "s3").add("data", bucket("prices"));
    let versioning = VersioningConfiguration::builder().status("Enabled").build();
    let versioning = S3BucketVersioning::builder().bucket("prices").versioning_configuration(versioning).build();
    stack(&mut app, "extras").add("data", versioning);
    insta::assert_snapshot!(app.synth().unwrap_err().to_string());
}

#[test]
fn row_31_cycle_between_stacks() {
    let mut app = App::new();
    let network = stack(&mut app, "network");
    network.depends_on_stack("worker");
    let bucket = network.add("data", bucket("prices")).bucket();
    stack(&mut app, "worker").add("a", S3Object::builder().bucket(bucket).key("a").build());
    insta::assert_snapshot!(app.synth().unwrap_err().to_string());
}

#[test]
fn all_mistakes_of_all_stacks_are_reported_together() {
    let mut app = App::new();
    let s3 = stack(&mut app, "s3");
    s3.add("data", bucket("Prices"));
    s3.add("data", S3Bucket::builder().bucket("prices").bucket_prefix("p").build());
    let iam = stack(&mut app, "iam");
    let glue = iam.add("glue", role("glue"));
    let wide = Statement::allow("All", &["s3:*"]).on("*");
    iam.add("glue", IamRolePolicy::builder().name("a policy").role(glue.name()).policy(policy([wide])).build());
    let jobs = stack(&mut app, "glue");
    jobs.scope("etl", |stack| {
        let job = GlueJob::builder().name("").role_arn("arn:aws:iam::1:role/x").max_capacity(2.0).number_of_workers(2);
        stack.add("extract", job.command(Command::builder().script_location("https://code").build()).build());
    });
    let raw: Val<String> = text!["${", glue.arn(), "}"];
    jobs.output("role", raw);
    jobs.output::<String>("role", Val::raw(Expr::Null));
    insta::assert_snapshot!(app.synth().unwrap_err().to_string());
}

/// The table names every test that there is, and no other.
#[test]
fn the_table_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("docs/mistakes.md")).unwrap();
    let rows: Vec<&str> =
        table.lines().filter(|line| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit())).collect();
    let numbers: Vec<usize> = rows.iter().map(|row| row[2..].split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, (1..=31).collect::<Vec<_>>());
    let named: BTreeSet<String> = rows
        .iter()
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .filter(|word| word.starts_with("row_") || word.ends_with(".rs"))
        .map(str::to_owned)
        .collect();
    let source = include_str!("mistakes.rs");
    let functions = source
        .lines()
        .filter_map(|line| line.strip_prefix("fn row_"))
        .map(|rest| format!("row_{}", rest.split('(').next().unwrap()));
    let cases = std::fs::read_dir(root.join("tests/mistakes/compile")).unwrap();
    let cases = cases.map(|case| case.unwrap().file_name().into_string().unwrap()).filter(|name| name.ends_with(".rs"));
    assert_eq!(named, functions.chain(cases).collect::<BTreeSet<_>>());
}
