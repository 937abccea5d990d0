//! Aspects and guards: what they see, what they change, and what they report.

use crate::common::{Test, Thing, local, thing};
use oleoduto_cdk::{App, Backend, Diagnostic, Expr, Guard, Level, Meta, Module, Output, Target, Variable, guard};

/// Two stacks, of which `b` reads `a`.
fn app() -> App {
    let mut app = App::new();
    let stack = app.stack("a", local("a"));
    stack.provider(Test);
    let west = stack.provider_alias("west", Test);
    let first = stack.scope("in", |stack| stack.add("first", thing("x")));
    stack.add_with("second", thing("y"), Meta::new().provider(&west));
    stack.data_raw("test_lookup", "here", [("name", Expr::from("n"))], Meta::new());
    stack.output_with("arn", first.arn(), Output::new().description("of the first"));
    stack.variable::<String>("size", Variable::new().default_value("s"));
    stack.module("m", Module::new("acme/m/test").version("1.0"));
    let stack = app.stack("b", local("b"));
    stack.provider(Test);
    stack.add("third", Thing { note: Some(first.arn().into()), ..thing("z") });
    app
}

/// Every resource of type `test_thing` has a note.
fn notes() -> impl Guard {
    guard("notes", |app| {
        let without = app.resources().filter(|resource| resource.get("note").is_none());
        let found = without.map(|resource| {
            let message = format!("`{}` has no note", resource.address());
            Diagnostic::error(format!("{}.note", resource.place()), message, "write one")
        });
        found.collect()
    })
}

#[test]
fn a_guard_sees_everything_and_the_graph() {
    let mut app = app();
    app.guard(guard("sees", |app| {
        let mut seen = Vec::new();
        for stack in app.stacks() {
            let needs = app.dependencies(stack.name());
            seen.push(format!(
                "{} needs {needs:?}, needed by {:?}",
                stack.name(),
                app.consumers(stack.name()).collect::<Vec<_>>()
            ));
            seen.extend(stack.providers().map(|provider| format!("{} {:?}", provider.place(), provider.alias())));
            for resource in stack.resources().chain(stack.data()) {
                let own = stack.provider_of(&resource).map(|provider| (provider.name(), provider.alias()));
                let reads: Vec<_> = resource.references().map(|reference| reference.target().address()).collect();
                seen.push(format!("{} {:?} by {own:?} reads {reads:?}", resource.place(), resource.at("name")));
            }
            for block in stack.outputs().chain(stack.variables()).chain(stack.modules()) {
                let known = ["description", "default", "version"].map(|name| block.at(name).and_then(Expr::literal));
                seen.push(format!("{} {} {known:?}", block.place(), block.name()));
            }
        }
        let first = app.resources().next().unwrap();
        let readers: Vec<_> = app.referring_to(first.target()).map(|resource| resource.place()).collect();
        seen.push(format!("{} is read by {readers:?}", first.place()));
        vec![Diagnostic::error("a", seen.join("\n"), "look")]
    }));
    insta::assert_snapshot!(app.synth().unwrap_err().to_string());
}

#[test]
fn findings_are_errors_with_the_name_of_the_guard() {
    let mut app = app();
    app.guard(notes());
    let mistakes = app.synth().unwrap_err().to_string();
    let expected =
        "error: `test_thing.in_first_C01DC0CD` has no note\n  --> a/in/test_thing.first.note\n  help: write one (guard `notes`)";
    assert!(mistakes.starts_with("2 mistakes found") && mistakes.contains(expected), "{mistakes}");
}

#[test]
fn advice_warns_and_writes() {
    let mut app = app();
    app.guard(notes().advice());
    let output = app.synth().unwrap();
    assert_eq!(output.warnings.iter().map(|warning| warning.level).collect::<Vec<_>>(), [Level::Warning; 2]);
    assert!(output.manifest_json().contains("has no note"), "warnings are annotations of the manifest");
}

/// What is said if these places are exceptions.
fn said_but(places: &[&str]) -> Vec<String> {
    let mut app = app();
    let notes: Box<dyn Guard> = Box::new(notes());
    let excepted = places.iter().fold(notes, |guard, place| Box::new(guard.except(place, "old")));
    app.guard(excepted);
    let found = app.synth().map_or_else(|mistakes| mistakes.0, |output| output.warnings);
    found.iter().map(|found| format!("{}: {}", found.path, found.message)).collect()
}

#[test]
fn an_exception_is_silent_and_one_that_is_not_needed_a_warning() {
    let both = ["a/in/test_thing.first", "a/test_thing.second"];
    assert_eq!(said_but(&both), [""; 0]);
    assert_eq!(said_but(&["a"]), [""; 0], "a whole stack");
    let unneeded = said_but(&[both[0], both[1], "b/test_thing.third"]);
    let expected = "b/test_thing.third: `b/test_thing.third` does not break this rule: the exception (old) is not needed";
    assert_eq!(unneeded, [expected]);
    assert_eq!(said_but(&[both[0], both[1], "b/test_thing.none"]), [""; 0], "a resource that only other settings declare");
}

#[test]
fn an_exception_is_for_one_place_and_not_for_what_begins_like_it() {
    let said = said_but(&["a/test_thing.sec", "a/in/test_thing.first"]);
    assert_eq!(said, ["a/test_thing.second.note: `test_thing.second` has no note"]);
}

#[test]
fn aspects_change_what_guards_see_and_report_themselves() {
    let mut app = app();
    app.each_stack(|stack| {
        if stack.view().outputs().next().is_none() {
            stack.output("name", "none");
        }
        stack.add("added", thing("q"));
        stack.override_at("terraform.required_version", ">= 1.10".into());
    });
    app.aspect(|element| {
        if element.get("note").is_none() {
            element.override_at("note", "by an aspect".into());
        }
        if element.address() == "test_thing.second" {
            element.override_at("name", Expr::Null);
            element.override_at("note.deeper", Expr::Null);
            element.report(Diagnostic::warning(element.place(), "seen", "nothing to do"));
        }
    });
    app.guard(notes());
    let mistakes = app.synth().unwrap_err().to_string();
    assert!(mistakes.starts_with("1 mistake found"), "the guard finds nothing: {mistakes}");
    assert!(mistakes.contains("`note` is neither a block nor a list") && mistakes.contains("a/test_thing.second.note.deeper"));
    assert!(mistakes.contains("warning: seen\n  --> a/test_thing.second"), "{mistakes}");
}

#[test]
fn what_an_aspect_adds_is_written() {
    let mut app = app();
    app.each_stack(|stack| drop(stack.add("added", thing("q"))));
    app.aspect(|element| element.override_at("note", "n".into()));
    app.guard(notes());
    let output = app.synth().unwrap();
    for stack in &output.stacks {
        let json: serde_json::Value = serde_json::from_str(&stack.json).unwrap();
        assert_eq!(json["resource"]["test_thing"]["added"]["note"], "n");
    }
}

#[test]
fn instances_belong_to_their_resource() {
    let mut app = App::new();
    let stack = app.stack("s", Backend::Local { path: "s.tfstate".into() });
    stack.provider(Test);
    let counted = stack.add_count("c", 2, Meta::new(), |_| Thing::default());
    let keyed = stack.add_for_each::<String, _>("k", [("a", "b")], Meta::new(), |_| Thing::default());
    let is_of = |part: &dyn AsRef<Target>, whole: &dyn AsRef<Target>| part.as_ref().is_of(whole.as_ref());
    assert!(is_of(&counted.at(0), &counted) && is_of(&keyed.at("a"), &keyed) && is_of(&counted, &counted));
    assert!(!is_of(&counted, &keyed) && !is_of(&counted, &counted.at(0)));
    stack.output("all", keyed.all(|thing| thing.arn()));
    let all = stack.view().outputs().next().unwrap().get("value").unwrap().references()[0].target().clone();
    assert!(is_of(&all, &keyed) && !is_of(&all, &counted));
}
