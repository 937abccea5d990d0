//! Mistakes in a stack, one test or more for each row of `docs/mistakes.md`: those that do not compile are the cases of
//! `mistakes/compile`, those that synth refuses are snapshots of everything that it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use oleoduto_aws::asl::{Pass, State, StateMachine};
use oleoduto_aws::ecr_lifecycle_policy::EcrLifecyclePolicy;
use oleoduto_aws::ecr_repository::EcrRepository;
use oleoduto_aws::glue_catalog_table::{GlueCatalogTable, PartitionIndex};
use oleoduto_aws::iam_role::IamRole;
use oleoduto_aws::iam_role_policy::IamRolePolicy;
use oleoduto_aws::lambda_function::LambdaFunction;
use oleoduto_aws::policy::{Statement, policy, trust};
use oleoduto_aws::provider::AwsProvider;
use oleoduto_aws::s3_bucket::S3Bucket;
use oleoduto_aws::s3_bucket_server_side_encryption_configuration::S3BucketServerSideEncryptionConfiguration;
use oleoduto_aws::s3_bucket_versioning::{S3BucketVersioning, VersioningConfiguration};
use oleoduto_aws::sfn_state_machine::SfnStateMachine;
use oleoduto_aws::sqs_queue::SqsQueue;
use oleoduto_aws::types::{Definition, LambdaRuntime, PolicyDocument};
use oleoduto_cdk::{App, Backend, Stack, Val, text};

const ROLE: &str = "arn:aws:iam::123456789012:role/jobs";
const MISSPELLED: &str = r#"{"Statement": [{"Effect": "Alow", "Action": "s3:GetObject", "Resource": "*"}]}"#;

fn stack<'a>(app: &'a mut App, name: &str) -> &'a mut Stack {
    let stack = app.stack(name, Backend::Local { path: format!("{name}.tfstate").into() });
    stack.provider(AwsProvider::builder().region("eu-west-1").build());
    stack
}

/// All that synth says about an app.
fn refused(app: App) -> String {
    app.synth().unwrap_err().to_string()
}

/// All that synth says about one stack.
fn refused_stack(build: impl FnOnce(&mut Stack)) -> String {
    let mut app = App::new();
    build(stack(&mut app, "one"));
    refused(app)
}

fn role(name: &str) -> IamRole {
    IamRole::builder().name(name).assume_role_policy(trust("lambda.amazonaws.com", "123456789012")).build()
}

fn role_policy(document: impl Into<Val<PolicyDocument>>) -> IamRolePolicy {
    IamRolePolicy::builder().role("jobs").policy(document).build()
}

fn machine(definition: impl Into<Val<Definition>>) -> SfnStateMachine {
    SfnStateMachine::builder().name("flow").role_arn(ROLE).definition(definition).build()
}

fn versioning(bucket: &str) -> S3BucketVersioning {
    let enabled = VersioningConfiguration::builder().status("Enabled").build();
    S3BucketVersioning::builder().bucket(bucket).versioning_configuration(enabled).build()
}

#[test]
fn what_does_not_compile() {
    crate::compiler::refuses("tests/mistakes/compile");
}

/// What people try first, and what the compiler says to it. Where it lets a crate choose the words, they name the cure; for the four
/// others, which it tells in its own words, the guide does.
const CURES: [(&str, &str); 10] = [
    ("attribute_of_a_list", "NestedList<VpcConfigRefs>"),
    ("borrowed_reference_of_another_type", "`.text()`"),
    ("builder_for_a_resource", "`.build()`"),
    ("conditional_argument", "SqsQueueBuilder<SetDelaySeconds"),
    ("key_of_a_map", "Map<String>>`"),
    ("misspelled_argument", "`name`"),
    ("missing_argument", "assume_role_policy"),
    ("reference_of_another_type", "`.text()`"),
    ("resource_before_id", "give the ID first"),
    ("two_stacks_at_once", "E0499"),
];

#[test]
fn the_compiler_names_the_cure() {
    let folder = "tests/mistakes/told";
    crate::compiler::refuses(folder);
    assert_eq!(names(folder, ".rs"), CURES.iter().map(|(case, _)| (*case).to_owned()).collect());
    for (case, cure) in CURES {
        let said = fs::read_to_string(format!("{folder}/{case}.stderr")).unwrap();
        assert!(said.contains(cure), "{case}: {cure} is missing in:\n{said}");
    }
}

#[test]
fn what_else_people_try_first_compiles() {
    crate::compiler::accepts("tests/mistakes/accepted");
}

#[test]
fn row_05_missing_block() {
    insta::assert_snapshot!(refused_stack(|stack| {
        let rules = Vec::new();
        stack.add("data", S3BucketServerSideEncryptionConfiguration::builder().bucket("data").rule(rules).build());
    }));
}

#[test]
fn row_06_too_many_blocks() {
    insta::assert_snapshot!(refused_stack(|stack| {
        let index = |name: &str| PartitionIndex::builder().index_name(name).keys(["day"]).build();
        let table = GlueCatalogTable::builder().database_name("prices").name("daily");
        stack.add("daily", table.partition_index(["a", "b", "c", "d"].map(index)).build());
    }));
}

#[test]
fn row_08_key_set_twice() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("jobs", SqsQueue::builder().tags([("Stage", "dev"), ("Stage", "prod")]).build());
    }));
}

#[test]
fn row_13_unescaped_interpolation() {
    let mut app = App::new();
    let stack = stack(&mut app, "one");
    let name = stack.add("worker", role("worker")).name();
    let tags = [("Plain", "${amount} of %{share}".into()), ("Template", text!["${amount} of ", name])];
    stack.add("data", SqsQueue::builder().name("data").tags(tags).build());
    let own = Statement::allow("Own", &["s3:GetObject"]).on("arn:aws:s3:::home/${aws:username}/*");
    stack.add("own", role_policy(policy([own])));
    let output = app.synth().unwrap();
    let lines: Vec<_> = output.stacks[0].json.lines().filter(|line| line.contains("${")).map(str::trim).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn row_15_duplicate_id() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("jobs", SqsQueue::builder().build());
        stack.add("jobs", SqsQueue::builder().build());
        // Another text, but the same id to Terraform.
        stack.add("jo bs", SqsQueue::builder().build());
    }));
}

#[test]
fn row_16_conflicting_attributes() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("data", S3Bucket::builder().bucket("data").bucket_prefix("data-").build());
    }));
}

#[test]
fn row_17_exactly_one_of() {
    insta::assert_snapshot!(refused_stack(|stack| {
        let function = || LambdaFunction::builder().function_name("f").role(ROLE).package_type("Image");
        stack.add("none", function().build());
        stack.add("two", function().image_uri("123456789012.dkr.ecr.eu-west-1.amazonaws.com/f:1").filename("f.zip").build());
    }));
}

#[test]
fn row_18_zip_without_handler() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("f", LambdaFunction::builder().function_name("f").role(ROLE).filename("f.zip").build());
    }));
}

#[test]
fn row_20_invalid_arn() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("flow", SfnStateMachine::builder().role_arn("role/jobs").definition(sound().definition()).build());
    }));
}

#[test]
fn row_21_arn_of_another_service() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("flow", SfnStateMachine::builder().role_arn("arn:aws:s3:::data").definition(sound().definition()).build());
    }));
}

#[test]
fn row_22_role_name() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("jobs", role("the jobs"));
        stack.add("long", role(&"r".repeat(65)));
    }));
}

#[test]
fn row_23_bucket_name() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("data", S3Bucket::builder().bucket("Data-Lake").build());
    }));
}

#[test]
fn row_24_policy_is_not_json() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("read", role_policy(r#"{"Statement": [}"#));
    }));
}

#[test]
fn row_25_misspelled_effect() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("read", role_policy(MISSPELLED));
    }));
}

fn sound() -> StateMachine {
    StateMachine::new("Nothing", 60).state("Done", State::Succeed)
}

fn misled() -> StateMachine {
    StateMachine::new("Misled", 60).state("First", Pass::new().next("Secnd")).state("Second", State::Succeed)
}

#[test]
fn row_26_missing_state() {
    insta::assert_snapshot!(refused_stack(|stack| {
        stack.add("flow", machine(misled().definition()));
    }));
}

#[test]
fn row_26_missing_state_of_a_literal() {
    let of = |state: &str| {
        let states = format!(r#"{{"StartAt": "First", "States": {{"First": {state}, "Done": {{"Type": "Succeed"}}}}}}"#);
        move |stack: &mut Stack, id: &str| _ = stack.add(id, machine(states))
    };
    insta::assert_snapshot!(refused_stack(|stack| {
        of(r#"{"Type": "Pass", "Next": "Secnd"}"#)(stack, "next");
        of(r#"{"Type": "Choice", "Choices": [{"Next": "Secnd"}], "Default": "Done"}"#)(stack, "choice");
        of(r#"{"Type": "Choice", "Choices": [{"Next": "Done"}], "Default": "Secnd"}"#)(stack, "default");
        of(r#"{"Type": "Task", "Catch": [{"Next": "Secnd"}], "Next": "Done"}"#)(stack, "catch");
        let inner = r#"{"StartAt": "Work", "States": {"Work": {"Type": "Pass", "Next": "Done"}}}"#;
        of(&format!(r#"{{"Type": "Map", "ItemProcessor": {inner}, "Next": "Done"}}"#))(stack, "map");
        of(&format!(r#"{{"Type": "Parallel", "Branches": [{inner}], "Next": "Done"}}"#))(stack, "parallel");
    }));
}

/// The second message only follows from the first: without its file the function has no code.
#[test]
fn row_27_absent_file() {
    insta::assert_snapshot!(refused_stack(|stack| {
        let filename = stack.asset_file("code", Path::new("dist/absent.zip"));
        let function = LambdaFunction::builder().function_name("f").role(ROLE).filename(filename);
        stack.add("f", function.handler("f.handler").runtime(LambdaRuntime::Python313).build());
    }));
}

#[test]
fn row_28_absent_stack() {
    let mut other = App::new();
    let arn = stack(&mut other, "iam").add("jobs", role("jobs")).arn();
    let mut app = App::new();
    let flow = SfnStateMachine::builder().role_arn(arn).definition(sound().definition()).build();
    stack(&mut app, "flow").add("flow", flow);
    insta::assert_snapshot!(refused(app));
}

#[test]
fn row_29_producer_comes_first() {
    let mut app = App::new();
    // Declared first, applied last.
    stack(&mut app, "alarms").depends_on_stack("flow");
    let arn = stack(&mut app, "iam").add("jobs", role("jobs")).arn();
    let flow = SfnStateMachine::builder().role_arn(arn).definition(sound().definition()).build();
    stack(&mut app, "flow").add("flow", flow);
    let output = app.synth().unwrap();
    let needs = |name: &str| output.manifest.stacks[name].dependencies.join(", ");
    let order: Vec<_> = output.stacks.iter().map(|stack| format!("{} needs [{}]", stack.name, needs(&stack.name))).collect();
    insta::assert_snapshot!(order.join("\n"));
}

#[test]
fn row_30_literal_name_of_another_stack() {
    let mut app = App::new();
    let producer = stack(&mut app, "producer");
    producer.add("jobs", role("jobs"));
    producer.add("data", S3Bucket::builder().bucket("data").build());
    producer.add("image", EcrRepository::builder().name("image").build());
    let consumer = stack(&mut app, "consumer");
    let read = Statement::allow("Read", &["s3:GetObject"]).on("arn:aws:s3:::elsewhere/*");
    consumer.add("read", role_policy(policy([read])));
    consumer.add("data", versioning("data"));
    consumer.add("image", EcrLifecyclePolicy::builder().repository("image").policy("{}").build());
    insta::assert_snapshot!(refused(app));
}

#[test]
fn row_31_cycle_between_stacks() {
    let mut app = App::new();
    let iam = stack(&mut app, "iam");
    iam.depends_on_stack("flow");
    let arn = iam.add("jobs", role("jobs")).arn();
    let flow = SfnStateMachine::builder().role_arn(arn).definition(sound().definition()).build();
    stack(&mut app, "flow").add("flow", flow);
    insta::assert_snapshot!(refused(app));
}

#[test]
fn every_mistake_of_three_stacks_is_reported_at_once() {
    let mut app = App::new();
    let storage = stack(&mut app, "storage");
    storage.depends_on_stack("flow");
    storage.add("raw", S3Bucket::builder().bucket("Data-Lake").build());
    storage.add("raw", S3Bucket::builder().bucket("data").bucket_prefix("data-").build());
    let image = storage.add("image", EcrRepository::builder().name("image").build());
    let iam = stack(&mut app, "iam");
    iam.add("jobs", role("the jobs"));
    iam.add("read", role_policy(MISSPELLED));
    iam.add("write", role_policy(policy([Statement::allow("Write", &["s3:*"]).on("arn:aws:s3:::data/*")])));
    iam.add("data", versioning("data"));
    let flow = stack(&mut app, "flow");
    let image = text![image.repository_url(), ":1"];
    flow.add("f", LambdaFunction::builder().function_name("f").role("arn:aws:s3:::data").image_uri(image).build());
    flow.add("flow", machine(misled().definition()));
    flow.asset_file("code", Path::new("dist/absent.zip"));
    insta::assert_snapshot!(refused(app));
}

/// One row of the table in `docs/mistakes.md`.
struct Row {
    number: String,
    here: String,
    tests: BTreeSet<String>,
}

fn rows(table: &str) -> Vec<Row> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = table.lines().map(cells).filter(|cells| cells.len() == 6 && cells[0].parse::<u8>().is_ok());
    let tests = |cell: &str| cell.split(", ").map(|test| test.trim_matches('`').to_owned()).collect();
    rows.map(|cells| Row { number: cells[0].clone(), here: cells[4].clone(), tests: tests(&cells[5]) }).collect()
}

/// The names of a folder's files with an extension, without it.
fn names(folder: &str, extension: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files.filter_map(|file| Some(file.strip_suffix(extension)?.to_owned())).collect()
}

/// The functions of this file that test a row.
fn functions() -> BTreeSet<String> {
    let after = |line: &str| Some(format!("row_{}", line.strip_prefix("fn row_")?.strip_suffix("() {")?));
    include_str!("mistakes.rs").lines().filter_map(after).collect()
}

#[test]
fn the_table_names_every_test() {
    let table = fs::read_to_string("docs/mistakes.md").unwrap();
    let cases = names("tests/mistakes/compile", ".rs");
    assert_eq!(cases, names("tests/mistakes/compile", ".stderr"), "every case has its error, and no error is left over");
    let functions = functions();
    let of_rows = |name: &String| Some(name.strip_prefix("it__mistakes__")?.to_owned()).filter(|name| name.starts_with("row_"));
    let snapshots: BTreeSet<_> = names("tests/it/snapshots", ".snap").iter().filter_map(of_rows).collect();
    assert_eq!(functions, snapshots, "every function has its snapshot, and no snapshot is left over");

    let rows = rows(&table);
    assert_eq!(
        rows.iter().map(|row| row.number.clone()).collect::<Vec<_>>(),
        (1..=31).map(|n| format!("{n:02}")).collect::<Vec<_>>()
    );
    let (mut compile, mut synth, mut both) = (0, 0, 0);
    for Row { number, here, tests } in &rows {
        let of = |names: &BTreeSet<String>, prefix: &str| -> BTreeSet<String> {
            names.iter().filter(|name| name.starts_with(&format!("{prefix}{number}_"))).cloned().collect()
        };
        let (cases, functions) = (of(&cases, ""), of(&functions, "row_"));
        assert_eq!(*tests, &cases | &functions, "row {number}");
        let (at_compile, at_synth) = match here.as_str() {
            "compile" => (true, false),
            "synth" => (false, true),
            "compile, synth" => (true, true),
            // Nothing refuses it: the output is right whatever the stack says.
            "cannot arise" => (false, true),
            other => panic!("row {number} says `{other}`"),
        };
        assert_eq!((at_compile, at_synth), (!cases.is_empty(), !functions.is_empty()), "row {number} says `{here}`");
        compile += usize::from(here == "compile");
        synth += usize::from(here == "synth");
        both += usize::from(here == "compile, synth");
    }
    let summary = format!(
        "Of {} mistakes {compile} do not compile, {synth} are refused by synth, {both} by one or the other, and {} cannot arise.",
        rows.len(),
        rows.len() - compile - synth - both
    );
    assert!(table.contains(&summary), "the table should say: {summary}");
    assert_eq!(cases.len() + functions.len(), rows.iter().map(|row| row.tests.len()).sum::<usize>());
}

#[test]
fn the_messages_beside_the_table_are_real() {
    let table = fs::read_to_string("docs/mistakes.md").unwrap();
    let read = |folder: &str, extension: &str| -> Vec<String> {
        names(folder, extension).iter().map(|name| fs::read_to_string(format!("{folder}/{name}{extension}")).unwrap()).collect()
    };
    let texts = [read("tests/mistakes/compile", ".stderr"), read("tests/it/snapshots", ".snap")].concat();
    let quoted: Vec<_> = table.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
    assert_eq!(quoted.len(), 4);
    for message in quoted {
        assert!(texts.iter().any(|text| text.contains(message)), "nobody says:\n{message}");
    }
}
