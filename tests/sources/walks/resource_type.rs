//! The walk of a resource type of AWS.

use std::path::Path;
use std::process::Command;

use oleoduto_bindgen::{Bindings, Schema, folder, generate};

use super::{apply, compiler, copy, walk, write};

const TYPE: &str = "aws_s3_bucket_metric";
/// What the provider says of the type, beside what it needs of the provider itself: the whole schema is no part of the repository.
const SCHEMA: &str = include_str!("s3_bucket_metric.schema.json");
/// The files of the test of rows, and the rest of the crate as it is built.
const ROWS: &str = "pub use oleoduto_aws::{grants, lookups};\nmod calls;\n";
/// The generated files, and the rest of the crate as it is built.
const BOUND: &str = "pub use oleoduto_aws::{policy, types};\npub mod generated;\n";
const USED: &str = "
pub fn metric(bucket: oleoduto_cdk::Val<types::BucketName>) -> generated::s3_bucket_metric::S3BucketMetric {
    generated::s3_bucket_metric::S3BucketMetric::builder().bucket(bucket).name(\"whole\").build()
}
";

#[test]
fn a_resource_type_is_whole_or_what_is_missing_is_told() {
    let walk = walk("An AWS resource type");
    assert_eq!(walk.len(), 2);
    let said_without = |left_out: Option<&str>| {
        let folder = tempfile::tempdir().unwrap();
        for path in ["crates/aws/bindings.toml", "crates/aws/src/calls", "crates/aws/src/calls.rs"] {
            copy(path, folder.path());
        }
        apply(&walk, left_out, folder.path());
        said_of_rows(&folder.path().join("crates/aws"))
    };
    assert_eq!(said_without(None), "");
    for left_out in &walk {
        let said = said_without(Some(&left_out.path));
        assert!(said.contains(&left_out.told), "without {}: {said}", left_out.path);
    }
}

#[test]
fn the_generator_writes_the_module_of_the_type_and_tells_that_it_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["crates/aws/bindings.toml", "crates/aws/src/calls/table.rs"] {
        copy(path, folder.path());
    }
    let (file, source) = (folder.path().join("crates/aws/bindings.toml"), folder.path().join("crates/aws/src"));
    let (generated, files_of) = (source.join("generated"), |file: &Path| {
        let mut bindings: Bindings = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        bindings.resources.retain(|kind| kind == TYPE);
        bindings.data_sources.clear();
        bindings.types.retain(|kind, _| kind == TYPE);
        bindings.rules.clear();
        // The function is private to the crate.
        bindings.check = None;
        let schema: Schema = serde_json::from_str(SCHEMA).unwrap();
        generate(&schema, &bindings, false).unwrap()
    });
    folder::write(&generated, &files_of(&file)).unwrap();
    assert!(!generated.join("s3_bucket_metric.rs").exists());
    apply(&walk("An AWS resource type"), None, folder.path());
    let files = files_of(&file);
    assert_eq!(folder::differences(&generated, &files).unwrap(), ["mod.rs", "s3_bucket_metric.rs"]);
    folder::write(&generated, &files).unwrap();
    assert!(folder::differences(&generated, &files).unwrap().is_empty());
    let library = source.join("lib.rs");
    write(&library, format!("{BOUND}{USED}").as_bytes());
    let output =
        compiler(None).args(["--crate-type=lib", "--emit=metadata", "--out-dir"]).args([&source, &library]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What the test of rows says of a copy of its files; nothing if they are complete.
fn said_of_rows(aws: &Path) -> String {
    let (source, program) = (aws.join("src/rows.rs"), aws.join("rows"));
    write(&source, ROWS.as_bytes());
    let output = compiler(None).args(["--test", "-o"]).args([&program, &source]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = Command::new(&program).arg("every_bound_resource_type_has_one_row").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("running 1 test"), "{said}");
    if output.status.success() { String::new() } else { said }
}
