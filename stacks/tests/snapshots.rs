//! The generated files as users get them: one snapshot per stack.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::{Path, PathBuf};

use oleoduto_cdk::Synthesized;
use oleoduto_stacks::parameters::Environment;
use oleoduto_stacks::{Settings, StateStore, app};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn settings() -> Settings {
    Settings {
        project: parse("oleoduto"),
        environment: parse("dev"),
        series: parse("EIA366_PBRENT366"),
        account: parse("123456789012"),
        region: parse("sa-east-1"),
        root: root(),
        out: root().join("cdktf.out"),
        state: StateStore::Local(root()),
        repository: None,
        parameters: Environment::default(),
    }
}

fn parse<T: TryFrom<String, Error = String>>(text: &str) -> T {
    T::try_from(text.to_owned()).unwrap()
}

/// Content hashes change with every edit of a job: the snapshots show where they stand, not what they are.
fn without_hashes(json: &str, tag: &str) -> String {
    let text = json.replace(tag, "[image tag]");
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_hexdigit() {
            word.push(c);
            continue;
        }
        out.push_str(if word.len() == 32 { "[hash]" } else { &word });
        word.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

/// The output with the state machine's definition after it, a line for each member, instead of in one line. All other
/// characters stay, so that a change of the definition is a change of this text.
fn with_readable_definition(json: &str) -> String {
    let Some(line) = json.lines().find(|line| line.trim_start().starts_with("\"definition\": ")) else {
        return json.to_owned();
    };
    let (_, value) = line.split_once(": ").unwrap();
    let definition: String = serde_json::from_str(value.trim_end_matches(',')).unwrap();
    format!("{}\n== definition\n{}\n", json.replace(value, "[below],"), in_lines(&definition))
}

/// A line break after every bracket and comma outside of texts.
fn in_lines(text: &str) -> String {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0_usize, false, false);
    for c in text.chars() {
        // The space after a comma, which the line break replaces.
        if c == ' ' && !quoted && out.trim_end_matches(' ').ends_with(",\n") {
            continue;
        }
        let open = !quoted && matches!(c, '{' | '[');
        let close = !quoted && matches!(c, '}' | ']');
        depth = (depth + usize::from(open)).saturating_sub(usize::from(close));
        if close {
            out.push_str(&format!("\n{}", "  ".repeat(depth)));
        }
        out.push(c);
        if open || (!quoted && c == ',') {
            out.push_str(&format!("\n{}", "  ".repeat(depth)));
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn image_tag(output: &Synthesized) -> String {
    let ecr = output.stacks.iter().find(|stack| stack.name == "ecr").unwrap();
    let ecr: serde_json::Value = serde_json::from_str(&ecr.json).unwrap();
    ecr["output"]["image_tag"]["value"].as_str().unwrap().to_owned()
}

#[test]
fn every_stack_is_what_it_was() {
    let output = app(&settings()).unwrap().synth().unwrap();
    insta::assert_snapshot!("manifest", output.manifest_json());
    assert_eq!(output.stacks.len(), 6);
    for stack in &output.stacks {
        insta::assert_snapshot!(stack.name.clone(), with_readable_definition(&without_hashes(&stack.json, &image_tag(&output))));
    }
}

#[test]
fn training_runs_on_demand_if_the_environment_says_so() {
    let definition = |spot: bool| {
        let parameters = serde_json::from_value(serde_json::json!({"sizes": {"spot": spot}})).unwrap();
        let output = app(&Settings { parameters, ..settings() }).unwrap().synth().unwrap();
        output.stacks.iter().find(|stack| stack.name == "stepfunctions").unwrap().json.clone()
    };
    for word in ["EnableManagedSpotTraining", "MaxWaitTimeInSeconds"] {
        assert!(definition(true).contains(word) && !definition(false).contains(word), "{word}");
    }
    // A further attempt resumes in both.
    assert!(definition(true).contains("CheckpointConfig") && definition(false).contains("CheckpointConfig"));
}

fn everything(tags: usize) -> Settings {
    let parameters = serde_json::json!({
        "additional_series": ["BM12_ERC12", "EIA366_PWTI366"],
        "disposable": true,
        "sizes": {"glue_worker_type": "G.2X", "glue_workers": 5, "training_instance": "ml.c5.xlarge", "lambda_memory_mb": 256},
        "schedule": {"expression": "cron(0 9 ? * MON-FRI *)", "timezone": "America/Sao_Paulo"},
        "retention": {"log_days": 7, "images": 5, "noncurrent_days": 90},
        "alarms": {"email": "someone@example.org", "budget": 50},
        "monitoring": {"log_level": "ERROR", "tracing": true, "execution_minutes": 90},
        "tags": (0..tags).map(|index| (format!("Tag{index}"), "42".into())).collect::<serde_json::Map<_, _>>(),
    });
    Settings { parameters: serde_json::from_value(parameters).unwrap(), ..settings() }
}

#[test]
fn everything_that_an_environment_can_say() {
    let plain = app(&settings()).unwrap().synth().unwrap();
    let output = app(&everything(1)).unwrap().synth().unwrap();
    let tag = image_tag(&output);
    // Only what differs: the rest is in the snapshots above.
    let mut differences = String::new();
    for stack in output.stacks.iter().filter(|stack| stack.name != "monitoring") {
        let before = plain.stacks.iter().find(|before| before.name == stack.name).unwrap();
        differences.push_str(&format!("== {}\n", stack.name));
        let old: Vec<&str> = before.json.lines().collect();
        let text = without_hashes(&stack.json, &tag);
        let new = text.lines().filter(|line| !old.contains(line) && !line.contains("[hash]"));
        // Of the one long line only what is new in it.
        new.map(|line| if line.contains("\"definition\"") { sizes_in(line) } else { line.to_owned() })
            .for_each(|line| differences.push_str(&format!("{line}\n")));
    }
    insta::assert_snapshot!("everything", differences);
}

/// The instances in a state machine's definition.
fn sizes_in(definition: &str) -> String {
    let instances = definition.split("InstanceType\\\" = \\\"").skip(1).filter_map(|rest| rest.split('\\').next());
    format!("        definition with the instances {}", instances.collect::<Vec<_>>().join(", "))
}

#[test]
fn an_object_never_has_more_tags_than_s3_takes() {
    for (tags, overridden) in [(0, 0), (5, 0), (6, 5), (45, 5)] {
        let output = app(&everything(tags)).unwrap().synth().unwrap();
        let s3 = output.stacks.iter().find(|stack| stack.name == "s3").unwrap();
        let s3: serde_json::Value = serde_json::from_str(&s3.json).unwrap();
        assert_eq!(s3["provider"]["aws"][0]["default_tags"][0]["tags"].as_object().unwrap().len(), 5 + tags);
        let objects = s3["resource"]["aws_s3_object"].as_object().unwrap().values();
        let without = objects.filter(|object| object["override_provider"]["default_tags"]["tags"] == serde_json::json!({}));
        assert_eq!(without.count(), overridden, "{tags}");
    }
}

#[test]
fn the_output_is_the_same_byte_for_byte_and_holds_no_path_of_the_machine() {
    let synth = || app(&settings()).unwrap().synth().unwrap();
    let (first, second) = (synth(), synth());
    assert_eq!(first.manifest, second.manifest);
    for (a, b) in first.stacks.iter().zip(&second.stacks) {
        assert_eq!(a.json, b.json);
        assert!(!a.json.contains(root().to_str().unwrap()), "{} names a folder of this machine", a.name);
    }
}

#[test]
fn names_that_aws_would_refuse_are_refused_first() {
    assert!(settings().names().check(&settings().region).is_ok());
    let settings = Settings { environment: parse("averylongenvironmentname"), ..settings() };
    assert!(settings.names().check(&settings.region).unwrap_err().to_string().contains("shorten"));
}

#[test]
fn a_missing_jobs_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.root = folder.path().to_owned();
    let error = app(&settings).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("jobs/src/oleoduto_jobs") && error.to_string().contains("--project-dir"), "{error}: {cause}");
}

/// A stack of its own: off unless the environment asks.
mod monitoring {
    use serde_json::{Value as Json, json};

    use super::*;

    fn with(parameters: Json) -> Settings {
        Settings { parameters: serde_json::from_value(parameters).unwrap(), ..settings() }
    }

    fn stack(settings: &Settings) -> Option<Json> {
        let output = app(settings).unwrap().synth().unwrap();
        let found = output.stacks.into_iter().find(|stack| stack.name == "monitoring");
        found.map(|stack| serde_json::from_str(&stack.json).unwrap())
    }

    fn body(stack: &Json) -> Json {
        serde_json::from_str(stack["resource"]["aws_cloudwatch_dashboard"]["pipeline"]["dashboard_body"].as_str().unwrap())
            .unwrap()
    }

    #[test]
    fn alarms_and_a_topic_with_a_policy_and_a_dashboard() {
        let mut stack = stack(&everything(1)).unwrap();
        let body = body(&stack);
        stack["resource"]["aws_cloudwatch_dashboard"]["pipeline"]["dashboard_body"] = "[below]".into();
        let text = format!(
            "{}\n== dashboard\n{}",
            serde_json::to_string_pretty(&stack).unwrap(),
            serde_json::to_string_pretty(&body).unwrap()
        );
        insta::assert_snapshot!("monitoring", text);
    }

    #[test]
    fn nobody_has_it_unasked() {
        assert!(stack(&settings()).is_none());
        assert!(stack(&with(json!({"monitoring": {"dashboard": false}}))).is_none());
        let dashboard = stack(&with(json!({"monitoring": {}}))).unwrap();
        assert!(dashboard["resource"].get("aws_cloudwatch_metric_alarm").is_none());
        assert!(dashboard["resource"].get("aws_sns_topic").is_none());
    }

    #[test]
    fn every_alarm_says_what_missing_data_mean_and_why() {
        let stack = stack(&everything(0)).unwrap();
        let alarms = stack["resource"]["aws_cloudwatch_metric_alarm"].as_object().unwrap();
        assert_eq!(alarms.len() + 1, oleoduto_stacks::Alarm::ALL.len(), "{:?}", alarms.keys());
        for (word, alarm) in alarms {
            let expected = match word.as_str() {
                "no-success" => "breaching",
                "not-started" => "ignore",
                _ => "notBreaching",
            };
            assert_eq!(alarm["treat_missing_data"], expected, "{word}");
            let description = alarm["alarm_description"].as_str().unwrap();
            let (_, why) = description.split_once("Missing data ").unwrap();
            assert!(why.contains(": ") && description.len() <= 1024, "{description}");
            // CloudWatch looks back for a week at most.
            assert!(alarm["period"].as_i64().unwrap() * alarm["evaluation_periods"].as_i64().unwrap() <= 7 * 86_400, "{word}");
        }
    }

    #[test]
    fn an_existing_topic_is_used_as_it_is() {
        let topic = "arn:aws:sns:sa-east-1:123456789012:on-call";
        let stack = stack(&with(json!({"alarms": {"topic": topic}}))).unwrap();
        assert!(stack["resource"].get("aws_sns_topic").is_none());
        assert_eq!(stack["resource"]["aws_cloudwatch_metric_alarm"]["failed"]["alarm_actions"], json!([topic]));
    }

    #[test]
    fn alarms_that_tell_nobody_are_refused_with_place_and_help() {
        let refused = |parameters: Json| app(&with(parameters)).unwrap().synth().unwrap_err().to_string();
        let nobody = refused(json!({"alarms": {}}));
        assert!(nobody.contains("env.dev.alarms") && nobody.contains("write `email ="), "{nobody}");
        let elsewhere = refused(json!({"alarms": {"topic": "arn:aws:sns:us-east-1:123456789012:on-call"}}));
        assert!(elsewhere.contains("env.dev.alarms.topic") && elsewhere.contains("its own region"), "{elsewhere}");
        let often = refused(json!({"alarms": {"email": "a@b.org"}, "schedule": {"expression": "rate(10 minutes)"}}));
        assert!(often.contains("env.dev.schedule.expression") && often.contains("at least 60 minutes apart"), "{often}");
    }

    #[test]
    fn the_dashboard_has_no_durations_of_states_without_their_events() {
        let titles = |settings: &Settings| body(&stack(settings).unwrap()).to_string();
        assert!(titles(&with(json!({"monitoring": {}}))).contains("Seconds of each state"));
        assert!(!titles(&with(json!({"monitoring": {"log_level": "ERROR"}}))).contains("Seconds of each state"));
    }
}

#[test]
fn a_key_and_a_network_protect_every_place() {
    let parameters = serde_json::json!({
        "schedule": {"expression": "rate(1 day)"},
        "alarms": {"email": "someone@example.org"},
        "security": {"kms_key": "create", "access_logs": "logs-of-the-account"},
        "network": {"subnets": ["subnet-01234567", "subnet-76543210"], "security_groups": ["sg-01234567"]},
    });
    let plain = serde_json::json!({"schedule": parameters["schedule"], "alarms": parameters["alarms"]});
    let output = |json: serde_json::Value| {
        app(&Settings { parameters: serde_json::from_value(json).unwrap(), ..settings() }).unwrap().synth().unwrap()
    };
    let (plain, protected) = (output(plain), output(parameters));
    let mut differences = String::new();
    for stack in &protected.stacks {
        let before = plain.stacks.iter().find(|before| before.name == stack.name).map(|before| before.json.as_str());
        let old: Vec<&str> = before.unwrap_or_default().lines().collect();
        differences.push_str(&format!("== {}\n", stack.name));
        let text = without_hashes(&stack.json, &image_tag(&protected));
        let new = text.lines().filter(|line| !old.contains(line) && !line.contains("[hash]"));
        new.filter(|line| !line.contains("\"definition\"")).for_each(|line| differences.push_str(&format!("{line}\n")));
    }
    insta::assert_snapshot!("protected", differences);
    let machine = protected.stacks.iter().find(|stack| stack.name == "stepfunctions").unwrap();
    let machine = with_readable_definition(&machine.json);
    for (word, times) in [
        // Train, Forecast, ForecastWithChampion, ForecastMany and Monitor.
        ("\"VolumeKmsKeyId\" = data.terraform_remote_state", 5),
        ("\"KmsKeyId\" = data.terraform_remote_state", 5),
        ("\"EnableInterContainerTrafficEncryption\" = true", 5),
        ("\"subnet-76543210\"", 5),
        ("\"sg-01234567\"", 5),
        ("\"NetworkConfig\"", 4),
    ] {
        assert_eq!(machine.matches(word).count(), times, "{word} in {machine}");
    }
}

#[test]
fn access_logs_of_the_data_bucket_go_elsewhere() {
    let own = settings().names().bucket(&settings().account, &settings().region);
    let parameters = serde_json::from_value(serde_json::json!({"security": {"access_logs": own}})).unwrap();
    let refused = app(&Settings { parameters, ..settings() }).unwrap().synth().unwrap_err().to_string();
    assert!(refused.contains("env.dev.security.access_logs") && refused.contains("is the data bucket itself"), "{refused}");
}

/// Workflows' roles: off unless the environment asks.
mod cicd {
    use oleoduto_stacks::parameters::{Ci, IdentityProvider};
    use oleoduto_stacks::{StateBucket, StateStore};
    use serde_json::Value as Json;

    use super::*;

    const CICD: &str = "cicd";

    fn settings_with(provider: IdentityProvider) -> Settings {
        let parameters = Environment { ci: Some(Ci { provider, ..Ci::default() }), ..Environment::default() };
        Settings { parameters, repository: Some(parse("owner/name")), ..settings() }
    }

    fn with(provider: IdentityProvider) -> Vec<(String, Json)> {
        let state = StateStore::S3(StateBucket::named(parse("oleoduto-tfstate-123456789012-sa-east-1")));
        let settings = Settings { state, ..settings_with(provider) };
        let output = app(&settings).unwrap().synth().unwrap();
        output.stacks.into_iter().map(|stack| (stack.name, serde_json::from_str(&stack.json).unwrap())).collect()
    }

    fn stack(stacks: &[(String, Json)], name: &str) -> Json {
        stacks.iter().find(|(known, _)| known == name).unwrap().1.clone()
    }

    #[test]
    fn roles_are_for_one_github_environment_each() {
        let cicd = stack(&with(IdentityProvider::Create), CICD);
        insta::assert_snapshot!("cicd", serde_json::to_string_pretty(&cicd).unwrap());
        for what in ["plan", "apply", "backend"] {
            let trust = cicd["resource"]["aws_iam_role"][what]["assume_role_policy"].as_str().unwrap();
            let subject = format!("repo:owner/name:environment:dev-{what}");
            assert!(trust.contains(&subject) && trust.contains("sts.amazonaws.com"), "{trust}");
        }
    }

    #[test]
    fn an_account_has_one_identity_provider() {
        let cicd = stack(&with(IdentityProvider::Existing), CICD);
        assert!(cicd["resource"].get("aws_iam_openid_connect_provider").is_none());
        let trust = cicd["resource"]["aws_iam_role"]["plan"]["assume_role_policy"].as_str().unwrap();
        assert!(trust.contains(":oidc-provider/token.actions.githubusercontent.com"), "{trust}");
    }

    #[test]
    fn every_role_of_the_pipeline_has_the_boundary() {
        let stacks = with(IdentityProvider::Create);
        for (name, stack) in &stacks {
            let roles = stack["resource"]["aws_iam_role"].as_object().into_iter().flatten();
            for (id, role) in roles.filter(|_| name != CICD) {
                let boundary = role["permissions_boundary"].as_str().unwrap_or_else(|| panic!("{name}.{id} has no boundary"));
                assert!(boundary.ends_with("-boundary"), "{boundary}");
            }
        }
    }
}

mod mlflow {
    use std::collections::BTreeMap;

    use oleoduto_stacks::parameters::{Ci, Mlflow, TrackingServer};
    use serde_json::Value as Json;

    use super::*;

    fn with(mlflow: Option<Mlflow>) -> Settings {
        let parameters = Environment { mlflow, ci: Some(Ci::default()), ..Environment::default() };
        Settings { parameters, repository: Some(parse("owner/name")), ..settings() }
    }

    fn stacks(mlflow: Option<Mlflow>) -> BTreeMap<String, Json> {
        let output = app(&with(mlflow)).unwrap().synth().unwrap();
        output.stacks.into_iter().map(|stack| (stack.name, serde_json::from_str(&stack.json).unwrap())).collect()
    }

    fn of(uri: &str) -> Mlflow {
        Mlflow { server: None, tracking_uri: Some(uri.to_owned().try_into().unwrap()) }
    }

    fn server() -> Mlflow {
        Mlflow { server: Some(TrackingServer::Small), tracking_uri: None }
    }

    /// The state machine's definition and the policy of SageMaker's jobs.
    fn texts(stacks: &BTreeMap<String, Json>) -> (String, String) {
        let machine = &stacks["stepfunctions"]["resource"]["aws_sfn_state_machine"]["pipeline"]["definition"];
        let policy = &stacks["iam"]["resource"]["aws_iam_role_policy"]["sagemaker"]["policy"];
        (machine.as_str().unwrap().to_owned(), policy.as_str().unwrap().to_owned())
    }

    #[test]
    fn nobody_has_it_unasked() {
        let stacks = stacks(None);
        assert!(!stacks.contains_key("mlflow"));
        let (machine, policy) = texts(&stacks);
        assert!(!machine.contains("'record'") && !policy.contains("/mlflow/"));
    }

    #[test]
    fn runs_are_recorded_where_the_environment_says() {
        let (machine, policy) = texts(&stacks(Some(Mlflow::default())));
        assert!(machine.contains("'record'") && !machine.contains("--tracking-uri"));
        assert!(policy.contains("/mlflow/*") && !policy.contains("sagemaker-mlflow:"));
        let (machine, policy) = texts(&stacks(Some(of("https://mlflow.example.org"))));
        assert!(machine.contains("'--tracking-uri', 'https://mlflow.example.org'"));
        assert!(!policy.contains("sagemaker-mlflow:"));
        let arn = "arn:aws:sagemaker:sa-east-1:123456789012:mlflow-tracking-server/theirs";
        let known = stacks(Some(of(arn)));
        let (machine, policy) = texts(&known);
        assert!(machine.contains(arn) && policy.contains(arn) && !known.contains_key("mlflow"));
    }

    #[test]
    fn a_server_is_made_where_the_environment_asks() {
        let stacks = stacks(Some(server()));
        insta::assert_snapshot!("mlflow", serde_json::to_string_pretty(&stacks["mlflow"]).unwrap());
        let (machine, policy) = texts(&stacks);
        assert!(machine.contains("'--tracking-uri', '") && policy.contains("mlflow-tracking-server/oleoduto-dev-"));
        let role = &stacks["iam"]["resource"]["aws_iam_role"]["mlflow"];
        assert!(role["assume_role_policy"].as_str().unwrap().contains("sagemaker.amazonaws.com"));
        assert!(role["permissions_boundary"].is_string());
    }

    // moto knows no tracking servers, so Terraform's own look is all that there is of them here.
    #[test]
    fn terraform_finds_nothing_wrong_in_the_workflows_roles_and_the_server() {
        let out = tempfile::tempdir().unwrap();
        app(&with(Some(server()))).unwrap().synth().unwrap().write(out.path()).unwrap();
        let folder = |name: &str| out.path().join("stacks").join(name);
        let terraform = |name: &str, arguments: &[&str]| {
            let chdir = format!("-chdir={}", folder(name).display());
            let done = std::process::Command::new("terraform").arg(chdir).args(arguments).output().unwrap();
            let shown = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "terraform {arguments:?} of {name}: {shown}");
        };
        // One folder is initialized, which takes the checksum of the provider's 700 MB; the others share its provider.
        terraform("mlflow", &["init", "-backend=false", "-input=false"]);
        for name in ["mlflow", "cicd", "iam", "stepfunctions"] {
            if name != "mlflow" {
                std::os::unix::fs::symlink(folder("mlflow").join(".terraform"), folder(name).join(".terraform")).unwrap();
            }
            terraform(name, &["validate", "-json"]);
        }
    }
}
