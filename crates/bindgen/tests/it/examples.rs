//! The examples in the documentation of types.

use std::path::Path;

use oleoduto_bindgen::{Bindings, Rules, generate};
use serde_json::json;

/// The code of all examples in the sources of a folder. Every type has one.
pub(crate) fn all(sources: &Path) -> Vec<String> {
    let mut examples = Vec::new();
    for entry in std::fs::read_dir(sources).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            examples.extend(all(&path));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let found = of(&text);
        assert_eq!(found.len(), text.matches("\nimpl Block for ").count().min(1), "{}", path.display());
        examples.extend(found);
    }
    examples
}

/// The code between the fences of a file's documentation.
fn of(text: &str) -> Vec<String> {
    let blocks = text.split("/// ```").skip(1).step_by(2);
    let code = |line: &str| line.trim_start_matches("///").strip_prefix(' ').unwrap_or_default().to_owned() + "\n";
    blocks.map(|block| block.lines().skip(1).map(code).collect()).collect()
}

fn text(path: Option<&str>) -> String {
    let schema = json!({ "format_version": "1.0", "provider_schemas": { "registry.terraform.io/acme/test": { "resource_schemas": {
        "test_thing": { "block": {
            "attributes": {
                "arn": { "type": "string", "computed": true },
                "colors": { "type": ["map", ["list", "string"]], "required": true },
                "left": { "type": "string", "optional": true },
                "name": { "type": "string", "required": true },
                "old": { "type": "bool", "required": true, "deprecated": true },
                "other_name": { "type": "string", "required": true },
                "point": { "type": ["object", { "x": "number", "y": "number" }], "required": true },
                "right": { "type": "string", "optional": true },
                "with_left": { "type": "number", "optional": true }
            },
            "block_types": {
                "rule": { "nesting_mode": "list", "min_items": 2, "block": { "block_types": {
                    "inner": { "nesting_mode": "single", "min_items": 1, "block": { "attributes": { "port": { "type": "number", "required": true } } } }
                } } },
                "unused": { "nesting_mode": "set", "block": {} }
            }
        } }
    } } } });
    let types = ["name", "other_name"].map(|name| (name.to_owned(), "crate::types::Name".to_owned())).into();
    let rules = Rules {
        exactly_one_of: vec![vec!["left".to_owned(), "right".to_owned()]],
        required_with: [("left".to_owned(), vec!["with_left".to_owned()])].into(),
        ..Rules::default()
    };
    let bindings = Bindings {
        provider: "registry.terraform.io/acme/test".to_owned(),
        version: "1.0.0".to_owned(),
        path: path.map(str::to_owned),
        resources: vec!["test_thing".to_owned()],
        types: [("test_thing".to_owned(), types)].into(),
        rules: [("test_thing".to_owned(), rules)].into(),
        ..Bindings::default()
    };
    generate(&serde_json::from_value(schema).unwrap(), &bindings, false).unwrap()["thing.rs"].clone()
}

#[test]
fn an_example_gives_what_is_required_and_takes_what_only_the_program_has() {
    insta::assert_snapshot!("example", of(&text(Some("acme_bindings::test"))).concat());
}

#[test]
fn an_example_is_a_doc_test_only_if_another_crate_reaches_the_module() {
    let tested = text(Some("acme_bindings::test"));
    assert!(tested.contains("/// ```\n/// use acme_bindings::test::thing::{"), "{tested}");
    for (path, module) in [(None, "crate::bindings::test"), (Some("crate::of_test"), "crate::of_test")] {
        let shown = text(path);
        assert!(shown.contains(&format!("/// ```text\n/// use {module}::thing::{{")), "{shown}");
        assert!(shown.contains("name: &oleoduto_cdk::Val<crate::types::Name>"), "{shown}");
    }
}
