//! The engine as its users see it: stacks in, files out.

use crate::common::{Test, Thing, local, thing};
use oleoduto_cdk::{App, Asset, Diagnostic, Expr, Manifest, Meta, Sensitive, Val, text};

#[test]
fn a_reference_to_another_stack_makes_the_output_the_data_source_and_the_dependency() {
    let mut app = App::new();
    let producer = app.stack("producer", local("producer"));
    producer.provider(Test);
    let arn = producer.add("a", thing("a")).arn();
    let consumer = app.stack("consumer", local("consumer"));
    consumer.provider(Test);
    consumer
        .add("b", Thing { name: Some("b".into()), note: Some(text!["x ${literal} ", &arn, "/*"].into()), ..Thing::default() });
    let policy = Expr::object([("Resource", Expr::from(&arn)), ("Say", "\"hi\" ${no}".into())]).jsonencode();
    consumer.add("c", Thing { name: Some("c".into()), note: Some(Val::raw(policy)), ..Thing::default() });
    let output = app.synth().unwrap();
    insta::assert_snapshot!("manifest", output.manifest_json());
    insta::assert_snapshot!("producer", output.stacks[0].json);
    insta::assert_snapshot!("consumer", output.stacks[1].json);
}

#[test]
fn every_mistake_is_reported_at_once_with_its_place() {
    let mut app = App::new();
    let stack = app.stack("one", local("one"));
    stack.provider(Test);
    stack.add("a", thing("far too long"));
    stack.add("b", thing("b"));
    stack.add("b", thing("c"));
    app.stack("one", local("one"));
    app.stack("bad name", local("bad"));
    let error = app.synth().unwrap_err();
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn a_stack_can_be_extended_and_one_that_does_not_exist_is_named() {
    let mut app = App::new();
    app.stack("one", local("one")).provider(Test);
    app.extend("one", |stack| {
        stack.add("late", thing("late"));
    });
    assert_eq!(app.resource_types().into_iter().collect::<Vec<_>>(), ["test_thing"]);
    assert!(app.synth().unwrap().stacks[0].json.contains("\"late\""));
    let mut app = App::new();
    app.extend("two", |stack| stack.provider(Test));
    let mistake = app.synth().unwrap_err().to_string();
    assert!(mistake.contains("stack `two` is extended, but not declared"), "{mistake}");
}

#[test]
fn text_within_text_is_one_text() {
    let mut app = App::new();
    let stack = app.stack("one", local("one"));
    stack.provider(Test);
    let arn = stack.add("a", thing("a")).arn();
    let inner = text!["x ", &arn, "/"];
    stack.add("b", Thing { name: Some("b".into()), note: Some(text![inner, "*"].into()), ..Thing::default() });
    let json = &app.synth().unwrap().stacks[0].json;
    assert!(json.contains("\"x ${test_thing.a.arn}/*\""), "{json}");
}

#[test]
fn a_cycle_between_stacks_is_spelled_out() {
    let mut app = App::new();
    let a = app.stack("a", local("a")).add("x", thing("x")).arn();
    let b = app.stack("b", local("b"));
    b.add("y", Thing { name: Some("y".into()), note: Some(a.into()), ..Thing::default() });
    let from_b = b.add("z", thing("z")).arn();
    // Only a value carried back by hand can close a cycle: a second app whose stack `a` reads `b`.
    let mut closed = App::new();
    let a = closed.stack("a", local("a"));
    a.add("w", Thing { name: Some("w".into()), note: Some(from_b.into()), ..Thing::default() });
    let back = a.add("x", thing("x")).arn();
    let b = closed.stack("b", local("b"));
    b.add("y", Thing { name: Some("y".into()), note: Some(back.into()), ..Thing::default() });
    let error = closed.synth().unwrap_err().to_string();
    assert!(error.contains("a -> b -> a"), "{error}");
}

#[test]
fn a_reference_to_a_stack_of_no_app_is_refused() {
    let mut other = App::new();
    let lost = other.stack("lost", local("lost")).add("x", thing("x")).arn();
    let mut app = App::new();
    app.stack("here", local("here")).add("y", Thing { name: Some("y".into()), note: Some(lost.into()), ..Thing::default() });
    assert!(app.synth().unwrap_err().to_string().contains("`lost`, which is not part of this app"));
}

#[test]
fn a_zip_is_the_same_bytes_whatever_the_files_order_and_times() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, name).unwrap();
        (name.to_owned(), path)
    };
    let first = Asset::zip("z", "z.zip", &[file("a.py"), file("b.py")]).unwrap();
    let second = Asset::zip("z", "z.zip", &[file("b.py"), file("a.py")]).unwrap();
    assert_eq!(first.hash(), second.hash());
    assert!(Asset::zip("z", "z.zip", &[file("a.py"), file("a.py")]).unwrap_err().to_string().contains("add a.py to z.zip"));
    assert!(first.path().starts_with("assets/z/") && first.path().ends_with("/z.zip"), "{}", first.path());
    assert!(Asset::from_file("m", &folder.path().join("missing")).unwrap_err().to_string().contains("missing"));
}

#[test]
fn writing_twice_leaves_the_same_files_and_an_unwritable_folder_is_an_error() {
    let synth = || {
        let mut app = App::new();
        let stack = app.stack("s", local("s"));
        stack.provider(Test);
        stack.add("a", thing("a"));
        stack.asset(Asset::from_bytes("data", "data.txt", b"data".to_vec()));
        app.synth().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    synth().write(folder.path()).unwrap();
    let path = folder.path().join("stacks/s/cdk.tf.json");
    let first = (std::fs::read(&path).unwrap(), std::fs::metadata(&path).unwrap().modified().unwrap());
    synth().write(folder.path()).unwrap();
    assert_eq!(first, (std::fs::read(&path).unwrap(), std::fs::metadata(&path).unwrap().modified().unwrap()));
    assert!(folder.path().join("stacks/s/assets/data/8D777F385D3DFEC8815D20F7496026DC/data.txt").is_file());

    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    assert!(synth().write(&file).unwrap_err().to_string().contains("a-file"));
}

#[test]
fn a_scope_gives_cdktns_ids_and_its_path() {
    let mut app = App::new();
    let stack = app.stack("s", local("s"));
    stack.provider(Test);
    let arn = stack.scope("storage", |stack| stack.add("bucket", thing("a")).arn());
    stack.add("b", Thing { note: Some(arn.into()), ..Thing::default() });
    let kept = stack.scope("other", |stack| stack.add_with("bucket", thing("c"), Meta::new().logical_id("bucket")));
    stack.output("kept", kept.arn());
    insta::assert_snapshot!(app.synth().unwrap().stacks[0].json);
}

#[test]
fn a_literal_that_names_a_resource_of_the_app_is_refused_wherever_it_stands() {
    let mut app = App::new();
    let stack = app.stack("one", local("one"));
    stack.provider(Test);
    stack.add("a", thing("name"));
    let stack = app.stack("two", local("two"));
    stack.require_provider("other", "example/other", "1.0.0");
    let literal: Val<crate::common::Short> = "name".into();
    stack.add_raw("other_user", "u", [("thing", literal.into_expr())], Meta::new());
    let error = app.synth().unwrap_err().to_string();
    assert!(error.contains("two/other_user.u.thing"), "{error}");
    assert!(error.contains("`name` is the name of `test_thing.a` of stack `one`, written as a literal"), "{error}");
}

#[test]
fn stacks_come_in_an_order_in_which_they_can_be_applied() {
    let mut app = App::new();
    app.stack("last", local("last")).depends_on_stack("first");
    app.stack("first", local("first"));
    let output = app.synth().unwrap();
    assert_eq!(output.stacks.iter().map(|stack| stack.name.as_str()).collect::<Vec<_>>(), ["first", "last"]);
    assert_eq!(output.manifest.stacks["last"].dependencies, ["first"]);
}

#[test]
fn a_type_without_its_provider_is_refused_since_terraform_would_take_the_newest() {
    let mut app = App::new();
    app.stack("s", local("s")).add("a", thing("a"));
    assert!(app.synth().unwrap_err().to_string().contains("stack `s` has no provider `test`"));
}

#[test]
fn two_references_that_would_share_an_output_get_one_each() {
    let mut app = App::new();
    let stack = app.stack("one", local("one"));
    stack.provider(Test);
    let (a, b) = (stack.add("a", thing("a")), stack.add("aa", thing("b")));
    let twins = [a.as_ref().attr::<String>("ax"), b.as_ref().attr::<String>("x"), b.as_ref().attr::<String>("x")];
    let stack = app.stack("two", local("two"));
    stack.provider(Test);
    for (id, twin) in ["x", "y", "z"].iter().zip(twins) {
        stack.add(id, Thing { note: Some(twin.into()), ..Thing::default() });
    }
    let output = app.synth().unwrap();
    let json = |index: usize| -> serde_json::Value { serde_json::from_str(&output.stacks[index].json).unwrap() };
    let outputs = &json(0)["output"];
    assert_eq!(outputs["cross-stack-output-test_thingaax"]["value"], "${test_thing.a.ax}");
    assert_eq!(outputs["cross-stack-output-test_thingaax_FA86D7AF"]["value"], "${test_thing.aa.x}");
    assert_eq!(outputs.as_object().unwrap().len(), 2);
    let note = |id: &str| json(1)["resource"]["test_thing"][id]["note"].as_str().unwrap().to_owned();
    assert!(note("x").ends_with("_thingaax}") && note("y").ends_with("_thingaax_FA86D7AF}") && note("z") == note("y"));
}

#[test]
fn warnings_are_annotations_of_the_manifest() {
    let mut app = App::new();
    app.stack("s", local("s")).report(Diagnostic::warning("s/x", "it is old", "make it new"));
    let output = app.synth().unwrap();
    let annotation = &output.manifest.stacks["s"].annotations[0];
    assert_eq!((annotation.level.as_str(), annotation.message.as_str()), ("@cdktf/warn", "it is old. make it new"));
    assert_eq!(output.warnings.len(), 1);
}

#[test]
fn a_crash_between_the_renames_leaves_a_folder_that_is_refused_and_the_next_synth_completes_it() {
    let synth = |note: &str| {
        let mut app = App::new();
        for name in ["a", "b"] {
            let stack = app.stack(name, local(name));
            stack.provider(Test);
            stack.add("x", Thing { note: Some(note.into()), ..Thing::default() });
        }
        app.synth().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    synth("old").write(folder.path()).unwrap();
    // What a crash leaves after one of two renames: no manifest, one stack new, the other still in staging.
    let new = synth("new");
    std::fs::remove_file(folder.path().join("manifest.json")).unwrap();
    std::fs::write(folder.path().join(".staging"), "").unwrap();
    std::fs::write(folder.path().join("stacks/b/cdk.tf.json.staged"), "half a fi").unwrap();
    std::fs::write(folder.path().join("stacks/b/gone.staged"), "").unwrap();
    std::fs::write(folder.path().join("stacks/a/cdk.tf.json"), &new.stacks[0].json).unwrap();
    assert!(Manifest::read(folder.path()).unwrap_err().to_string().contains("Run synth again"));
    new.write(folder.path()).unwrap();
    assert_eq!(Manifest::read(folder.path()).unwrap(), new.manifest);
    for stack in ["a", "b"] {
        assert!(std::fs::read_to_string(folder.path().join(format!("stacks/{stack}/cdk.tf.json"))).unwrap().contains("new"));
    }
    for left in [".staging", "manifest.json.staged", "stacks/b/cdk.tf.json.staged", "stacks/b/gone.staged"] {
        assert!(!folder.path().join(left).exists(), "{left}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_leaves_the_old_output_whole() {
    let synth = |names: &[&str]| {
        let mut app = App::new();
        for name in names {
            app.stack(name, local(name)).output("names", names.join(" "));
        }
        app.synth().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let old = synth(&["a"]);
    old.write(folder.path()).unwrap();
    std::fs::write(folder.path().join("stacks/b"), "in the way").unwrap();
    let error = synth(&["a", "b"]).write(folder.path()).unwrap_err().to_string();
    assert!(error.contains("stacks/b"), "{error}");
    assert_eq!(Manifest::read(folder.path()).unwrap(), old.manifest);
    assert_eq!(std::fs::read_to_string(folder.path().join("stacks/a/cdk.tf.json")).unwrap(), old.stacks[0].json);
}

#[test]
fn the_lock_file_goes_to_every_stack_and_what_terraform_adds_to_it_stays() {
    let synth = |version: &str| {
        let mut app = App::new();
        app.lock_file(format!("provider \"x/y\" {{\n  version = \"{version}\"\n}}\n"));
        app.stack("s", local("s"));
        app.synth().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stacks/s/.terraform.lock.hcl");
    synth("1.0.0").write(folder.path()).unwrap();
    let with_hashes = std::fs::read_to_string(&path).unwrap().replace("\n}", "\n  hashes = [\"h1:x\"]\n}");
    std::fs::write(&path, &with_hashes).unwrap();
    synth("1.0.0").write(folder.path()).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), with_hashes);
    synth("2.0.0").write(folder.path()).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("2.0.0"));
}

#[test]
fn old_versions_of_an_asset_are_removed() {
    let synth = |text: &str| {
        let mut app = App::new();
        app.stack("s", local("s")).asset(Asset::from_bytes("data", "data.txt", text.into()));
        app.synth().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    synth("old").write(folder.path()).unwrap();
    synth("new").write(folder.path()).unwrap();
    let left: Vec<_> = std::fs::read_dir(folder.path().join("stacks/s/assets/data")).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn two_synths_at_once_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    let output = |writer: usize| {
        let mut app = App::new();
        for name in ["a", "b", "c"] {
            app.stack(name, local(name)).output("writer", format!("writer {writer}"));
        }
        app.synth().unwrap()
    };
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (output, path) = (output(writer), folder.path());
            scope.spawn(move || (0..20).for_each(|_| output.write(path).unwrap()));
        }
    });
    let text = |name: &str| std::fs::read_to_string(folder.path().join(format!("stacks/{name}/cdk.tf.json"))).unwrap();
    let writer = (0..8).find(|writer| text("a").contains(&format!("writer {writer}"))).unwrap();
    assert!(["b", "c"].iter().all(|name| text(name).contains(&format!("writer {writer}"))));
    assert!(Manifest::read(folder.path()).is_ok());
}

#[test]
fn a_sensitive_text_is_written_and_never_printed() {
    let secret: Val<Sensitive> = "hunter2".into();
    assert_eq!(format!("{secret:?}"), "(sensitive value)");
    let mut app = App::new();
    let stack = app.stack("s", local("s"));
    stack.provider(Test);
    let refs = stack.add("a", thing("a"));
    stack.output("open", refs.arn());
    stack.output("closed", text!["<", refs.secret(), ">"]);
    stack.add_raw("test_thing", "b", [("secret", secret.into_expr())], Meta::new());
    let json: serde_json::Value = serde_json::from_str(&app.synth().unwrap().stacks[0].json).unwrap();
    assert_eq!(json["resource"]["test_thing"]["b"]["secret"], "hunter2");
    assert_eq!(json["output"]["open"].get("sensitive"), None);
    assert_eq!(json["output"]["closed"]["sensitive"], true);
}
