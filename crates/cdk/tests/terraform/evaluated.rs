//! What the engine writes is what the real Terraform reads: applied with its built-in provider, which needs no
//! registry and no account.

use std::process::Command;

use crate::common::real::{Data, DataRefs, apply, terraform};

use oleoduto_cdk::{Any, App, Backend, Diagnostic, Expr, List, Map, Meta, Module, Number, Val, Variable, func, hcl, text};
use serde_json::{Value as Json, json};

fn data(input: impl Into<Expr>) -> Data<Any> {
    Data(input.into().into())
}

fn app(build: impl FnOnce(&mut oleoduto_cdk::Stack)) -> App {
    let mut app = App::new();
    build(app.stack("s", Backend::Local { path: "terraform.tfstate".into() }));
    app
}

#[test]
fn functions_and_operators_have_terraforms_values() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = apply(
        folder.path(),
        app(|stack| {
            let a = stack.add("a", data("alpha ${not a reference} \"quoted\" \\ %{nor this}")).output();
            stack.output("text", &a);
            stack.output("template", text!["<", &a, "> 100% ${x}"]);
            stack.output(
                "json",
                func::jsonencode(Expr::object([("a", Expr::from(&a)), ("n", 1.into()), ("t", "\n\"${b}\"".into())])),
            );
            stack.output("joined", func::join("-", func::concat([["x"].into(), func::split(",", "y,z")])));
            stack.output("sum", func::sum([1, 2, 3]));
            stack.output("choice", func::conditional::<String>(func::gt(func::length(&a), 3), func::upper("yes"), "no"));
            let sum: Val<Number> = func::add(2, func::mul(3, 4));
            stack.output("arithmetic", sum);
            stack.output("not", func::not(func::and(true, func::eq::<String>("a", "b"))));
            stack.output("merged", func::merge::<String>([[("a", "1"), ("b", "1")].into(), [("b", "2")].into()]));
            stack.output("subnets", func::cidrsubnets("10.0.0.0/16", [8, 8]));
            let doubled: Val<List<Number>> = Val::raw(hcl!["[for n in ", func::range(1, 4), " : n * 2]"]);
            stack.output("doubled", doubled);
            stack.output("lookup", func::lookup::<String>([("k", "v")], "missing", "default"));
            stack.output("chunks", func::chunklist::<Number>([1, 2, 3], 2));
            stack.output("product", func::setproduct::<String>([["a", "b"].into(), ["x"].into()]));
            stack.output("matched", func::matchkeys::<Number>([1, 2], ["a", "b"], ["b"]));
            let exchanged: Val<Map<List<String>>> = [("a", ["x", "y"])].into();
            stack.output("transposed", func::transpose(exchanged));
            stack.output("first_list", func::coalescelist::<Number>([Vec::<i64>::new().into(), [1].into()]));
            stack.output("formatted", func::formatlist("%s!", [vec![Expr::from("a"), "b".into()].into()]));
            stack.output("parsed", func::parseint("ff", 16));
            stack.output("is_sensitive", func::issensitive(func::sensitive::<String>("x")));
            let template = stack.local::<String>("template", Val::raw("hello ${name}".into()));
            let variables = Expr::object([("name", Expr::from("Ana"))]);
            stack.output("rendered", func::templatestring(&template, variables));
        }),
    );
    let a = "alpha ${not a reference} \"quoted\" \\ %{nor this}";
    assert_eq!(outputs["text"], a);
    assert_eq!(outputs["template"], format!("<{a}> 100% ${{x}}"));
    let inner: Json = serde_json::from_str(outputs["json"].as_str().unwrap()).unwrap();
    assert_eq!(inner, json!({ "a": a, "n": 1, "t": "\n\"${b}\"" }));
    let expected = json!({
        "joined": "x-y-z", "sum": 6, "choice": "YES", "arithmetic": 14, "not": true, "merged": { "a": "1", "b": "2" },
        "subnets": ["10.0.0.0/24", "10.0.1.0/24"], "doubled": [2, 4, 6], "lookup": "default",
        "chunks": [[1, 2], [3]], "product": [["a", "x"], ["b", "x"]], "matched": [2],
        "transposed": { "x": ["a"], "y": ["a"] }, "first_list": [1], "formatted": ["a!", "b!"], "parsed": 255,
        "is_sensitive": true, "rendered": "hello Ana"
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&outputs[name], value, "{name}");
    }
}

#[test]
fn repetition_variables_locals_modules_and_meta_arguments_work_in_terraform() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("stacks/s/mod")).unwrap();
    let module = "variable \"x\" { type = string }\noutput \"y\" { value = \"${var.x}!\" }\n";
    std::fs::write(folder.path().join("stacks/s/mod/main.tf"), module).unwrap();
    let outputs = apply(
        folder.path(),
        app(|stack| {
            let who = stack.variable::<String>(
                "who",
                Variable::new()
                    .description("who")
                    .default_value("Ana")
                    .not_null()
                    .validation(func::ne::<String>(Val::raw(Expr::hcl("var.who")), ""), "who must not be empty"),
            );
            let zones = stack.variable::<List<String>>("zones", Variable::new().default_value(vec!["a".into(), "b".into()]));
            let hello = stack.local::<String>("hello", text!["hello ", &who]);
            let counted = stack.add_count("counted", 3, Meta::new(), |index| data(text![&hello, " ", index]));
            let entries: [(&str, &str); 2] = [("x", "1"), ("y\"q", "2")];
            let keyed =
                stack.add_for_each::<String, _>("keyed", entries, Meta::new(), |each| data(text![each.key(), "=", each.value()]));
            let zoned = stack.add_for_each_of("zoned", &zones, Meta::new(), |each| data(each.value()));
            let meta = Meta::new()
                .depends_on(&zoned)
                .create_before_destroy()
                .ignore_changes(["input"])
                .replace_triggered_by(&counted)
                .precondition(func::eq::<String>(&who, "Ana"), "only Ana")
                .postcondition(Val::raw(Expr::hcl("self.id != \"\"")), "no id")
                .override_at("triggers_replace", Expr::object([("k", Expr::from("v"))]));
            stack.add_with("special", data("s"), meta);
            let called = stack.module("called", Module::as_written("./mod").input("x", &hello));
            stack.output("counted", counted.all(DataRefs::output));
            stack.output("second", counted.at(1).output());
            stack.output("keyed", keyed.all(DataRefs::output));
            stack.output("quoted_key", keyed.at("y\"q").output());
            stack.output("zoned", zoned.all(DataRefs::output));
            stack.output("module", called.output::<String>("y"));
            stack.override_at("terraform.required_version", ">= 1.5".into());
        }),
    );
    let expected = json!({
        "counted": ["hello Ana 0", "hello Ana 1", "hello Ana 2"], "second": "hello Ana 1", "keyed": ["x=1", "y\"q=2"],
        "quoted_key": "y\"q=2", "zoned": ["a", "b"], "module": "hello Ana!"
    });
    assert_eq!(outputs, expected);
    let special: Json = serde_json::from_str(&terraform(folder.path(), &["show", "-json"])).unwrap();
    let special = special["values"]["root_module"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["name"] == "special")
        .unwrap()
        .clone();
    assert_eq!(special["values"]["triggers_replace"], json!({ "k": "v" }));
}

#[test]
fn a_moved_resource_is_not_recreated_and_a_removed_one_is_only_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let id = |app: App| apply(folder.path(), app)["id"].clone();
    let before = id(app(|stack| {
        let old = stack.add("old", data("x"));
        stack.add("gone", data("y"));
        stack.output("id", old.as_ref().attr::<String>("id"));
    }));
    let moved = app(|stack| {
        let new = stack.scope("inner", |stack| stack.add_with("new", data("x"), Meta::new().moved_from("terraform_data.old")));
        stack.removed("terraform_data.gone", false);
        stack.output("id", new.as_ref().attr::<String>("id"));
    });
    assert_eq!(id(moved), before);
    let imported = app(|stack| {
        let again = stack.add_raw("terraform_data", "again", [("input", Expr::Null)], Meta::new());
        stack.import("some-id", &again);
        stack.output("id", again.attr::<String>("id"));
    });
    assert_eq!(id(imported), "some-id");
}

#[test]
fn cross_stack_values_arrive_through_the_remote_state() {
    let folder = tempfile::tempdir().unwrap();
    let state = |name: &str| Backend::Local { path: format!("../../{name}.tfstate").into() };
    let mut app = App::new();
    let given = app.stack("p", state("p")).add("a", data("from p")).output();
    let stack = app.stack("s", state("s"));
    let taken = text![&given, "!"];
    stack.output("taken", func::nonsensitive::<String>(taken));
    let output = app.synth().unwrap();
    assert_eq!(output.manifest.stacks["s"].dependencies, ["p"]);
    output.write(folder.path()).unwrap();
    for stack in ["p", "s"] {
        for arguments in [&["init", "-input=false"][..], &["apply", "-auto-approve", "-input=false"]] {
            let done = Command::new("terraform")
                .arg(format!("-chdir={}", folder.path().join("stacks").join(stack).display()))
                .args(arguments)
                .output()
                .unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
    }
    assert_eq!(terraform(folder.path(), &["output", "-raw", "taken"]), "from p!");
}

#[test]
fn an_aspect_sees_everything_and_tags_reach_what_takes_them() {
    let mut app = app(|stack| {
        stack.add("a", data("x"));
    });
    app.aspect(|view| {
        assert_eq!(
            (view.stack(), view.type_name(), view.address(), view.is_data()),
            ("s", "terraform_data", "terraform_data.a", false)
        );
        assert_eq!(view.get("input"), Some(&Expr::from("x")));
        view.set("input", "y".into());
    });
    app.tags([("Owner", "me")]);
    let json = &app.synth().unwrap().stacks[0].json;
    assert!(json.contains("\"input\": \"y\"") && !json.contains("Owner"), "{json}");
}

#[test]
fn mistakes_in_the_escape_hatches_are_found_too() {
    let mut app = app(|stack| {
        stack.add_with("a", data("x"), Meta::new().override_at("input.b", 1.into()));
        stack.override_at("resource.terraform_data.a.input", 1.into());
        stack.override_at("terraform.backend.local.path.deeper", 1.into());
        stack.local::<String>("l", "1");
        stack.local::<String>("l", "2");
        stack.variable::<Map<String>>("v", Variable::new());
        stack.variable::<Map<String>>("v", Variable::new());
        stack.depends_on_stack("nowhere");
        stack.report(Diagnostic::info("s", "only a note", "nothing to do"));
        stack.add_raw("terraform_data", "b", [("input", Expr::Float(f64::NAN))], Meta::new());
        stack.add_raw("terraform_data", "c", [("z", Expr::Null), ("input", 1.into()), ("input", 2.into())], Meta::new());
    });
    let other = app.stack("other", Backend::Local { path: "o.tfstate".into() }).add("x", data("1"));
    let stack = app.stack("third", Backend::Local { path: "t.tfstate".into() });
    stack.add_with("y", data("2"), Meta::new().depends_on(&other));
    insta::assert_snapshot!(app.synth().unwrap_err().to_string());
}
