//! A file of series: checked at synth, uploaded, and named to the function.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;

use oleoduto_stacks::{Settings, StateBucket, StateStore, app};
use serde_json::Value as Json;

fn parse<T: TryFrom<String, Error = String>>(text: &str) -> T {
    T::try_from(text.to_owned()).unwrap()
}

/// A project whose environment names `codes.txt`, with this content if there is one.
fn settings(root: &Path, codes: Option<&str>) -> Settings {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for name in ["jobs", "Dockerfile"] {
        std::os::unix::fs::symlink(repository.join(name), root.join(name)).unwrap();
    }
    if let Some(codes) = codes {
        std::fs::write(root.join("codes.txt"), codes).unwrap();
    }
    Settings {
        project: parse("oleoduto"),
        environment: parse("dev"),
        series: parse("EIA366_PBRENT366"),
        account: parse("111122223333"),
        region: parse("sa-east-1"),
        root: root.to_owned(),
        out: root.join("cdktf.out"),
        state: StateStore::S3(StateBucket::named(parse("states"))),
        repository: None,
        parameters: serde_json::from_value(serde_json::json!({"additional_series": "codes.txt"})).unwrap(),
    }
}

#[test]
fn a_file_of_codes_is_uploaded_and_the_function_knows_where() {
    let folder = tempfile::tempdir().unwrap();
    let stacks = app(&settings(folder.path(), Some("A_1\nB_2\n"))).unwrap().synth().unwrap().stacks;
    let json =
        |name: &str| -> Json { serde_json::from_str(&stacks.iter().find(|stack| stack.name == name).unwrap().json).unwrap() };
    let object = &json("s3")["resource"]["aws_s3_object"]["series"];
    let key = object["key"].as_str().unwrap();
    assert!(key.starts_with("inbox/series-") && key.ends_with(".txt"), "{key}");
    let function = json("lambda")["resource"]["aws_lambda_function"]["training_vars"].clone();
    let given = function["environment"]["variables"]["ADDITIONAL_SERIES"].as_str().unwrap();
    assert!(given.starts_with("s3://${") && given.contains("series"), "{given}");
    // Both jobs that take codes may read the file.
    let roles = json("iam")["resource"]["aws_iam_role_policy"]["glue"]["policy"].to_string();
    assert!(roles.contains("/inbox/*"), "{roles}");
}

#[test]
fn a_file_that_is_missing_or_wrong_is_named_with_its_line() {
    for (codes, what) in [(None, "No such file"), (Some("A_1\nb_2\n"), "line 2: "), (Some("A\nA\n"), "`A` is listed twice")] {
        let folder = tempfile::tempdir().unwrap();
        let error = app(&settings(folder.path(), codes)).unwrap_err().to_string();
        assert!(error.starts_with("`additional_series` names codes.txt") && error.contains(what), "{error}");
    }
}
