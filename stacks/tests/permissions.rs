//! What the roles may do, judged from the generated files as IAM judges: with values in the place of references.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use oleoduto_stacks::{Settings, StateBucket, StateStore, app};
use serde_json::{Value as Json, json};

const ACCOUNT: &str = "111122223333";
const SUBNETS: [&str; 2] = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"];
const GROUP: &str = "sg-0123456789abcdef0";

fn parse<T: TryFrom<String, Error = String>>(text: &str) -> T {
    T::try_from(text.to_owned()).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Of a project and a region, with parameters of the environment and the backend.
fn settings(project: &str, region: &str, parameters: Json, state: StateBucket) -> Settings {
    Settings {
        project: parse(project),
        environment: parse("prod"),
        series: parse("EIA366_PBRENT366"),
        account: parse(ACCOUNT),
        region: parse(region),
        root: root(),
        out: root().join("cdktf.out"),
        state: StateStore::S3(state),
        repository: Some(parse("acme/oleoduto")),
        parameters: serde_json::from_value(parameters).unwrap(),
    }
}

fn states() -> StateBucket {
    StateBucket::named(parse("oleoduto-tfstate-111122223333-sa-east-1"))
}

fn with_key_and_table() -> StateBucket {
    let key = "arn:aws:kms:sa-east-1:111122223333:key/00000000-0000-0000-0000-000000000000";
    StateBucket { kms_key_id: Some(parse(key)), dynamodb_table: Some(parse("locks")), ..states() }
}

fn everything() -> Json {
    json!({
        "ci": {},
        "disposable": true,
        "schedule": {"expression": "rate(1 day)"},
        "alarms": {"email": "someone@example.org", "budget": 100},
        "monitoring": {"tracing": true},
        "mlflow": {"server": "Small"},
        "retention": {"noncurrent_days": 90},
        "security": {"kms_key": "create", "access_logs": "logs-of-the-account"},
        "network": {"subnets": SUBNETS, "security_groups": [GROUP]},
    })
}

/// The settings that every statement about sizes is made for.
fn cases() -> Vec<(&'static str, Settings)> {
    let gov = "us-gov-west-1";
    // Without a budget and a tracking server, which exist in one partition only.
    let elsewhere = || {
        let mut parameters = everything();
        parameters["alarms"] = json!({"email": "someone@example.org"});
        parameters["mlflow"] = json!({});
        parameters
    };
    let long = |project: &str, region: &str| {
        let parameters = if region == gov { elsewhere() } else { everything() };
        let settings = settings(project, region, parameters, with_key_and_table());
        // One character more would be refused.
        assert!(settings.names().check(&settings.region).is_ok(), "{project} {region}");
        let longer = Settings { project: parse(&format!("{project}x")), ..settings.clone() };
        assert!(longer.names().check(&longer.region).is_err(), "{project}x {region}");
        settings
    };
    vec![
        ("plain", settings("oleoduto", "sa-east-1", json!({"ci": {}}), states())),
        ("everything", settings("oleoduto", "sa-east-1", everything(), states())),
        ("key and table", settings("oleoduto", "sa-east-1", json!({"ci": {}}), with_key_and_table())),
        ("gov", settings("oleoduto", gov, elsewhere(), states())),
        ("china", settings("oleoduto", "cn-north-1", elsewhere(), states())),
        ("the longest name", long("corporate-pipeline", "sa-east-1")),
        ("the longest name in gov", long("corporate-pipe", gov)),
    ]
}

/// The stacks of settings, with values in the place of what Terraform looks up.
struct Output {
    stacks: BTreeMap<String, Json>,
    bucket: String,
    partition: &'static str,
}

impl Output {
    fn of(settings: &Settings) -> Self {
        let stacks = app(settings).unwrap().synth().unwrap().stacks.into_iter();
        let stacks = stacks.map(|stack| (stack.name, serde_json::from_str(&stack.json).unwrap())).collect();
        let bucket = settings.names().bucket(&settings.account, &settings.region);
        let mut output = Self { stacks, bucket, partition: settings.region.partition() };
        let text = serde_json::to_string(&output.stacks).unwrap();
        let values = [
            ("${data.aws_partition.current.partition}", output.partition),
            ("${data.aws_region.current.name}", settings.region.as_str()),
            ("${data.aws_caller_identity.current.account_id}", ACCOUNT),
        ];
        let text = values.iter().fold(text, |text, (reference, value)| text.replace(reference, value));
        let (mut plain, mut rest) = (String::new(), text.as_str());
        while let Some((before, after)) = rest.split_once("${data.terraform_remote_state") {
            let (reference, after) = after.split_once('}').unwrap();
            plain.push_str(before);
            plain.push_str(if reference.ends_with("databucket") { output.bucket.as_str() } else { "REFERENCE" });
            rest = after;
        }
        output.stacks = serde_json::from_str(&(plain + rest)).unwrap();
        output
    }

    fn resources(&self, stack: &str, kind: &str) -> BTreeMap<String, Json> {
        let resources = self.stacks.get(stack).and_then(|stack| stack["resource"][kind].as_object());
        resources.into_iter().flatten().map(|(id, resource)| (id.clone(), resource.clone())).collect()
    }

    /// A policy as JSON: the text of `jsonencode`, with the ARNs that references have.
    fn document(&self, text: &str) -> Json {
        let inner = text.strip_prefix("${jsonencode(").and_then(|text| text.strip_suffix(")}")).unwrap();
        let role = regex_lite::Regex::new(r"aws_iam_\w+\.(\w+)\.arn").unwrap();
        let arn = format!("\"arn:{}:iam::{ACCOUNT}:role/$1\"", self.partition);
        let text = role
            .replace_all(inner, arn.as_str())
            .replace("data.aws_caller_identity.current.account_id", &format!("\"{ACCOUNT}\""));
        serde_json::from_str(&text.replace("\" = ", "\": ")).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The statements of a pipeline's role.
    fn role(&self, role: &str) -> Vec<Json> {
        let policies = self.resources("iam", "aws_iam_role_policy");
        statements(&self.document(policies[role]["policy"].as_str().unwrap()))
    }

    /// The managed policies of a workflows' role, or the boundary.
    fn managed(&self, what: &str) -> Vec<Json> {
        let policies = self.resources("cicd", "aws_iam_policy").into_iter().filter(|(id, _)| id.starts_with(what));
        policies.map(|(_, policy)| self.document(policy["policy"].as_str().unwrap())).collect()
    }

    fn workflow(&self, what: &str) -> Vec<Json> {
        self.managed(what).iter().flat_map(statements).collect()
    }
}

fn statements(document: &Json) -> Vec<Json> {
    document["Statement"].as_array().unwrap().clone()
}

fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::Array(items) => items.iter().map(|item| item.as_str().unwrap()).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// Whether a text fits a pattern of IAM.
fn fits(pattern: &str, text: &str) -> bool {
    let escaped: String = pattern.chars().map(|c| if c == '*' { ".*".to_owned() } else { regex_escape(c) }).collect();
    regex_lite::Regex::new(&format!("^{escaped}$")).unwrap().is_match(text)
}

fn regex_escape(c: char) -> String {
    if c.is_ascii_alphanumeric() || "/:-_".contains(c) { c.to_string() } else { format!("\\{c}") }
}

fn allows(statements: &[Json], action: &str, resource: &str) -> bool {
    let said = |effect: &str| {
        statements.iter().any(|statement| {
            statement["Effect"] == effect
                && texts(&statement["Action"]).iter().any(|pattern| fits(pattern, action))
                && texts(&statement["Resource"]).iter().any(|pattern| fits(pattern, resource))
        })
    };
    said("Allow") && !said("Deny")
}

fn characters(document: &Json) -> usize {
    document.to_string().chars().count()
}

#[test]
fn policies_are_within_the_limits_of_iam() {
    for (case, settings) in cases() {
        let output = Output::of(&settings);
        for (id, policy) in output.resources("iam", "aws_iam_role_policy") {
            let size = characters(&output.document(policy["policy"].as_str().unwrap()));
            assert!(size <= 10_240, "{case}: the inline policy of {id} has {size} characters");
        }
        for what in ["plan", "apply", "backend", "boundary"] {
            let sizes: Vec<usize> = output.managed(what).iter().map(characters).collect();
            println!("{case}: {what} {sizes:?}");
            assert!((1..=10).contains(&sizes.len()) && sizes.iter().all(|size| *size <= 6144), "{case}: {what} {sizes:?}");
        }
        for stack in output.stacks.keys() {
            for role in output.resources(stack, "aws_iam_role").values() {
                let size = role["assume_role_policy"].as_str().unwrap().len();
                assert!(size <= 2048, "{case}: {size}");
            }
        }
    }
}

/// The S3 URIs of the state machine, each with the action that a job's role needs for it.
fn uris(definition: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (start, _) in definition.match_indices("s3://") {
        let uri: String = definition[start..].chars().take_while(|c| !"'\"".contains(*c)).collect();
        let known = [
            ("\"S3Input\"", "s3:GetObject"),
            ("\"S3DataSource\"", "s3:GetObject"),
            ("\"S3Output\"", "s3:PutObject"),
            ("\"S3OutputPath\"", "s3:PutObject"),
            ("\"CheckpointConfig\"", "s3:PutObject"),
        ];
        let nearest = known.iter().filter_map(|(word, action)| Some((definition[..start].rfind(word)?, *action))).max().unwrap();
        found.push((nearest.1, uri));
    }
    found
}

#[test]
fn a_job_of_sagemaker_may_use_every_s3_uri_of_the_state_machine() {
    for (case, settings) in cases() {
        let output = Output::of(&settings);
        let machine = &output.resources("stepfunctions", "aws_sfn_state_machine")["pipeline"];
        let uris = uris(machine["definition"].as_str().unwrap());
        assert!(uris.len() > 15, "{uris:?}");
        let folders: BTreeSet<&str> = uris.iter().filter_map(|(_, uri)| uri.split('/').nth(3)).collect();
        assert_eq!(
            folders,
            ["extract_report", "final", "forecasts", "models", "predictions", "quality", "reports", "verdicts"].into()
        );
        for (action, uri) in &uris {
            let key = uri.replacen("s3://", "", 1).replace("{}", "20260101") + "part-00000.parquet";
            let arn = format!("arn:{}:s3:::{key}", output.partition);
            assert!(allows(&output.role("sagemaker"), action, &arn), "{case}: {action} {uri}");
        }
    }
}

#[test]
fn a_job_of_sagemaker_may_write_its_metrics_and_no_others() {
    let output = Output::of(&cases()[1].1);
    let spaces = |role: &str| -> BTreeSet<String> {
        let statements = output.role(role);
        let metrics = statements.iter().filter(|statement| statement["Action"] == "cloudwatch:PutMetricData");
        let values = metrics.flat_map(|statement| texts(&statement["Condition"]["StringEquals"]["cloudwatch:namespace"]));
        values.map(str::to_owned).collect()
    };
    let all = ["/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs", "Oleoduto"].map(str::to_owned);
    assert_eq!(spaces("sagemaker"), all.into());
    assert_eq!(spaces("glue"), ["Glue", "Oleoduto"].map(str::to_owned).into());
    // Nobody looks at the figures of the quality job without a stack `monitoring`.
    let plain = Output::of(&cases()[0].1);
    let statement = plain.role("glue").into_iter().find(|statement| statement["Action"] == "cloudwatch:PutMetricData").unwrap();
    assert_eq!(statement["Condition"]["StringEquals"]["cloudwatch:namespace"], "Glue");
}

#[test]
fn a_role_may_use_the_key_for_what_it_does_with_the_data() {
    let existing = format!("arn:aws:kms:sa-east-1:{ACCOUNT}:key/00000000-0000-0000-0000-000000000001");
    for key in ["create", &existing] {
        let mut parameters = everything();
        parameters["security"]["kms_key"] = json!(key);
        let settings = settings("oleoduto", "sa-east-1", parameters, states());
        let output = Output::of(&settings);
        let used = |statements: Vec<Json>| -> BTreeSet<String> {
            let of_key = statements.into_iter().filter(|statement| statement["Effect"] == "Allow").filter(|statement| {
                let is_one = texts(&statement["Action"]).iter().any(|action| action.starts_with("kms:"));
                assert!(!is_one || texts(&statement["Action"]).iter().all(|action| action.starts_with("kms:")), "{statement}");
                is_one
            });
            let of_key: Vec<Json> = of_key.collect();
            for statement in &of_key {
                if key == "create" {
                    let alias = json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": format!("alias/{}", settings.names().prefix())}});
                    assert_eq!(
                        (&statement["Condition"], &statement["Resource"]),
                        (&alias, &json!(format!("arn:aws:kms:sa-east-1:{ACCOUNT}:key/*")))
                    );
                } else {
                    assert_eq!((&statement["Condition"], &statement["Resource"]), (&Json::Null, &json!(key)));
                }
            }
            of_key.iter().flat_map(|statement| texts(&statement["Action"])).map(str::to_owned).collect()
        };
        let (decrypt, data_key) = ("kms:Decrypt".to_owned(), "kms:GenerateDataKey".to_owned());
        let both: BTreeSet<String> = [decrypt.clone(), data_key].into();
        for role in ["glue", "mlflow", "scheduler"] {
            assert_eq!(used(output.role(role)), both, "{role}");
        }
        let with_volumes: BTreeSet<String> = both.iter().cloned().chain(["kms:CreateGrant".to_owned()]).collect();
        assert_eq!(used(output.role("sagemaker")), with_volumes);
        assert_eq!(used(output.role("states")), [decrypt.clone()].into());
        assert_eq!(used(output.role("lambda")), BTreeSet::new());
        assert_eq!(used(output.workflow("boundary")), with_volumes);
        // Workflows deploy what the key encrypts, and can't change or delete it.
        assert_eq!(used(output.workflow("plan")), [decrypt].into());
        let more = ["kms:DescribeKey", "kms:RetireGrant"].map(str::to_owned);
        assert_eq!(used(output.workflow("apply")), with_volumes.iter().cloned().chain(more).collect());
    }
}

#[test]
fn interfaces_are_created_in_the_subnets_of_the_environment_only() {
    let output = Output::of(&cases()[1].1);
    let arn = |resource: &str| format!("arn:aws:ec2:sa-east-1:{ACCOUNT}:{resource}");
    for role in ["glue", "lambda", "sagemaker"] {
        let statements = output.role(role);
        for (resource, allowed) in [
            (format!("subnet/{}", SUBNETS[1]), true),
            (format!("security-group/{GROUP}"), true),
            ("network-interface/eni-1".to_owned(), true),
            ("subnet/subnet-0000000000000000f".to_owned(), false),
            ("security-group/sg-0000000000000000f".to_owned(), false),
        ] {
            assert_eq!(allows(&statements, "ec2:CreateNetworkInterface", &arn(&resource)), allowed, "{role}: {resource}");
        }
    }
    for role in ["states", "scheduler", "mlflow"] {
        assert!(!json!(output.role(role)).to_string().contains("ec2:"), "{role}");
    }
}

#[test]
fn the_machine_passes_a_role_only_to_the_service_of_its_jobs() {
    for (case, settings) in cases() {
        let output = Output::of(&settings);
        let passes: Vec<Json> =
            output.role("states").into_iter().filter(|statement| texts(&statement["Action"]).contains(&"iam:PassRole")).collect();
        let [pass] = passes.as_slice() else { panic!("{case}: {passes:?}") };
        assert_eq!(pass["Resource"], format!("arn:{}:iam::{ACCOUNT}:role/sagemaker", output.partition));
        assert_eq!(pass["Condition"], json!({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}));
    }
}

#[test]
fn the_pipeline_needs_few_actions() {
    let mut settings = cases().swap_remove(1).1;
    settings.parameters.security = Default::default();
    settings.parameters.network = None;
    let output = Output::of(&settings);
    let roles = ["glue", "lambda", "sagemaker", "states", "scheduler", "mlflow"].map(|role| output.role(role));
    let statements: Vec<Json> = roles.into_iter().flatten().collect();
    let actions: BTreeSet<&str> = statements.iter().flat_map(|statement| texts(&statement["Action"])).collect();
    assert!(actions.len() <= 57, "{}: {actions:?}", actions.len());
    for superfluous in ["glue:GetTable", "glue:GetDatabase", "s3:*", "s3:GetBucketLocation"] {
        assert!(!actions.contains(superfluous), "{superfluous}");
    }
    assert!(!output.role("lambda").iter().any(|statement| statement.to_string().contains("CreateLogGroup")));
}

#[test]
fn workflows_may_call_what_the_provider_calls() {
    for (case, settings) in cases() {
        let output = Output::of(&settings);
        let (plan, apply) = (output.workflow("plan"), output.workflow("apply"));
        let arn = |service: &str, resource: &str| {
            format!("arn:{}:{service}:{}:{ACCOUNT}:{resource}", output.partition, settings.region)
        };
        let database = settings.names().prefix().replace('-', "_");
        let table = arn("glue", &format!("table/{database}/final"));
        assert!(allows(&plan, "glue:GetPartitionIndexes", &table), "{case}");
        assert!(allows(&apply, "glue:DeleteDatabase", &arn("glue", &format!("userDefinedFunction/{database}/x"))), "{case}");
        let bucket = format!("arn:{}:s3:::{}", output.partition, output.bucket);
        assert!(allows(&plan, "s3:GetBucketVersioning", &bucket) && !allows(&plan, "s3:PutBucketVersioning", &bucket), "{case}");
        assert!(allows(&apply, "s3:DeleteObjectVersion", &format!("{bucket}/raw/x")), "{case}");
        let alarms = !output.resources("monitoring", "aws_cloudwatch_metric_alarm").is_empty();
        let prefix = settings.names().prefix().to_owned();
        let global = |service: &str, resource: &str| format!("arn:{}:{service}::{ACCOUNT}:{resource}", output.partition);
        let (dashboard, budget) = (format!("dashboard/{prefix}-dashboard"), format!("budget/{prefix}-budget"));
        for (action, resource) in [
            ("cloudwatch:PutDashboard", global("cloudwatch", &dashboard)),
            ("cloudwatch:PutMetricAlarm", arn("cloudwatch", &format!("alarm:{prefix}-failed"))),
            ("sns:SetTopicAttributes", arn("sns", &format!("{prefix}-alarms"))),
        ] {
            assert_eq!(allows(&apply, action, &resource), alarms, "{case}: {action}");
        }
        let budgets = !output.resources("monitoring", "aws_budgets_budget").is_empty();
        assert_eq!(allows(&apply, "budgets:ModifyBudget", &global("budgets", &budget)), budgets, "{case}");
        assert!(
            allows(&apply, "logs:PutRetentionPolicy", &arn("logs", &format!("log-group:/aws-glue/{prefix}/output"))),
            "{case}"
        );
        for (who, action) in
            [(&plan, "cloudwatch:DescribeAlarms"), (&plan, "sns:GetSubscriptionAttributes"), (&apply, "sns:Unsubscribe")]
        {
            assert_eq!(allows(who, action, "*"), alarms, "{case}: {action}");
        }
        let state = format!("arn:{}:s3:::oleoduto-tfstate-111122223333-sa-east-1/x", output.partition);
        assert!(allows(&output.workflow("backend"), "s3:GetObjectVersion", &state), "{case}");
    }
}

#[test]
fn workflows_may_use_the_key_the_table_and_the_role_of_the_backend() {
    let output = Output::of(&cases()[2].1);
    let key = "arn:aws:kms:sa-east-1:111122223333:key/00000000-0000-0000-0000-000000000000";
    let table = "arn:aws:dynamodb:sa-east-1:111122223333:table/locks";
    for (who, action, resource, allowed) in [
        ("plan", "kms:Decrypt", key, true),
        ("plan", "kms:GenerateDataKey", key, false),
        ("plan", "dynamodb:GetItem", table, true),
        ("plan", "dynamodb:PutItem", table, false),
        ("apply", "kms:GenerateDataKey", key, true),
        ("apply", "dynamodb:PutItem", table, true),
        ("apply", "dynamodb:DeleteTable", table, false),
        ("backend", "kms:Decrypt", key, true),
        ("backend", "dynamodb:CreateTable", table, true),
    ] {
        assert_eq!(allows(&output.workflow(who), action, resource), allowed, "{who} {action}");
    }
    let role = "arn:aws:iam::444455556666:role/states";
    let state = StateBucket { role_arn: Some(parse(role)), ..states() };
    let output = Output::of(&settings("oleoduto", "sa-east-1", json!({"ci": {}}), state));
    assert!(["plan", "apply", "backend"].iter().all(|who| allows(&output.workflow(who), "sts:AssumeRole", role)));
    let alias = StateBucket { kms_key_id: Some(parse("alias/states")), ..states() };
    let output = Output::of(&settings("oleoduto", "sa-east-1", json!({"ci": {}}), alias));
    let statement = output.workflow("plan").into_iter().find(|statement| statement["Action"] == "kms:Decrypt").unwrap();
    assert_eq!(statement["Condition"], json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/states"}}));
}

#[test]
fn workflows_pass_and_make_only_the_roles_of_the_pipeline() {
    for (case, settings) in cases() {
        let output = Output::of(&settings);
        let prefix = settings.names().prefix().to_owned();
        let role = |name: &str| format!("arn:{}:iam::{ACCOUNT}:role/{prefix}-{name}", output.partition);
        let apply = output.workflow("apply");
        for statement in apply
            .iter()
            .filter(|statement| texts(&statement["Action"]).contains(&"iam:PassRole") && statement["Effect"] == "Allow")
        {
            let service = statement["Condition"]["StringEquals"]["iam:PassedToService"].as_str().unwrap();
            for resource in texts(&statement["Resource"]) {
                let name = resource.strip_prefix(&role("")).unwrap();
                let own = if name == "mlflow" { "sagemaker" } else { name };
                assert_eq!(service, format!("{own}.amazonaws.com"), "{case}");
            }
        }
        assert!(allows(&apply, "iam:PassRole", &role("glue")) && allows(&apply, "iam:CreateRole", &role("glue")), "{case}");
        assert!(!allows(&apply, "iam:DeleteRolePermissionsBoundary", &role("glue")), "{case}");
        for other in ["ci-apply", "ci-plan", "x-glue", "admin"] {
            for action in ["iam:PassRole", "iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"] {
                assert!(!allows(&apply, action, &role(other)), "{case}: {action} {other}");
            }
        }
        let made = apply
            .iter()
            .filter(|statement| texts(&statement["Action"]).contains(&"iam:CreateRole") && statement["Effect"] == "Allow");
        for statement in made {
            let boundary = format!("arn:{}:iam::{ACCOUNT}:policy/{prefix}-boundary", output.partition);
            assert_eq!(statement["Condition"]["ArnEquals"]["iam:PermissionsBoundary"], boundary, "{case}");
        }
    }
}

#[test]
fn the_boundary_contains_every_statement_and_nothing_of_others() {
    for (case, settings) in cases() {
        let output = Output::of(&settings);
        let boundary = output.workflow("boundary");
        let names = settings.names();
        let prefix = names.prefix();
        let iam = |resource: String| format!("arn:{}:iam::{ACCOUNT}:{resource}", output.partition);
        for role in output.resources("iam", "aws_iam_role_policy").into_keys() {
            for statement in output.role(&role) {
                for action in texts(&statement["Action"]) {
                    for resource in texts(&statement["Resource"]) {
                        // The test's role ARNs are ids.
                        let resource = resource.replace(":role/", &format!(":role/{prefix}-")).replace('*', "x");
                        assert!(allows(&boundary, action, &resource), "{case}: {role}: {action} {resource}");
                    }
                }
            }
        }
        let states = format!("arn:{}:s3:::oleoduto-tfstate-111122223333-sa-east-1", output.partition);
        let other = format!("arn:{}:s3:::of-somebody-else", output.partition);
        for bucket in [states, other] {
            assert!(!allows(&boundary, "s3:GetObject", &format!("{bucket}/x")) && !allows(&boundary, "s3:ListBucket", &bucket));
        }
        for role in ["role/admin".to_owned(), format!("role/{prefix}-ci-apply"), format!("role/{prefix}-glue")] {
            assert!(!allows(&boundary, "iam:PassRole", &iam(role.clone())), "{case}: {role}");
        }
        assert!(boundary.iter().any(|statement| statement["Effect"] == "Deny" && statement["Action"] == "s3:*"), "{case}");
    }
}

#[test]
fn roles_come_after_the_boundary_and_go_before_it() {
    let output = app(&cases()[0].1).unwrap().synth().unwrap();
    let names: Vec<&str> = output.stacks.iter().map(|stack| stack.name.as_str()).collect();
    let place = |name: &str| names.iter().position(|known| *known == name).unwrap();
    assert!(place("cicd") < place("iam"), "{names:?}");
    assert!(output.manifest.stacks["iam"].dependencies.contains(&"cicd".to_owned()));
    let without = settings("oleoduto", "sa-east-1", json!({}), states());
    let output = app(&without).unwrap().synth().unwrap();
    assert!(!output.manifest.stacks["iam"].dependencies.contains(&"cicd".to_owned()));
}
