//! What synth refuses, since Terraform would refuse it later or do something else: all mistakes at once, with place and help.

use std::path::PathBuf;

use crate::common::{Test, Thing, local, thing};
use oleoduto_cdk::{
    App, Asset, Backend, Block, BlockWriter, Expr, Map, Meta, Module, Number, Provider, Resource, S3Backend, Stack, Target, Val,
    Variable, func, hcl,
};

fn mistakes(build: impl FnOnce(&mut App)) -> String {
    let mut app = App::new();
    build(&mut app);
    app.synth().unwrap_err().to_string()
}

fn stack<'a>(app: &'a mut App, name: &str) -> &'a mut Stack {
    let stack = app.stack(name, local(name));
    stack.provider(Test);
    stack
}

fn other(kind: &str, config: &[(&'static str, &str)]) -> Backend {
    let config = config.iter().map(|(key, value)| ((*key).into(), Expr::from(*value))).collect();
    Backend::Other { kind: kind.to_owned(), config }
}

fn json(app: App, index: usize) -> serde_json::Value {
    serde_json::from_str(&app.synth().unwrap().stacks[index].json).unwrap()
}

#[test]
fn blocks_of_other_stacks_are_refused_where_only_an_address_can_stand() {
    let said = mistakes(|app| {
        let foreign = stack(app, "one").add("a", thing("a"));
        let alias = app.stack("west", local("west")).provider_alias("west", Test);
        let stack = stack(app, "two");
        stack.add_with("b", thing("b"), Meta::new().replace_triggered_by(&foreign));
        stack.moved("test_thing.old", &foreign);
        stack.import("id", &foreign);
        stack.module("m", Module::new("example/m/test").provider("test", &alias));
    });
    insta::assert_snapshot!(said);
}

#[test]
fn names_that_terraform_refuses_are_refused() {
    let said = mistakes(|app| {
        let stack = stack(app, "one");
        stack.add("1abc", thing("a"));
        stack.add("-a", thing("b"));
        stack.scope("2026", |stack| stack.add("a", thing("c")));
        stack.output("1o", "x");
        stack.output("é", "x");
        stack.output("a.b", "x");
        stack.variable::<String>("source", Variable::new());
        stack.variable::<String>("2v", Variable::new());
        stack.local::<String>("3l", "x");
        stack.module("4m", Module::new("example/m/test"));
    });
    insta::assert_snapshot!(said);
}

#[test]
fn an_output_with_the_name_of_a_generated_one_is_refused() {
    let said = mistakes(|app| {
        let one = stack(app, "one");
        let arn = one.add("a", thing("a")).arn();
        one.output("cross-stack-output-test_thingaarn", "x");
        stack(app, "two").add("b", Thing { note: Some(arn.into()), ..Thing::default() });
    });
    insta::assert_snapshot!(said);
}

#[test]
fn values_outside_of_resources_are_walked_too() {
    let said = mistakes(|app| {
        let arn = stack(app, "one").add("a", thing("a")).arn();
        let config = vec![("address".into(), Expr::from(&arn))];
        let stack = app.stack("two", Backend::Other { kind: "http".into(), config });
        stack.override_at("output.o.value", Val::<Number>::from(f64::NAN).into_expr());
        stack.override_at("terraform.required_version", func::upper("x").into_expr());
        stack.variable::<String>("v", Variable::new().default_value(&arn));
        stack.module("m", Module::new("example/m/test").input("version", &arn));
    });
    insta::assert_snapshot!(said);
}

#[test]
fn a_reference_in_an_override_makes_the_output_the_data_source_and_the_dependency() {
    let mut app = App::new();
    let arn = stack(&mut app, "one").add("a", thing("a")).arn();
    stack(&mut app, "two").override_at("check.c.assert.condition", func::ne::<String>(arn, "").into_expr());
    let output = app.synth().unwrap();
    assert_eq!(output.manifest.stacks["two"].dependencies, ["one"]);
    assert!(output.stacks[0].json.contains("cross-stack-output-test_thingaarn"));
    assert!(output.stacks[1].json.contains("\"terraform_remote_state\""));
}

#[test]
fn two_stacks_with_one_state_are_refused() {
    let s3 = |key: &str| Backend::S3(S3Backend::new("states", key, "sa-east-1"));
    let file = |path: &str| Backend::Local { path: PathBuf::from(path) };
    let said = mistakes(|app| {
        app.stack("a", s3("x.tfstate"));
        app.stack("b", Backend::S3(S3Backend::new("states", "x.tfstate", "us-east-1").profile("other")));
        app.stack("c", file("../shared.tfstate"));
        app.stack("d", file("./../c/../shared.tfstate"));
        app.stack("e", other("gcs", &[("bucket", "b"), ("credentials", "x")]));
        app.stack("f", other("gcs", &[("bucket", "b")]));
        app.stack("g", other("kubernetes", &[("secret_suffix", "s")]));
        app.stack("h", other("kubernetes", &[("secret_suffix", "s")]));
    });
    insta::assert_snapshot!(said);
    let mut app = App::new();
    app.stack("a", s3("a.tfstate"));
    app.stack("b", s3("b.tfstate"));
    app.stack("c", file("own.tfstate"));
    app.stack("d", file("own.tfstate"));
    app.stack("e", other("gcs", &[("bucket", "b"), ("prefix", "e")]));
    app.stack("f", other("gcs", &[("bucket", "b"), ("prefix", "f")]));
    assert_eq!(app.synth().unwrap().stacks.len(), 6);
}

#[test]
fn an_asset_cannot_leave_its_folder() {
    let said = mistakes(|app| {
        let stack = stack(app, "one");
        for (id, name) in [("../../../../x", "f"), ("/x", "f"), ("", "f"), ("x", "../f")] {
            stack.asset(Asset::from_bytes(id, name, b"data".to_vec()));
        }
        stack.asset(Asset::from_bytes("folder/x", "f", b"data".to_vec()));
    });
    insta::assert_snapshot!(said);
}

#[test]
fn nesting_that_is_too_deep_is_a_mistake_and_no_crash() {
    let said = mistakes(|app| {
        let stack = stack(app, "one");
        let mut text: Val<String> = "x".into();
        let mut sum: Val<Number> = 0.into();
        let mut hand = Expr::hcl("x");
        for _ in 0..20_000 {
            text = func::upper(text);
            sum = func::add(sum, 1);
            hand = hcl!["f(", hand, ")"];
        }
        stack.output("text", text);
        stack.output("sum", sum);
        stack.add_raw("test_thing", "hand", [("note", hand)], Meta::new());
        let list = (0..2_000).fold(Expr::Null, |inner, _| Expr::Array(vec![inner]));
        stack.add_raw("test_thing", "list", [("note", list)], Meta::new());
        let object = (0..20_000).fold(Expr::Null, |inner, _| Expr::object([("k", inner)]));
        stack.override_at("check.c", object);
    });
    insta::assert_snapshot!(said);
}

#[test]
fn as_deep_as_it_may_be_is_written() {
    let mut app = App::new();
    let mut text: Val<String> = "x".into();
    for _ in 0..oleoduto_cdk::MAX_DEPTH - 2 {
        text = func::upper(text);
    }
    stack(&mut app, "one").output("text", text);
    let json = app.synth().unwrap().stacks[0].json.clone();
    assert_eq!(json.matches("upper(").count(), oleoduto_cdk::MAX_DEPTH - 2, "{json}");
}

#[test]
fn outputs_are_sensitive_through_locals_and_functions() {
    let mut app = App::new();
    let one = stack(&mut app, "one");
    let secret = one.add("a", thing("a")).secret();
    let local = one.local::<String>("l", func::upper(&secret));
    one.output("local", &local);
    one.output("function", func::sensitive::<String>("x"));
    one.output("literal", Val::<oleoduto_cdk::Sensitive>::from("x"));
    one.output("open", func::nonsensitive::<String>(&local));
    one.output("plain", Val::<Map<String>>::from([("k", "v")]));
    let json = json(app, 0);
    let sensitive = |name: &str| json["output"][name].get("sensitive") == Some(&true.into());
    let names = ["local", "function", "literal", "open", "plain"];
    assert_eq!(names.map(sensitive), [true, true, true, false, false]);
}

#[test]
fn the_state_of_a_producer_is_found_from_the_folder_of_its_reader() {
    let read = |backend: Backend| {
        let mut app = App::new();
        let producer = app.stack("one", backend);
        producer.provider(Test);
        let arn = producer.add("a", thing("a")).arn();
        stack(&mut app, "two").add("b", Thing { note: Some(arn.into()), ..Thing::default() });
        let json = json(app, 1);
        let state = &json["data"]["terraform_remote_state"]["cross-stack-reference-input-one"];
        (state["backend"].as_str().unwrap().to_owned(), state["config"].clone())
    };
    let local = |path: &str| read(Backend::Local { path: path.into() }).1["path"].as_str().unwrap().to_owned();
    assert_eq!(local("x.tfstate"), "../one/x.tfstate");
    assert_eq!(local("./states/x.tfstate"), "../one/states/x.tfstate");
    assert_eq!(local("../../../x.tfstate"), "../../../x.tfstate");
    assert_eq!(local("/states/x.tfstate"), "/states/x.tfstate");
    assert_eq!(read(other("local", &[])).1["path"], "../one/terraform.tfstate");
    let workspaces = Expr::object([("name", Expr::from("w")), ("project", "p".into())]);
    let config = vec![("organization".into(), "o".into()), ("workspaces".into(), workspaces)];
    let (kind, config) = read(Backend::Other { kind: "cloud".into(), config });
    assert_eq!((kind.as_str(), config), ("remote", serde_json::json!({ "organization": "o", "workspaces": { "name": "w" } })));
}

#[test]
fn the_cloud_is_no_backend() {
    let mut app = App::new();
    app.stack("one", other("cloud", &[("organization", "o")]));
    let terraform = &json(app, 0)["terraform"];
    assert_eq!(terraform["cloud"]["organization"], "o");
    assert_eq!(terraform.get("backend"), None);
}

/// A provider whose name is not the first word of its types.
struct Beta;

impl Block for Beta {
    fn write(&mut self, _: &mut BlockWriter<'_>) {}
}

impl Provider for Beta {
    const NAME: &'static str = "test-beta";
    const SOURCE: &'static str = "example/test-beta";
    const VERSION: &'static str = "1.0.0";
}

struct BetaThing;

struct BetaRefs;

impl From<Target> for BetaRefs {
    fn from(_: Target) -> Self {
        Self
    }
}

impl AsRef<Target> for BetaRefs {
    fn as_ref(&self) -> &Target {
        unreachable!("nothing reads it")
    }
}

impl Block for BetaThing {
    fn write(&mut self, _: &mut BlockWriter<'_>) {}
}

impl Resource for BetaThing {
    const TYPE: &'static str = "test_thing";
    const PROVIDER: Option<&'static str> = Some("test-beta");
    type Refs = BetaRefs;
}

#[test]
fn the_binding_says_which_provider_a_type_has() {
    let mut app = App::new();
    let one = app.stack("one", local("one"));
    one.provider(Beta);
    let west = one.provider_alias("west", Beta);
    let insert = |stack: &mut Stack, id: &str, meta: Meta| {
        stack.add_raw("terraform_data", id, [("input", Expr::Null)], meta);
    };
    insert(one, "unrelated", Meta::new());
    let _ = one.add("a", BetaThing);
    let _ = one.add_with("b", BetaThing, Meta::new().provider(&west));
    let things = json(app, 0)["resource"]["test_thing"].clone();
    assert_eq!((&things["a"]["provider"], &things["b"]["provider"]), (&"test-beta".into(), &"test-beta.west".into()));
    let error = mistakes(|app| {
        let _ = stack(app, "one").add("a", BetaThing);
    });
    assert!(error.contains("stack `one` has no provider `test-beta`"), "{error}");
}
