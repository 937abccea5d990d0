//! What can be read, and from where: elements, other states, modules and data sources, all applied by the real Terraform.

use std::path::Path;
use std::process::Command;

use crate::common::real::{apply, refusal};
use oleoduto_cdk::{
    Any, App, Backend, Block, BlockWriter, DataSource, Expr, List, Map, Meta, Module, Number, Output, Ref, RemoteState, Stack,
    Target, Val, Variable, func, text,
};
use serde_json::json;

fn state(name: &str) -> Backend {
    Backend::Local { path: format!("{name}.tfstate").into() }
}

fn app(build: impl FnOnce(&mut Stack)) -> App {
    let mut app = App::new();
    build(app.stack("s", state("s")));
    app
}

fn data(stack: &mut Stack, id: &str, input: Expr) -> Target {
    stack.add_raw("terraform_data", id, [("input", input)], Meta::new())
}

/// Apply a stack of an app that is not the last one.
fn apply_first(folder: &Path, stack: &str) {
    for arguments in [&["init", "-input=false"][..], &["apply", "-auto-approve", "-input=false"]] {
        let chdir = format!("-chdir={}", folder.join("stacks").join(stack).display());
        let done = Command::new("terraform").arg(chdir).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

fn things() -> Expr {
    let thing = |name: &str, size: i64| Expr::object([("name", Expr::from(name)), ("size", size.into()), ("a b", name.into())]);
    vec![thing("x", 1), thing("y", 2)].into()
}

#[test]
fn elements_of_lists_maps_and_objects_are_references() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = apply(
        folder.path(),
        app(|stack| {
            let things: Ref<Any> = data(stack, "things", things()).attr("output");
            stack.output("first", things.at(0).key("name").unchecked::<String>());
            stack.output("spaced", things.at(1).key("a b"));
            stack.output("sizes", things.all(|thing| thing.key("size").unchecked::<Number>()));
            stack.output("sum", func::sum(things.all(|thing| thing.key("size").unchecked::<Number>())));
            let words = data(stack, "words", vec!["p".into(), "q".into()].into()).attr::<List<String>>("output");
            stack.output("word", words.at(1));
            let map = data(stack, "map", Expr::object([("${k}\"\\", Expr::from("v"))])).attr::<Map<String>>("output");
            stack.output("key", map.key("${k}\"\\"));
            let named: Ref<Map<List<String>>> =
                stack.local("named", Val::raw(Expr::object([("k", Expr::from(vec![Expr::from("deep")]))])));
            stack.output("local", named.key("k").at(0));
            let given = Variable::new().default_value(Expr::object([("k", Expr::from("d"))]));
            let given = stack.variable::<Map<String>>("given", given);
            stack.output("variable", given.key("k"));
        }),
    );
    let expected = json!({
        "first": "x", "spaced": "y", "sizes": [1, 2], "sum": 3, "word": "q", "key": "v", "local": "deep", "variable": "d"
    });
    assert_eq!(outputs, expected);
}

#[test]
fn elements_and_local_states_are_read_from_other_stacks() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = App::new();
    let target = data(app.stack("p", state("p")), "things", things());
    let things: Ref<Any> = target.attr("output");
    let stack = app.stack("s", state("s"));
    stack.sensitive_output("both", Expr::Array(vec![things.at(0).key("name").into(), things.all(|x| x.key("name")).into()]));
    // Two spellings of one element: their outputs would have the same id.
    let other: Ref<Any> = things.at(1).key("size");
    let dotted: Ref<Any> = target.attr("output.1.size");
    stack.sensitive_output("twins", Expr::Array(vec![other.into(), dotted.into()]));
    app.synth().unwrap().write(folder.path()).unwrap();
    apply_first(folder.path(), "p");
    apply_first(folder.path(), "s");
    let outputs = crate::common::real::terraform(folder.path(), &["output", "-json"]);
    let outputs: serde_json::Value = serde_json::from_str(&outputs).unwrap();
    assert_eq!(outputs["both"]["value"], json!(["x", ["x", "y"]]));
    assert_eq!(outputs["twins"]["value"], json!([2, 2]));
}

#[test]
fn the_state_of_another_team_is_read_by_its_backend() {
    let folder = tempfile::tempdir().unwrap();
    let mut theirs = App::new();
    theirs.stack("theirs", Backend::Local { path: "their ${odd}.tfstate".into() }).output("vpc id", "x");
    let refused = theirs.synth().unwrap_err().to_string();
    assert!(refused.contains("`vpc id` can't be an id in Terraform"), "{refused}");
    let mut theirs = App::new();
    theirs.stack("theirs", Backend::Local { path: "their ${odd}.tfstate".into() }).output("vpc", "vpc-1");
    theirs.synth().unwrap().write(folder.path()).unwrap();
    apply_first(folder.path(), "theirs");
    let outputs = apply(
        folder.path(),
        app(|stack| {
            let backend = Backend::Local { path: "../theirs/their ${odd}.tfstate".into() };
            let network = stack.remote_state("network", RemoteState::new(backend.clone()).default_value("zone", "none"));
            stack.output("vpc", network.output::<String>("vpc"));
            stack.output("zone", network.output::<String>("zone"));
            let config = Expr::object([("path", Expr::from("../theirs/their ${odd}.tfstate"))]);
            let arguments = [("backend", Expr::from("local")), ("config", config)];
            let raw = stack.data_raw("terraform_remote_state", "raw", arguments, Meta::new());
            stack.output("raw", raw.attr::<String>("outputs.vpc"));
        }),
    );
    assert_eq!(outputs, json!({ "vpc": "vpc-1", "zone": "none", "raw": "vpc-1" }));
}

/// `terraform_remote_state` as the generator would bind a data source.
struct LocalState {
    defaults: Val<Any>,
}

struct LocalStateRefs(Target);

impl From<Target> for LocalStateRefs {
    fn from(target: Target) -> Self {
        Self(target)
    }
}

impl AsRef<Target> for LocalStateRefs {
    fn as_ref(&self) -> &Target {
        &self.0
    }
}

impl Block for LocalState {
    fn write(&mut self, writer: &mut BlockWriter<'_>) {
        writer.attr("backend", &mut Val::<String>::from("local"));
        writer.attr("config", &mut Val::<Any>::from(Expr::object([("path", Expr::from("empty.tfstate"))])));
        writer.attr("defaults", &mut self.defaults);
    }
}

impl DataSource for LocalState {
    const TYPE: &'static str = "terraform_remote_state";
    type Refs = LocalStateRefs;
}

#[test]
fn data_sources_repeat_as_resources_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("stacks/s")).unwrap();
    let empty = r#"{"version": 4, "terraform_version": "1.5.0", "serial": 1, "lineage": "x", "outputs": {}, "resources": []}"#;
    std::fs::write(folder.path().join("stacks/s/empty.tfstate"), empty).unwrap();
    let defaults = |value: Expr| LocalState { defaults: Expr::object([("v", value)]).into() };
    let read = |refs: &LocalStateRefs| refs.0.attr::<String>("outputs.v");
    let outputs = apply(
        folder.path(),
        app(|stack| {
            let counted = stack.data_count("counted", 2, Meta::new(), |index| defaults(index.into()));
            let entries = [("k", "1"), ("l", "2")];
            let keyed = stack.data_for_each::<String, _>("keyed", entries, Meta::new(), |each| defaults(each.value().into()));
            stack.output("counted", counted.all(read));
            stack.output("second", read(&counted.at(1)));
            stack.output("keyed", keyed.all(read));
            stack.output("l", read(&keyed.at("l")));
        }),
    );
    assert_eq!(outputs, json!({ "counted": [0, 1], "second": 1, "keyed": ["1", "2"], "l": "2" }));
}

#[test]
fn a_local_module_travels_with_the_stack_and_repeats() {
    let folder = tempfile::tempdir().unwrap();
    let module = |value: Expr| Module::new("./tests/module").input("x", value);
    let outputs = apply(
        folder.path(),
        app(|stack| {
            let before = data(stack, "before", "x".into());
            let single = stack.module("single", module("a".into()).depends_on(&before));
            let counted = stack.module_count("counted", 2, |index| module(func::tostring(index).into()));
            let entries = [("k", "1"), ("l", "2")];
            let keyed = stack.module_for_each::<String, _>("keyed", entries, |each| {
                let both = text![each.key(), each.value()];
                module(both.into())
            });
            stack.output("single", single.output::<String>("y"));
            stack.output("counted", counted.all(|module| module.output::<String>("y")));
            stack.output("last", counted.at(1).output::<String>("y"));
            stack.output("keyed", keyed.all(|module| module.output::<String>("y")));
            stack.output("l", keyed.at("l").output::<String>("y"));
        }),
    );
    let expected = json!({ "single": "a!", "counted": ["0!", "1!"], "last": "1!", "keyed": ["k1!", "l2!"], "l": "l2!" });
    assert_eq!(outputs, expected);
    // One copy for all calls, which another synth leaves in place.
    let assets = folder.path().join("stacks/s/assets/module");
    assert_eq!(std::fs::read_dir(&assets).unwrap().count(), 1);
}

#[test]
fn a_local_module_that_cannot_travel_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("main.tf"), "module \"x\" {\n  source = \"../shared\"\n}\n").unwrap();
    std::fs::create_dir_all(folder.path().join("empty")).unwrap();
    // Local sources begin with `./` or `../`: the way from here to the temporary folder.
    let up = "../".repeat(std::env::current_dir().unwrap().components().count() - 1);
    let path = |name: &str| format!("{up}{}", folder.path().join(name).strip_prefix("/").unwrap().display());
    let refused = app(|stack| {
        stack.module("missing", Module::new("./no/such/folder"));
        stack.module("empty", Module::new(&path("empty")));
        stack.module("outside", Module::new(&path("outside")));
    });
    let refused = refused.synth().unwrap_err().to_string();
    for said in [
        "3 mistakes found",
        "can't read ./no/such/folder: No such file",
        "--> s/module.missing\n  help: a local module is a folder with .tf files: its path is relative to the folder in which the program runs",
        "empty has no .tf file\n  --> s/module.empty",
        "outside/main.tf takes the module `../shared`, which is outside of ",
    ] {
        assert!(refused.contains(said), "{said}: {refused}");
    }
}

#[test]
fn outputs_have_descriptions_dependencies_and_preconditions() {
    let folder = tempfile::tempdir().unwrap();
    let with = |size: i64| {
        app(|stack| {
            let other = data(stack, "other", "x".into());
            let known = data(stack, "size", size.into()).attr::<Number>("output");
            let output =
                Output::new().description("costs ${5}").depends_on(&other).precondition(func::lt(&known, 5), "too ${large}");
            stack.output_with("size", &known, output);
        })
    };
    assert_eq!(apply(folder.path(), with(3)), json!({ "size": 3 }));
    let written: serde_json::Value = serde_json::from_str(&with(3).synth().unwrap().stacks[0].json).unwrap();
    assert_eq!(written["output"]["size"]["description"], "costs ${5}");
    assert_eq!(written["output"]["size"]["depends_on"], json!(["terraform_data.other"]));
    with(7).synth().unwrap().write(folder.path()).unwrap();
    let said = refusal(folder.path(), &["apply", "-auto-approve", "-input=false", "-no-color"]).unwrap();
    assert!(said.contains("too ${large}"), "{said}");
    let mut both = App::new();
    let foreign = data(both.stack("p", state("p")), "x", "1".into());
    both.stack("s", state("s")).output_with("o", "x", Output::new().depends_on(&foreign));
    let refused = both.synth().unwrap_err().to_string();
    assert!(refused.contains("depends_on names `terraform_data.x` of stack `p`\n  --> s/output.o"), "{refused}");
}

#[test]
fn an_instance_with_any_key_can_be_moved_to() {
    let folder = tempfile::tempdir().unwrap();
    let id = |app: App| apply(folder.path(), app)["id"].clone();
    let before = id(app(|stack| {
        let old = data(stack, "old", "x".into());
        stack.output("id", old.attr::<String>("id"));
    }));
    let key = "${k} \"q\" \\ \n";
    let moved = app(|stack| {
        let keyed =
            stack.add_for_each::<String, _>("new", [(key, "x")], Meta::new(), |each| crate::common::real::Data(each.value()));
        stack.moved("terraform_data.old", &keyed.at(key));
        stack.output("id", keyed.at(key).as_ref().attr::<String>("id"));
    });
    assert_eq!(id(moved), before);
}
