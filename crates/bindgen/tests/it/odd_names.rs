//! Every legal name binds: a table of odd ones is generated, and all of it compiles in one crate, with warnings as errors.

use std::path::Path;
use std::process::Command;

use oleoduto_bindgen::{Bindings, Schema, folder, generate, index_of_providers, module_of_provider};
use oleoduto_compiler_call::compiler_call;
use serde_json::{Map, Value, json};

use crate::examples;

/// Short names of types: words of Rust, of the prelude, of the engine and of the builders; digits, cases and other letters.
const TYPES: [&str; 79] = [
    "3d",
    "Foo",
    "Self",
    "a-b",
    "a_b",
    "abstract",
    "any",
    "as_ref",
    "async",
    "aux",
    "b_tree_map",
    "block",
    "block_writer",
    "bon",
    "box",
    "clone",
    "con",
    "copy",
    "crate",
    "data_source",
    "data_y",
    "data_y_y",
    "debug",
    "default",
    "dyn",
    "err",
    "expr",
    "fn",
    "foo",
    "from",
    "func",
    "future",
    "gen",
    "gr\u{f6}\u{df}e",
    "hash",
    "index",
    "into",
    "iterator",
    "lib",
    "list",
    "main",
    "map",
    "match",
    "mod",
    "names",
    "none",
    "number",
    "ok",
    "oleoduto_cdk",
    "option",
    "provider",
    "provider_functions",
    "raw",
    "ref",
    "resource",
    "result",
    "s",
    "self",
    "send",
    "sensitive",
    "some",
    "stack",
    "state",
    "static",
    "std",
    "str",
    "string",
    "super",
    "t",
    "target",
    "to_string",
    "try",
    "type",
    "types",
    "union",
    "val",
    "vec",
    "x_type",
    "yield",
];

/// Names of arguments, each of which exists alone, deprecated, as a block, and as an attribute that is only read.
const NAMES: [&str; 75] = [
    "1st",
    "FooBar",
    "Self",
    "_",
    "__",
    "_lead",
    "a_b",
    "ab",
    "abstract",
    "as_ref",
    "async",
    "bool",
    "borrow",
    "build",
    "build_",
    "build_2",
    "builder",
    "clone",
    "cmp",
    "crate",
    "drop",
    "empty",
    "eq",
    "fmt",
    "foo-bar",
    "fooBar",
    "foo__bar",
    "foo_bar",
    "from",
    "gen",
    "gr\u{f6}\u{df}e",
    "gr\u{fc}\u{df}e",
    "into",
    "is_set",
    "is_unset",
    "map",
    "match",
    "maybe_maybe_name",
    "maybe_name",
    "maybe_old_deprecated",
    "members",
    "mod",
    "name",
    "name_",
    "name_2",
    "new",
    "old",
    "old_deprecated",
    "option",
    "port1",
    "port_1",
    "r",
    "raw",
    "ref",
    "s",
    "sealed",
    "self",
    "self_",
    "set",
    "state",
    "string",
    "super",
    "target",
    "to_owned",
    "trail_",
    "try_from",
    "type",
    "type_",
    "union",
    "unset",
    "value",
    "vec",
    "w",
    "write",
    "writer",
];

/// Blocks, some within others, whose structs would have the same name, or the name of a builder or of a module.
const BLOCKS: [&str; 24] = [
    "a",
    "a/b",
    "a_b",
    "ab",
    "blocks",
    "blocks_builder",
    "blocks_refs",
    "foo",
    "foo/builder",
    "foo_builder",
    "foo_block",
    "list",
    "list_block",
    "list/block",
    "option",
    "s",
    "self",
    "self/self",
    "state",
    "string",
    "type",
    "v_p_c",
    "x_blocks",
    "3d/3d",
];

fn attributes(settings: Value) -> Map<String, Value> {
    NAMES.iter().map(|&name| (name.to_owned(), settings.clone())).collect()
}

/// An argument of each type, so that each file imports all that it can.
fn every_type() -> Value {
    json!({ "attributes": {
        "bool": { "type": "bool", "optional": true },
        "deep": { "type": ["list", ["map", ["set", "number"]]], "optional": true },
        "dynamic": { "type": "dynamic", "optional": true },
        "missing": { "optional": true },
        "map": { "type": ["map", "string"], "optional": true, "deprecated": true },
        "object": { "type": ["object", { "a": "string" }, ["a"]], "computed": true },
        "objects": { "type": ["set", ["object", { "1st": "number", "build": "bool", "in": ["list", ["object", { "self": "string" }]], "type": "string" }]], "optional": true },
        "object_secret": { "type": ["object", { "object": ["map", "string"] }], "optional": true, "computed": true, "sensitive": true },
        "secret": { "type": "string", "optional": true, "sensitive": true },
        "secret_wo": { "type": "string", "optional": true, "write_only": true },
        "text": { "type": "string", "required": true },
        "tuple": { "type": ["tuple", ["string", "number"]], "optional": true },
        "nested": { "optional": true, "nested_type": { "nesting_mode": "map", "attributes": { "text": { "type": "string", "required": true } } } }
    } })
}

/// Each of [`BLOCKS`], with a deprecated argument.
fn blocks() -> Value {
    let mut root = json!({ "block_types": {} });
    for path in BLOCKS {
        let mut at = &mut root;
        for part in path.split('/') {
            let content = json!({ "attributes": { format!("of_{part}"): { "type": "string", "optional": true, "deprecated": true } }, "block_types": {} });
            let nested = json!({ "nesting_mode": "list", "block": content });
            let types = at["block_types"].as_object_mut().unwrap();
            at = &mut types.entry(part).or_insert(nested)["block"];
        }
    }
    root
}

fn odd() -> Value {
    let mut resources: Map<String, Value> =
        TYPES.iter().map(|name| (format!("x_{name}"), json!({ "block": every_type() }))).collect();
    let blocks_of_names: Map<String, Value> =
        NAMES.iter().map(|&name| (name.to_owned(), json!({ "nesting_mode": "set", "block": {} }))).collect();
    for (name, block) in [
        ("x", every_type()),
        ("x_", every_type()),
        ("string", every_type()),
        (
            "x_deprecated",
            json!({ "deprecated": true, "attributes": attributes(json!({ "type": "string", "optional": true, "deprecated": true })) }),
        ),
        ("x_required", json!({ "attributes": attributes(json!({ "type": "number", "required": true, "deprecated": true })) })),
        ("x_read", json!({ "attributes": attributes(json!({ "type": "bool", "computed": true, "deprecated": true })) })),
        (
            "x_labeled",
            json!({ "attributes": attributes(json!({ "optional": true, "nested_type": { "nesting_mode": "single", "attributes": {} } })) }),
        ),
        ("x_of_blocks", json!({ "block_types": blocks_of_names })),
        ("x_blocks", blocks()),
        ("x_tagged", json!({ "attributes": { "tags": { "type": ["map", "string"], "optional": true } } })),
        ("x_labels", json!({ "attributes": { "tags": { "type": ["set", "string"], "optional": true } } })),
    ] {
        resources.insert(name.to_owned(), json!({ "block": block }));
    }
    let functions: Map<String, Value> = NAMES.iter().map(|&name| {
        let parameter = |name: &str| json!({ "name": name, "type": "string" });
        (name.to_owned(), json!({
            "summary": "Says [what] it\ndoes <b>well</b>, \u{202e}\u{0} */ ``` https://example.com.", "return_type": ["list", "string"], "deprecation_message": "say \"other\"",
            "parameters": [parameter(name), parameter(name), parameter("self")], "variadic_parameter": parameter("type")
        }))
    }).chain([("trimmed".to_owned(), json!({ "return_type": null, "parameters": [{ "name": "a" }] }))]).collect();
    json!({
        "provider": { "block": blocks() }, "resource_schemas": resources, "functions": functions,
        "data_source_schemas": { "x_y": { "block": every_type() }, "x_type": {}, "x_list": { "block": null }, "x_provider": {}, "y": {} },
        "ephemeral_resource_schemas": { "x_y": { "block": every_type() }, "x_type": {}, "x_provider": {}, "token": {} }
    })
}

/// Names of providers that are no names of modules, or of other folders.
const PROVIDERS: [&str; 8] = ["3d", "a.b", "aux", "crate", "mod", "oleoduto-cdk", "self", "type"];

fn schema() -> Schema {
    let string = |result: &str| json!({ "block": { "attributes": { "length": { "type": "number", "required": true }, "override_special": { "type": "string", "optional": true }, result: { "type": "string", "computed": true } } } });
    let mut schema: Schema = serde_json::from_value(json!({ "format_version": "1.0", "provider_schemas": {
        "registry.terraform.io/acme/x": odd(),
        "tf.example/acme/trimmed": { "resource_schemas": { "trimmed_thing": { "block": { "attributes": null, "deprecated": null } }, "trimmed_other": { "block": { "attributes": { "a": { "type": null, "optional": null, "required": true } } } } }, "functions": null },
        "registry.terraform.io/hashicorp/random": { "resource_schemas": { "random_string": string("result") } },
        "registry.terraform.io/hashicorp/google-beta": { "provider": {}, "resource_schemas": { "google_list": { "block": every_type() } } },
        "terraform.io/builtin/terraform": {
            "provider": { "version": 0 },
            "resource_schemas": { "terraform_data": { "version": 0, "block": { "attributes": { "input": { "type": "dynamic", "optional": true }, "output": { "type": "dynamic", "computed": true } } } } },
            "data_source_schemas": { "terraform_remote_state": { "block": { "attributes": { "backend": { "type": "string", "required": true } } } } },
            "functions": { "encode_expr": { "return_type": "string", "parameters": [{ "name": "value", "type": "dynamic" }] } }
        }
    } }))
    .unwrap();
    schema.provider_schemas.extend(PROVIDERS.map(|name| {
        let types = json!({ "resource_schemas": { format!("{name}_x"): { "block": every_type() }, name: {} } });
        (format!("registry.terraform.io/acme/{name}"), serde_json::from_value(types).unwrap())
    }));
    schema
}

/// Compile the sources of a folder as a library, with what cargo built for this test.
fn compile(sources: &Path) {
    let [program, options @ ..] = compiler_call!();
    let mut compiler = Command::new(program);
    compiler.args(options).args(["--crate-type=lib", "--emit=metadata", "--out-dir"]).arg(sources).arg(sources.join("lib.rs"));
    let output = compiler.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Compile the sources of a folder with the examples in their documentation.
pub(crate) fn compile_with_examples(sources: &Path) {
    let examples = examples::all(sources);
    let modules: String = examples.iter().enumerate().map(|(index, code)| format!("mod n{index} {{\n{code}}}\n")).collect();
    std::fs::write(sources.join("examples.rs"), modules).unwrap();
    let root = sources.join("lib.rs");
    let text = std::fs::read_to_string(&root).unwrap();
    std::fs::write(&root, format!("{text}#[allow(dead_code)]\nmod examples;\n")).unwrap();
    compile(sources);
}

#[test]
fn every_name_binds_and_all_bindings_compile() {
    let sources = tempfile::tempdir().unwrap();
    let schema = schema();
    let bound = sources.path().join("bindings");
    for address in schema.provider_schemas.keys() {
        let bindings = Bindings { provider: address.clone(), version: "1.0.0".into(), ..Bindings::default() };
        let files = generate(&schema, &bindings, true).unwrap();
        folder::write(&bound.join(module_of_provider(bindings.local_name())), &files).unwrap();
    }
    let local_names = schema.provider_schemas.keys().filter_map(|address| address.rsplit('/').next());
    std::fs::write(bound.join("mod.rs"), index_of_providers(local_names)).unwrap();
    std::fs::write(sources.path().join("lib.rs"), "//! Odd names.\n#![deny(warnings)]\npub mod bindings;\npub mod uses;\n")
        .unwrap();
    std::fs::write(sources.path().join("uses.rs"), include_str!("odd/uses.rs")).unwrap();
    compile_with_examples(sources.path());
}

#[test]
#[ignore = "needs the bindings of a real provider: run scripts/check-generated.sh"]
fn the_sample_compiles() {
    compile_with_examples(Path::new(&std::env::var_os("BINDGEN_SAMPLE").unwrap()));
}

#[test]
fn names_do_not_depend_on_which_types_are_listed() {
    let schema = schema();
    let of = |resources: &[&str], data_sources: &[&str], all| {
        let bindings = Bindings {
            provider: "registry.terraform.io/acme/x".into(),
            version: "1.0.0".into(),
            resources: resources.iter().map(|&name| name.to_owned()).collect(),
            data_sources: data_sources.iter().map(|&name| name.to_owned()).collect(),
            ..Bindings::default()
        };
        generate(&schema, &bindings, all).unwrap()
    };
    let all = of(&[], &[], true);
    for name in TYPES {
        let alone = of(&[&format!("x_{name}")], &[], false);
        assert_eq!(alone.len(), 3, "{:?}", alone.keys());
        for (file, text) in alone.iter().filter(|(file, _)| *file != "mod.rs") {
            assert_eq!(all.get(file), Some(text), "{file}");
        }
    }
    assert_eq!(
        of(&["x_data_y", "x_provider"], &["x_y", "x_provider"], false).keys().collect::<Vec<_>>(),
        ["data_provider.rs", "data_y.rs", "mod.rs", "provider.rs", "x_data_y.rs", "x_provider.rs",]
    );
}
