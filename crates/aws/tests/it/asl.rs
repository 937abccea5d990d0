//! State machines as their users see them: the definition of a sound one, the mistakes of a broken one.

use oleoduto_aws::asl::{
    Catch, Choice, Condition, DataType, Fail, Flow, JobProtection, Map, Order, Parallel, Pass, ProcessingJob, Retry, State,
    StateMachine, Task, TrainingChannel, TrainingJob, Wait,
};
use oleoduto_aws::data_partition::PartitionData;
use oleoduto_aws::iam_role::IamRole;
use oleoduto_aws::policy;
use oleoduto_aws::types::RoleArn;
use oleoduto_cdk::{App, Backend, Expr, Part, Ref};

fn references() -> (Ref<String>, Ref<RoleArn>) {
    let mut app = App::new();
    let stack = app.stack("t", Backend::Local { path: "t.tfstate".into() });
    let partition = stack.data("p", PartitionData::builder().build()).partition();
    let role = IamRole::builder().assume_role_policy(policy::trust("sagemaker.amazonaws.com", "123456789012")).build();
    (partition, stack.add("r", role).arn())
}

/// JSON with one line for each value; a reference is `${…}`, so that the snapshot is of the machine alone.
fn pretty(expr: &Expr, indent: usize) -> String {
    let pad = "  ".repeat(indent);
    let lines = |items: Vec<String>, open: &str, close: &str| match items.as_slice() {
        [] => format!("{open}{close}"),
        items => format!("{open}\n{pad}  {}\n{pad}{close}", items.join(&format!(",\n{pad}  "))),
    };
    match expr {
        Expr::Null => "null".into(),
        Expr::Bool(value) => value.to_string(),
        Expr::Int(value) => value.to_string(),
        Expr::Float(value) => value.to_string(),
        Expr::Str(text) => format!("{text:?}"),
        Expr::Template(parts) => format!("{:?}", parts.iter().map(part).collect::<String>()),
        Expr::Array(items) => lines(items.iter().map(|item| pretty(item, indent + 1)).collect(), "[", "]"),
        Expr::Object(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| format!("{key:?}: {}", pretty(value, indent + 1)));
            lines(pairs.collect(), "{", "}")
        }
        Expr::Call("jsonencode", arguments) => arguments.iter().map(|argument| pretty(argument, indent)).collect(),
        Expr::Invalid(reasons) => format!("invalid: {reasons:?}"),
        _ => "\"${…}\"".into(),
    }
}

fn part(part: &Part) -> String {
    match part {
        Part::Text(text) => text.to_string(),
        Part::Interpolation(_) => "${…}".to_owned(),
    }
}

fn object<const N: usize>(pairs: [(&'static str, &str); N]) -> Expr {
    Expr::object(pairs.map(|(key, value)| (key, Expr::from(value))))
}

/// Fails with the error that was caught at `$.error`.
fn caught() -> Fail {
    Fail::default().error("PipelineFailed").cause_path("States.Format('{}: {}', $.error.Error, $.error.Cause)")
}

#[test]
fn every_state_has_its_definition() {
    let (partition, role) = references();
    let branch =
        |name: &str| Flow::new().state(name, Task::resource(&role, object([])).timeout_seconds(60).heartbeat_seconds(10));
    let ask = object([("QueueUrl", "https://queue"), ("MessageBody.$", "$$.Task.Token")]);
    let selector = object([("item.$", "$$.Map.Item.Value"), ("text.$", "States.Format('{}: {}', $.id, $$.Map.Item.Index)")]);
    let machine = StateMachine::new("Every state", 3600)
        .state("Start", Pass::new().result(object([("a.$", "kept as it is")])).result_path("$.start").next("Shape"))
        .state("Shape", Pass::new().parameters(object([("id.$", "States.UUID()")])).comment("A new id").next("Later"))
        .state("Later", Wait::seconds(5).next("Until"))
        .state("Until", Wait::timestamp("2030-12-31T23:59:59Z").output_path("$.data").next("PathSeconds"))
        .state("PathSeconds", Wait::seconds_path("$.delay").next("PathTime"))
        .state("PathTime", Wait::timestamp_path("$.at").next("Ask"))
        .state(
            "Ask",
            Task::integration(&partition, "sqs:sendMessage.waitForTaskToken", ask)
                .input_path("$.question")
                .timeout_seconds_path("$.patience")
                .heartbeat_seconds_path("$.pulse")
                .result_selector(object([("answer.$", "$.answer")]))
                .result_path("$.answer")
                .retry(Retry::on(&["Sqs.Busy"], 1, 2).backoff_rate(1.5).max_delay_seconds(60))
                .retry(Retry::on(&["States.ALL"], 2, 3).without_jitter())
                .catch(
                    Catch::on(&["States.Timeout", "States.HeartbeatTimeout"], "TooLate").result_path("$.late").comment("Silence"),
                )
                .catch(Catch::on(&["Custom"], "Failed").without_error())
                .catch("Failed")
                .next("Which"),
        )
        .state(
            "Which",
            Choice::new()
                .when(Condition::string("$.answer", Order::Equals, "no"), "Done")
                .when(
                    Condition::all([
                        Condition::is_present("$.n", true),
                        Condition::is("$.n", DataType::Numeric, true),
                        Condition::numeric("$.n", Order::GreaterThan, 3),
                        Condition::numeric("$.n", Order::LessThanEquals, 7.5),
                        Condition::numeric_path("$.n", Order::GreaterThanEquals, "$.least"),
                    ]),
                    "Fan",
                )
                .when(
                    Condition::any([
                        Condition::not(Condition::is_null("$.x", true)),
                        Condition::boolean("$.x", true),
                        Condition::boolean_path("$.x", "$.y"),
                        Condition::string_path("$.s", Order::LessThan, "$.t"),
                        Condition::string_matches("$.s", "log-*.txt"),
                        Condition::timestamp("$.at", Order::LessThan, "2030-12-31T23:59:59Z"),
                        Condition::timestamp_path("$.at", Order::Equals, "$.then"),
                    ]),
                    "Each",
                )
                .otherwise("Unknown"),
        )
        .state("Fan", Parallel::new([branch("Left"), branch("Right")]).parameters(object([("x.$", "$.x")])).next("Each"))
        .state(
            "Each",
            Map::new(Flow::new().state("Work", Pass::new().without_input().without_output()))
                .items_path("$.items")
                .item_selector(selector)
                .max_concurrency(4)
                .keep(&[("first", "$[0]")], "$.each")
                .catch("Failed")
                .next("All"),
        )
        .state("All", Map::new(Flow::new().state("End", State::Succeed)).max_concurrency_path("$.width").next("Done"))
        .state("Done", State::Succeed)
        .state("TooLate", Fail::new("TooLate", "Nobody answered").comment("See the queue"))
        .state("Unknown", Fail::from_paths("$.answer", "States.JsonToString($)"))
        .state("Failed", caught());
    assert_eq!(machine.mistakes(), Vec::<String>::new());
    insta::assert_snapshot!(pretty(machine.definition().expr(), 0));
}

#[test]
fn every_mistake_is_found_at_once() {
    let (partition, role) = references();
    let call = |integration: &str, parameters: Expr| Task::integration(&partition, integration, parameters);
    let long = "x".repeat(81);
    let training = TrainingJob {
        name: "run.name".into(),
        image: "image".into(),
        role: role.clone(),
        channels: vec![TrainingChannel { name: "training", uri: "States.Format('s3://{}/{}', $.a)".into() }],
        output_uri: "s3://out".into(),
        hyperparameters: vec![("seed", "0".into()), ("seed.$", "$.seed".into())],
        metrics: vec![],
        instance_type: "ml.m5.large".into(),
        volume_gb: 50,
        max_runtime_seconds: 3600,
        checkpoint_uri: Some("$.checkpoints".into()),
        spot_wait_seconds: Some(60),
        protection: JobProtection::default(),
    };
    let processing = ProcessingJob {
        name: "$run.name".into(),
        image: "image".into(),
        role,
        arguments: "States.Array('a', $.b".into(),
        inputs: vec![],
        outputs: vec![],
        instance_type: "ml.m5.large".into(),
        volume_gb: 50,
        max_runtime_seconds: 3600,
        protection: JobProtection::default(),
    };
    let spot = Expr::object([
        ("TrainingJobName", Expr::from("x")),
        ("RoleArn", "x".into()),
        ("OutputDataConfig", object([("S3OutputPath", "s3://x")])),
        (
            "StoppingCondition",
            Expr::object([("MaxRuntimeInSeconds", Expr::from(60_i64)), ("MaxWaitTimeInSeconds", 90_i64.into())]),
        ),
    ]);
    let fan = Parallel::new([
        Flow::new().state("Work", Wait::seconds(-1).next("Start")).state("Idle", Wait::timestamp("tomorrow")),
        Flow::new().state("Work", Fail::new("Custom", "always")),
        Flow::new(),
    ]);
    let each = Flow::new().state("Inner", Parallel::new([Flow::new().state("Deep", Pass::new().input_path("$.a["))]));
    let machine = StateMachine::new("Every mistake", 0)
        .state("Start", Task::training_job(&partition, training).next("Process").catch("Proces"))
        .state("Process", Task::processing_job(&partition, processing).next("Spot"))
        .state("Spot", call("sagemaker:createTrainingJob.sync", spot).next("Unknown"))
        .state("Unknown", call("glue:startJobRuns.sync", object([])).next("Pattern"))
        .state("Pattern", call("dynamodb:getItem.sync", object([("TableName", "t"), ("Key", "k")])).next("Missing"))
        .state("Missing", call("sqs:sendMessage", object([("QueueUrl", "q"), ("MessageBdy.$", "$.x")])).next("Token"))
        .state("Token", call("lambda:invoke.waitForTaskToken", object([("FunctionName", "f")])).next("Sdk"))
        .state("Sdk", call("aws-sdk:S3.sync", object([])).next("Times"))
        .state("Times", Task::resource("arn", object([])).timeout_seconds(10).heartbeat_seconds(10).next("Errors"))
        .state(
            "Errors",
            Task::resource("arn", object([("x.$", "States.Unknown()"), ("y.$", "plain")]))
                .result_path("$$.Task")
                .retry(Retry::on(&["States.ALL", "Other"], 0, -1).backoff_rate(0.5).max_delay_seconds(0))
                .retry(Retry::on(&[], 1, 1))
                .catch("Fail")
                .catch(Catch::on(&["States.TimeOut"], "Nowhere").result_path("$.a[*]"))
                .next("Rules"),
        )
        .state("Choose", Choice::new())
        .state(
            "Rules",
            Choice::new()
                .when(Condition::all([]), "Fan")
                .when(Condition::not(Condition::string_path("$..x", Order::Equals, "y")), "Fan")
                .when(Condition::timestamp("$.at", Order::Equals, "now"), "Fan")
                .otherwise("Both"),
        )
        .state("Fan", fan.next("Each"))
        .state("Each", Map::new(each).items_path("items").max_concurrency(-1).next("Empty"))
        .state("Empty", Parallel::new([]).next("Fail"))
        .state("Both", Pass::new().result(Expr::Null).parameters(object([("x.$", "$$.Excution.Id")])).next(&long))
        .state("Fail", Fail::new("States.Timeout", "").cause_path("States.Array(1)"))
        .state(&long, Wait::seconds_path("$.a:b").next("Fail"))
        .state("Fail", caught());
    insta::assert_snapshot!(machine.mistakes().join("\n"));
    assert!(matches!(machine.definition().expr(), Expr::Invalid(_)));
}
