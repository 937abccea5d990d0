//! The generator on a small schema that holds what real ones hold.

use oleoduto_bindgen::{Bindings, Rules, Schema, generate, unbound};
use serde_json::json;

fn schema() -> Schema {
    let block = json!({
        "attributes": {
            "arn": { "type": "string", "computed": true },
            "id": { "type": "string", "optional": true, "computed": true },
            "build": { "type": "string", "optional": true },
            "endpoint": { "optional": true, "nested_type": { "nesting_mode": "single", "attributes": { "host": { "type": "string", "required": true } } } },
            "hooks": { "optional": true, "nested_type": { "nesting_mode": "map", "attributes": { "host": { "type": "string", "required": true } } } },
            "name": { "type": "string", "required": true },
            "old": { "type": "bool", "optional": true, "deprecated": true },
            "pairs": { "type": ["list", ["map", "number"]], "optional": true },
            "secret": { "type": "string", "optional": true, "sensitive": true },
            "self": { "type": "string", "optional": true },
            "type": { "type": "string", "optional": true }
        },
        "block_types": {
            "must": { "nesting_mode": "list", "min_items": 1, "max_items": 1, "block": { "attributes": { "x": { "type": "number", "required": true } } } },
            "labelled": { "nesting_mode": "map", "block": { "attributes": { "old": { "type": "string", "optional": true, "deprecated": true } } } },
            "left": { "nesting_mode": "list", "block": { "block_types": { "inner": { "nesting_mode": "single", "block": { "attributes": { "x": { "type": "number", "required": true } } } } } } },
            "may": { "nesting_mode": "list", "max_items": 1, "block": {} },
            "many": { "nesting_mode": "set", "block": { "block_types": { "inner": { "nesting_mode": "single", "block": {} } } } },
            "some": { "nesting_mode": "list", "min_items": 1, "block": {} },
            "right": { "nesting_mode": "list", "max_items": 3, "block": { "block_types": { "inner": { "nesting_mode": "single", "block": { "attributes": { "x": { "type": "number", "required": true } } } } } } },
            "thing": { "nesting_mode": "single", "block": {} }
        }
    });
    let text = json!({
        "format_version": "1.0",
        "provider_schemas": { "registry.terraform.io/acme/test": {
            "provider": { "version": 0, "block": { "attributes": { "region": { "type": "string", "optional": true } } } },
            "resource_schemas": { "test_thing": { "version": 0, "block": block } },
            "data_source_schemas": { "test_place": { "version": 0, "block": { "attributes": { "name": { "type": "string", "computed": true } } } } }
        } }
    });
    serde_json::from_value(text).unwrap()
}

fn bindings() -> Bindings {
    Bindings {
        provider: "registry.terraform.io/acme/test".into(),
        version: "1.2.3".into(),
        resources: vec!["test_thing".into()],
        data_sources: vec!["test_place".into()],
        ..Bindings::default()
    }
}

#[test]
fn each_type_is_a_module_and_what_the_schema_demands_is_demanded() {
    let files = generate(&schema(), &bindings(), false).unwrap();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["data_place.rs", "mod.rs", "provider.rs", "thing.rs"]);
    insta::assert_snapshot!("thing", files["thing.rs"]);
    insta::assert_snapshot!("data_place", files["data_place.rs"]);
    insta::assert_snapshot!("provider", files["provider.rs"]);
}

#[test]
fn the_same_structure_under_the_same_name_is_one_struct() {
    let text = &generate(&schema(), &bindings(), false).unwrap()["thing.rs"];
    // `left.inner` and `right.inner` are alike, `many.inner` is not.
    assert_eq!(text.matches("pub struct LeftInner ").count(), 1);
    assert_eq!(text.matches("pub struct RightInner ").count(), 0);
    assert_eq!(text.matches("pub struct ManyInner ").count(), 1);
}

#[test]
fn rules_are_calls_of_the_writer() {
    let mut bindings = bindings();
    let rules = Rules { conflicts: vec![vec!["name".into(), "type".into()]], ..Rules::default() };
    bindings.rules.insert("test_thing".into(), rules);
    let text = &generate(&schema(), &bindings, false).unwrap()["thing.rs"];
    assert!(text.contains(r#"w.conflicts(&["name", "type"]);"#));
    bindings.rules.insert("test_thing".into(), Rules { exactly_one_of: vec![vec!["nome".into()]], ..Rules::default() });
    let error = generate(&schema(), &bindings, false).unwrap_err().to_string();
    assert!(error.contains("`test_thing` has no attribute `nome`"), "{error}");
}

#[test]
fn a_type_that_is_listed_twice_is_refused() {
    let mut bindings = bindings();
    bindings.resources.push("test_thing".into());
    let error = generate(&schema(), &bindings, false).unwrap_err().to_string();
    assert!(error.contains("lists resource `test_thing` twice"), "{error}");
}

#[test]
fn all_takes_every_type_whatever_the_list_says() {
    let bindings = Bindings { resources: vec![], data_sources: vec![], ..bindings() };
    assert_eq!(generate(&schema(), &bindings, false).unwrap().len(), 2);
    assert_eq!(generate(&schema(), &bindings, true).unwrap().len(), 4);
}

#[test]
fn what_does_not_fit_is_named() {
    let error = |change: fn(&mut Schema, &mut Bindings)| {
        let (mut schema, mut bindings) = (schema(), bindings());
        change(&mut schema, &mut bindings);
        generate(&schema, &bindings, false).unwrap_err().to_string()
    };
    assert!(error(|schema, _| schema.format_version = "2.0".into()).contains("format_version `2.0`"));
    assert!(
        error(|_, b| b.provider = "registry.terraform.io/acme/other".into()).contains("it has: registry.terraform.io/acme/test")
    );
    assert!(error(|_, b| b.resources.push("test_typo".into())).contains("no resource `test_typo`"));
    let unknown = error(|_, b| {
        b.types.insert("test_thing".into(), [("must.y".to_owned(), "Y".to_owned())].into());
    });
    assert!(unknown.contains("`test_thing` has no attribute `must.y`"), "{unknown}");
}

#[test]
fn a_check_of_the_bindings_file_is_the_one_of_the_provider() {
    let bindings = Bindings { check: Some("crate::checks::stack".into()), ..bindings() };
    let provider = &generate(&schema(), &bindings, false).unwrap()["provider.rs"];
    assert!(provider.ends_with(
        "\n    fn check(stack: &oleoduto_cdk::StackView<'_>) -> Vec<oleoduto_cdk::Diagnostic> {\n        \
         crate::checks::stack(stack)\n    }\n}\n"
    ));
}

#[test]
fn nothing_reads_a_write_only_argument() {
    let schema = json!({ "format_version": "1.0", "provider_schemas": { "registry.terraform.io/acme/test": { "resource_schemas": {
        "test_thing": { "block": { "attributes": { "secret_wo": { "type": "string", "optional": true, "write_only": true },
            "token_wo": { "type": "string", "required": true, "write_only": true } } } }
    } } } });
    let bindings = Bindings { data_sources: vec![], ..bindings() };
    let text = &generate(&serde_json::from_value(schema).unwrap(), &bindings, false).unwrap()["thing.rs"];
    assert!(text.contains("w.write_only(\"secret_wo\", self.secret_wo.as_mut());"), "{text}");
    assert!(text.contains("w.write_only(\"token_wo\", Some(&mut self.token_wo));"), "{text}");
    assert!(!text.contains("pub fn secret_wo"), "{text}");
}

#[test]
fn an_ephemeral_resource_has_a_trait_of_its_own() {
    let schema: Schema = serde_json::from_value(json!({ "format_version": "1.0", "provider_schemas": {
        "registry.terraform.io/acme/test": { "ephemeral_resource_schemas": { "test_token": { "block": { "attributes": {
            "length": { "type": "number", "optional": true }, "value": { "type": "string", "computed": true, "sensitive": true }
        } } } } }
    } }))
    .unwrap();
    let mut bindings = Bindings { resources: vec![], data_sources: vec![], ..bindings() };
    bindings.ephemeral_resources = vec!["test_token".into()];
    bindings.types.insert("ephemeral.test_token".into(), [("value".to_owned(), "acme::Token".to_owned())].into());
    let text = &generate(&schema, &bindings, false).unwrap()["ephemeral_token.rs"];
    assert!(text.contains("/// The `test_token` ephemeral resource."), "{text}");
    assert!(text.contains("impl oleoduto_cdk::EphemeralResource for TokenEphemeral {"), "{text}");
    assert!(text.contains("pub fn value(&self) -> Ref<acme::Token> {\n        Ref::sensitive(&self.0, \"value\")"), "{text}");
    bindings.ephemeral_resources = vec!["test_key".into()];
    let error = generate(&schema, &bindings, false).unwrap_err().to_string();
    assert!(error.contains("has no ephemeral resource `test_key`"), "{error}");
}

#[test]
fn an_attribute_with_a_structure_of_its_own_is_a_value() {
    let inner = json!({ "host": { "type": "string", "required": true }, "port": { "type": "number", "optional": true } });
    let nested = |mode: &str| json!({ "optional": true, "nested_type": { "nesting_mode": mode, "attributes": inner } });
    let schema = json!({ "format_version": "1.0", "provider_schemas": { "registry.terraform.io/acme/test": { "resource_schemas": {
        "test_thing": { "block": { "attributes": { "one": nested("single"), "list": nested("list"), "by_name": nested("map") } } }
    } } } });
    let bindings = Bindings { data_sources: vec![], ..bindings() };
    let text = &generate(&serde_json::from_value(schema).unwrap(), &bindings, false).unwrap()["thing.rs"];
    for field in ["one: Option<Val<One>>,", "list: Option<Val<List<ListBlock>>>,", "by_name: Option<Val<Map<ByName>>>,"] {
        assert!(text.contains(field), "{field} {text}");
    }
    assert!(text.contains("w.value(\"host\", Some(self.host));\n        w.opt(\"port\", self.port);"), "{text}");
}

#[test]
fn functions_are_listed_and_called_by_the_providers_name() {
    let schema: Schema = serde_json::from_value(json!({ "format_version": "1.0", "provider_schemas": {
        "registry.terraform.io/acme/test": { "functions": {
            "join": { "summary": "Joins.", "return_type": "string", "parameters": [{ "name": "separator", "type": "string" }],
                "variadic_parameter": { "name": "lists", "type": ["list", "string"] } },
            "other": { "return_type": "bool" }
        } }
    } }))
    .unwrap();
    let mut bindings = Bindings { resources: vec![], data_sources: vec![], functions: vec!["join".into()], ..bindings() };
    let files = generate(&schema, &bindings, false).unwrap();
    insta::assert_snapshot!("functions", files["provider_functions.rs"]);
    bindings.functions = vec!["split".into()];
    let error = generate(&schema, &bindings, false).unwrap_err().to_string();
    assert!(error.contains("has no function `split`"), "{error}");
}

#[test]
fn what_has_no_bindings_is_said_by_name_and_number() {
    let many: serde_json::Map<_, _> = (10..32).map(|number| (format!("test_{number}"), json!({}))).collect();
    let schema: Schema = serde_json::from_value(json!({ "format_version": "1.0", "provider_schemas": {
        "registry.terraform.io/acme/test": {
            "action_schemas": { "test_token": { "block": {} }, "test_key": { "block": {} } },
            "resource_identity_schemas": many
        }
    } }))
    .unwrap();
    let said: Vec<_> = unbound(&schema, "registry.terraform.io/acme/test").unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(said[0], "2 actions have no bindings: test_key, test_token");
    assert!(said[1].starts_with("22 resource identities have no bindings: test_10, test_11"), "{}", said[1]);
    assert!(said[1].ends_with("test_29 and 2 more"), "{}", said[1]);
}

#[test]
fn a_provider_is_named_as_a_configuration_names_it() {
    for (address, source) in [
        ("registry.terraform.io/acme/test", "acme/test"),
        ("tf.example/acme/test", "tf.example/acme/test"),
        ("terraform.io/builtin/terraform", "terraform.io/builtin/terraform"),
    ] {
        assert_eq!(Bindings { provider: address.into(), ..Bindings::default() }.source(), source);
    }
}

#[test]
fn what_the_provider_decides_within_blocks_and_objects_is_read_by_type() {
    let computed = |kind: serde_json::Value| json!({ "type": kind, "computed": true });
    let secret = json!({ "type": "string", "computed": true, "sensitive": true });
    let schema = json!({ "format_version": "1.0", "provider_schemas": { "registry.terraform.io/acme/test": { "resource_schemas": {
        "test_thing": { "block": {
            "attributes": {
                "certificates": computed(json!(["list", ["object", { "body": "string", "ports": ["set", "number"] }]])),
                "endpoint": { "computed": true, "nested_type": { "nesting_mode": "single", "attributes": { "host": computed(json!("string")), "token": secret } } },
                "rules": { "optional": true, "type": ["set", ["object", { "port": "number" }]] }
            },
            "block_types": {
                "given": { "nesting_mode": "list", "block": { "attributes": { "name": { "type": "string", "optional": true } } } },
                "identity": { "nesting_mode": "list", "max_items": 1, "block": {
                    "attributes": { "name": { "type": "string", "required": true } },
                    "block_types": { "oidc": { "nesting_mode": "set", "block": { "attributes": { "issuer": computed(json!("string")), "old": { "type": "string", "optional": true, "computed": true, "deprecated": true } } } } }
                } },
                "zones": { "nesting_mode": "map", "block": { "attributes": { "id": computed(json!("string")), "id_wo": { "type": "string", "optional": true, "write_only": true } } } }
            }
        } }
    } } } });
    let bindings = Bindings { data_sources: vec![], ..bindings() };
    let text = &generate(&serde_json::from_value(schema).unwrap(), &bindings, false).unwrap()["thing.rs"];
    let readable = text.split_once("\nimpl Resource for Thing").unwrap().1;
    insta::assert_snapshot!("readable", readable);
}

#[test]
fn an_argument_of_objects_takes_structs() {
    let rule =
        json!(["object", { "ports": ["list", "number"], "text": "string", "to": ["set", ["object", { "zone": "string" }]] }]);
    let schema = json!({ "format_version": "1.0", "provider_schemas": { "registry.terraform.io/acme/test": { "resource_schemas": {
        "test_thing": { "block": { "attributes": {
            "by_name": { "type": ["map", rule], "required": true },
            "ingress": { "type": ["set", rule], "optional": true, "computed": true },
            "key": { "type": ["object", { "secret": "string" }], "optional": true, "sensitive": true },
            "nothing": { "type": ["object", {}], "optional": true },
            "typed": { "type": ["list", ["object", { "a": "string" }]], "optional": true }
        } } }
    } } } });
    let types = [("typed".to_owned(), "acme::Typed".to_owned())].into();
    let bindings = Bindings { data_sources: vec![], types: [("test_thing".to_owned(), types)].into(), ..bindings() };
    let text = &generate(&serde_json::from_value(schema).unwrap(), &bindings, false).unwrap()["thing.rs"];
    let (arguments, _) = text.split_once("\nimpl Resource for Thing").unwrap();
    insta::assert_snapshot!("objects", arguments);
}
