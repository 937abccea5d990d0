//! The engine as its users see it: stacks in, files out.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use oleoduto_cdk::{App, Asset, Backend, Block, BlockWriter, Expr, Provider, Ref, Resource, StringLike, Target, Val, text};

#[derive(Debug)]
enum Short {}

impl StringLike for Short {
    fn check(literal: &str) -> Result<(), String> {
        if literal.len() < 5 { Ok(()) } else { Err(format!("`{literal}` is longer than 4")) }
    }
}

struct Thing {
    name: Val<Short>,
    note: Option<Val<String>>,
}

struct ThingRefs(Target);

impl From<Target> for ThingRefs {
    fn from(target: Target) -> Self {
        Self(target)
    }
}

impl AsRef<Target> for ThingRefs {
    fn as_ref(&self) -> &Target {
        &self.0
    }
}

impl ThingRefs {
    fn arn(&self) -> Ref<String> {
        Ref::new(&self.0, "arn")
    }
}

impl Block for Thing {
    fn write(&self, w: &mut BlockWriter<'_>) {
        w.attr("name", &self.name);
        w.opt("note", self.note.as_ref());
    }
}

impl Resource for Thing {
    const TYPE: &'static str = "test_thing";
    type Refs = ThingRefs;
}

struct Test;

impl Block for Test {
    fn write(&self, _: &mut BlockWriter<'_>) {}
}

impl Provider for Test {
    const NAME: &'static str = "test";
    const SOURCE: &'static str = "example/test";
    const VERSION: &'static str = "1.2.3";
}

fn local(name: &str) -> Backend {
    Backend::Local { path: format!("../../../terraform.{name}.tfstate").into() }
}

fn thing(name: &str) -> Thing {
    Thing { name: name.into(), note: None }
}

#[test]
fn a_reference_to_another_stack_makes_the_output_the_data_source_and_the_dependency() {
    let mut app = App::new();
    let producer = app.stack("producer", local("producer"));
    producer.provider(&Test);
    let arn = producer.add("a", thing("a")).arn();
    let consumer = app.stack("consumer", local("consumer"));
    consumer.provider(&Test);
    consumer.add("b", Thing { name: "b".into(), note: Some(text!["x ${literal} ", &arn, "/*"]) });
    let policy = Expr::object([("Resource", Expr::from(&arn)), ("Say", "\"hi\" ${no}".into())]).jsonencode();
    consumer.add("c", Thing { name: "c".into(), note: Some(Val::raw(policy)) });
    let output = app.synth().unwrap();
    insta::assert_snapshot!("manifest", output.manifest_json());
    insta::assert_snapshot!("producer", output.stacks[0].json);
    insta::assert_snapshot!("consumer", output.stacks[1].json);
}

#[test]
fn every_mistake_is_reported_at_once_with_its_place() {
    let mut app = App::new();
    let stack = app.stack("one", local("one"));
    stack.add("a", thing("far too long"));
    stack.add("b", thing("b"));
    stack.add("b", thing("c"));
    app.stack("one", local("one"));
    app.stack("bad name", local("bad"));
    let error = app.synth().unwrap_err();
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn a_cycle_between_stacks_is_spelled_out() {
    let mut app = App::new();
    let a = app.stack("a", local("a")).add("x", thing("x")).arn();
    let b = app.stack("b", local("b"));
    b.add("y", Thing { name: "y".into(), note: Some(a.into()) });
    let from_b = b.add("z", thing("z")).arn();
    // Only a value carried back by hand can close a cycle: a second app whose stack `a` reads `b`.
    let mut closed = App::new();
    let a = closed.stack("a", local("a"));
    a.add("w", Thing { name: "w".into(), note: Some(from_b.into()) });
    let back = a.add("x", thing("x")).arn();
    let b = closed.stack("b", local("b"));
    b.add("y", Thing { name: "y".into(), note: Some(back.into()) });
    let error = closed.synth().unwrap_err().to_string();
    assert!(error.contains("a -> b -> a"), "{error}");
}

#[test]
fn a_reference_to_a_stack_of_no_app_is_refused() {
    let mut other = App::new();
    let lost = other.stack("lost", local("lost")).add("x", thing("x")).arn();
    let mut app = App::new();
    app.stack("here", local("here")).add("y", Thing { name: "y".into(), note: Some(lost.into()) });
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
    assert!(first.path().starts_with("assets/z/") && first.path().ends_with("/z.zip"), "{}", first.path());
    assert!(Asset::from_file("m", &folder.path().join("missing")).unwrap_err().to_string().contains("missing"));
}

#[test]
fn writing_twice_leaves_the_same_files_and_an_unwritable_folder_is_an_error() {
    let synth = || {
        let mut app = App::new();
        let stack = app.stack("s", local("s"));
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
