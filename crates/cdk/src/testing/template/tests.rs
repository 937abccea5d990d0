//! What the assertions take and refuse, and what they say.

use serde_json::json;

use super::*;
use crate::backend::{Backend, S3Backend};
use crate::block::{Block, BlockWriter};
use crate::expr::Expr;
use crate::meta::Meta;
use crate::testing::wanted::any;
use crate::value::{Ref, Val};

/// `terraform_data`, as bindings would have it.
struct Data {
    input: Val<String>,
    triggers: Option<Val<String>>,
}

struct DataRefs(Target);

impl From<Target> for DataRefs {
    fn from(target: Target) -> Self {
        Self(target)
    }
}

impl AsRef<Target> for DataRefs {
    fn as_ref(&self) -> &Target {
        &self.0
    }
}

impl Block for Data {
    fn write(&mut self, writer: &mut BlockWriter<'_>) {
        writer.attr("input", &mut self.input);
        writer.opt("triggers_replace", &mut self.triggers);
    }
}

impl Resource for Data {
    const TYPE: &'static str = "terraform_data";
    type Refs = DataRefs;
}

fn data(input: impl Into<Val<String>>, triggers: Option<Val<String>>) -> Data {
    Data { input: input.into(), triggers }
}

fn app() -> App {
    let mut app = App::new();
    let other = app.stack("other", Backend::Local { path: "o.tfstate".into() }).add("source", data("o", None));
    let stack = app.stack("s", Backend::S3(S3Backend::new("states", "s.tfstate", "sa-east-1")));
    let first = stack.add("first", data("one", None));
    stack.add("second", data("two", Some(Ref::<String>::new(&first.0, "id").into())));
    stack.add("far", data(Ref::<String>::new(&other.0, "id"), None));
    stack.data_raw("terraform_remote_state", "theirs", [("backend", Expr::from("local"))], Meta::new());
    stack.output("id", Ref::<String>::new(&first.0, "id"));
    app
}

fn template() -> Template {
    Template::of(app(), "s")
}

/// What an assertion says when it fails.
fn said(check: impl FnOnce(&Template) + std::panic::UnwindSafe) -> String {
    let found = std::panic::catch_unwind(|| check(&template())).unwrap_err();
    found.downcast_ref::<String>().cloned().unwrap()
}

#[test]
fn what_is_there_is_found() {
    let template = template();
    let first: Ref<String> = Ref::new(&template.refs::<Data>("first").0, "id");
    template.assert_has(data("two", Some(first.into())));
    template.assert_has(data(any(), Some(any())));
    let far = Template::of(app(), "other").refs::<Data>("source");
    template.assert_has(data(Ref::<String>::new(&far.0, "id"), None));
    template.assert_resource::<Data>(json!({ "input": "t*" }));
    template.assert_none::<Data>(json!({ "input": "three" }));
    template.assert_all::<Data>(Matcher::object([("input", Matcher::any())]));
    template.assert_count::<Data>(3);
    template.assert_data_of("terraform_remote_state", json!({ "backend": "local" }));
    template.assert_output("id", "${terraform_data.first.id}");
    template.assert_at(&["terraform", "backend", "s3", "use_lockfile"], true);
    template.assert_at(&["provider"], Matcher::absent());
    assert_eq!(template.find::<Data>(Matcher::object([("triggers_replace", Matcher::absent())])), ["far", "first"]);
    assert_eq!(template.resource::<Data>("first")["input"], "one");
    assert_eq!(template.json()["resource"]["terraform_data"]["second"]["input"], "two");
}

#[test]
fn what_is_not_there_is_said_with_what_is_nearest() {
    let nearest = said(|template| template.assert_has(data("one", Some("x".into()))));
    assert_eq!(
        nearest,
        "none of 3 `terraform_data` of stack `s` is {\"input\": \"one\", \"triggers_replace\": \"x\"}\n\
         the nearest is `first`:\n  triggers_replace: wanted \"x\", found nothing"
    );
    for (said, expected) in [
        (said(|t| t.assert_count::<Data>(1)), "stack `s` has 3 `terraform_data`, wanted 1: [\"far\", \"first\", \"second\"]"),
        (said(|t| t.assert_none::<Data>(json!({ "input": "two" }))), "must not have: [\"second\"]"),
        (said(|t| t.assert_all::<Data>(json!({ "input": "t*" }))), "`terraform_data.far` of stack `s` is not what is wanted"),
        (said(|t| t.assert_resource_of("test_x", json!({}))), "stack `s` has no `test_x`"),
        (said(|t| t.assert_data_of("test_x", json!({}))), "stack `s` has no `data.test_x`"),
        (said(|t| t.assert_output("ID", Matcher::any())), "`output.ID.value` of stack `s` is not what is wanted:\n  (the whole)"),
        (
            said(|t| drop(t.refs::<Data>("third"))),
            "stack `s` has no `terraform_data.third`, but [\"far\", \"first\", \"second\"]",
        ),
        (said(|_| drop(Template::of(app(), "t"))), "there is no stack `t`, but [\"other\", \"s\"]"),
    ] {
        assert!(said.contains(expected), "{said}");
    }
    let mut app = app();
    app.extend("nowhere", |_| {});
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Template::of(app, "s"))).unwrap_err();
    assert!(refused.downcast_ref::<String>().unwrap().contains("stack `nowhere` is extended, but not declared"));
}

#[test]
fn a_snapshot_is_the_same_whatever_the_files_contain() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("code.py");
    let snapshot = |content: &str| {
        std::fs::write(&file, content).unwrap();
        let mut app = App::new();
        let stack = app.stack("s", Backend::Local { path: "s.tfstate".into() });
        let path = stack.asset_file("code", &file);
        stack.add("a", data(path, None));
        Template::of(app, "s").snapshot()
    };
    assert_eq!(snapshot("1"), snapshot("2"));
    assert!(snapshot("1").contains("\"input\": \"assets/code/[hash]/code.py\""), "{}", snapshot("1"));
}

#[test]
fn any_is_no_value() {
    let mut app = App::new();
    app.stack("s", Backend::Local { path: "s.tfstate".into() }).add("a", data(any(), None));
    assert!(app.synth().unwrap_err().to_string().contains("`testing::any()` stands for any value"));
}
