//! Two environments, or two series, side by side in one account: nothing of the one has the name of anything of the other.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use oleoduto_stacks::parameters::{EnvironmentName, ProjectName, SeriesCode};
use oleoduto_stacks::{Settings, StateBucket, StateStore, app};
use proptest::prelude::{Strategy, prop_assert_eq, proptest};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn settings(project: ProjectName, environment: EnvironmentName, series: SeriesCode) -> Settings {
    let parameters = serde_json::json!({
        "schedule": {"expression": "rate(1 day)"},
        "alarms": {"email": "someone@example.org"},
    });
    Settings {
        project,
        environment,
        series,
        account: parse("123456789012").unwrap(),
        region: parse("sa-east-1").unwrap(),
        root: root(),
        out: root().join("cdktf.out"),
        state: StateStore::S3(StateBucket::named(parse("one-bucket-for-all").unwrap())),
        repository: None,
        parameters: serde_json::from_value(parameters).unwrap(),
    }
}

fn parse<T: TryFrom<String, Error = String>>(text: &str) -> Result<T, String> {
    T::try_from(text.to_owned())
}

fn of(environment: &str, series: &str) -> Settings {
    settings(parse("oleoduto").unwrap(), parse(environment).unwrap(), parse(series).unwrap())
}

/// What a prefix was made of.
fn read_back(project: &str, prefix: &str) -> (String, String) {
    let rest = prefix.strip_prefix(project).unwrap().strip_prefix('-').unwrap();
    let (environment, slug) = rest.split_once('-').unwrap();
    (environment.to_owned(), slug.to_ascii_uppercase().replace('-', "_"))
}

fn text(pattern: &'static str) -> impl Strategy<Value = String> {
    proptest::string::string_regex(pattern).unwrap()
}

proptest! {
    // A function that can be undone never gives the same for two: environment and series stand in the prefix.
    #[test]
    fn the_first_part_of_every_name_tells_environment_and_series(
        project in text("[a-c]{1,2}(-[a-c0]{1,2}){0,2}"),
        environment in text("[a-c0-]{1,3}"),
        series in text("[A-Ca0_]{1,5}"),
    ) {
        if let (Ok(parsed), Ok(name), Ok(code)) = (parse(&project), parse(&environment), parse(&series)) {
            let settings = settings(parsed, name, code);
            prop_assert_eq!(settings.names().check(&settings.region).is_ok(), true);
            prop_assert_eq!(read_back(&project, settings.names().prefix()), (environment, series));
        }
    }

    // The longest prefix that is accepted still makes names that AWS takes: the synth checks every name's own limit.
    #[test]
    fn what_is_accepted_makes_names_that_aws_takes(series in text("[A-C]{30,40}")) {
        let settings = settings(parse("a").unwrap(), parse("b").unwrap(), parse(&series).unwrap());
        if settings.names().check(&settings.region).is_ok() {
            prop_assert_eq!(app(&settings).unwrap().synth().map_err(|error| error.to_string()).err(), None);
        }
    }
}

/// `type name` of every resource that has a name of ours, and the key of every state.
fn names(settings: &Settings) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for stack in &app(settings).unwrap().synth().unwrap().stacks {
        let json: serde_json::Value = serde_json::from_str(&stack.json).unwrap();
        names.insert(format!("state {}", json["terraform"]["backend"]["s3"]["key"].as_str().unwrap()));
        for (kind, resources) in json["resource"].as_object().unwrap() {
            for resource in resources.as_object().unwrap().values() {
                let attribute = ["name", "alarm_name", "dashboard_name", "bucket", "function_name"]
                    .into_iter()
                    .find_map(|key| resource[key].as_str());
                // `pipeline` is inside a role, the tables are inside a database, and a reference is no name.
                let inside = ["aws_iam_role_policy", "aws_glue_catalog_table"].contains(&kind.as_str());
                if let Some(name) = attribute.filter(|name| !inside && !name.starts_with("${aws_")) {
                    names.insert(format!("{kind} {name}"));
                }
            }
        }
    }
    names
}

#[test]
fn no_resource_and_no_state_is_shared() {
    let pairs =
        [("dev", "A"), ("dev", "A_GLUE"), ("dev", "A_TRAINING"), ("dev", "A_B"), ("deva", "B"), ("dev2", "A"), ("a", "DEV_A")];
    let mut all: BTreeSet<String> = BTreeSet::new();
    for (environment, series) in pairs {
        let own = names(&of(environment, series));
        // Seven states; 5 roles, 2 jobs, 2 rulesets, 11 alarms, 4 log groups; the one bucket, database, queue and so on.
        assert_eq!(own.len(), 7 + 5 + 2 + 2 + 11 + 4 + 9, "{own:#?}");
        let shared: Vec<_> = all.intersection(&own).collect();
        assert!(shared.is_empty(), "{environment} {series}: {shared:?}");
        all.extend(own);
    }
}

#[test]
fn no_role_reaches_into_a_series_whose_code_begins_with_its_own() {
    let output = app(&of("dev", "A")).unwrap().synth().unwrap();
    let iam = output.stacks.iter().find(|stack| stack.name == "iam").unwrap();
    assert!(iam.json.contains("oleoduto-dev-a-etl"));
    assert!(!iam.json.contains("oleoduto-dev-a-*"), "oleoduto-dev-a-* is also of the series A_B");
}
