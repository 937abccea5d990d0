//! A stack as Terraform will read it, and assertions about it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::matcher::{Matcher, Mismatch};
use super::wanted::of_block;
use crate::app::{App, Synthesized, SynthesizedStack};
use crate::block::{DataSource, Resource};
use crate::expr::Target;

/// A stack as Terraform will read it.
///
/// What has bindings is named by its type (`assert_resource::<S3Bucket>`), anything else by its name (`assert_resource_of`).
/// All assertions panic if they fail, and say what differs in the block that is nearest to what is wanted.
#[derive(Clone, Debug)]
pub struct Template {
    stack: String,
    json: Json,
    text: String,
    hashes: Vec<String>,
}

impl Template {
    /// A stack of an app. Mistakes of the app, and a stack that it does not have, panic.
    #[track_caller]
    pub fn of(app: App, stack: &str) -> Self {
        match app.synth() {
            Ok(output) => Self::in_output(&output, stack),
            Err(mistakes) => panic!("{mistakes}"),
        }
    }

    /// A stack of an output. A stack that it does not have panics.
    #[track_caller]
    pub fn in_output(output: &Synthesized, stack: &str) -> Self {
        match output.stacks.iter().find(|known| known.name == stack) {
            Some(found) => Self::from_stack(found),
            None => {
                let known: Vec<_> = output.stacks.iter().map(|stack| stack.name.as_str()).collect();
                panic!("there is no stack `{stack}`, but {known:?}")
            }
        }
    }

    /// A stack that was synthesized.
    #[track_caller]
    pub fn from_stack(stack: &SynthesizedStack) -> Self {
        let json = match serde_json::from_str(&stack.json) {
            Ok(json) => json,
            Err(error) => panic!("the text of stack `{}` is not JSON: {error}", stack.name),
        };
        let hashes = stack.assets.iter().map(|asset| asset.hash().to_owned()).collect();
        Self { stack: stack.name.clone(), json, text: stack.json.clone(), hashes }
    }

    /// All of it.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// The text of all of it, for a snapshot: the hashes of assets are `[hash]`.
    pub fn snapshot(&self) -> String {
        self.hashes.iter().fold(self.text.clone(), |text, hash| text.replace(hash, "[hash]"))
    }

    /// The references of a resource, for what is wanted of others.
    #[track_caller]
    pub fn refs<R: Resource>(&self, id: &str) -> R::Refs {
        self.resource::<R>(id);
        Target::new(&self.stack.as_str().into(), format!("{}.{id}", R::TYPE)).into()
    }

    /// The arguments of a resource.
    #[track_caller]
    pub fn resource<R: Resource>(&self, id: &str) -> &Json {
        self.resource_of(R::TYPE, id)
    }

    /// The arguments of a resource, by the name of its type.
    #[track_caller]
    pub fn resource_of(&self, type_name: &str, id: &str) -> &Json {
        let known = self.blocks("resource", type_name);
        match known.get(id) {
            Some(block) => block,
            None => {
                let ids: Vec<_> = known.keys().collect();
                panic!("stack `{}` has no `{type_name}.{id}`, but {ids:?}", self.stack)
            }
        }
    }

    /// The stack has a resource with the arguments of this one, and maybe others. Nested blocks are compared alike.
    #[track_caller]
    pub fn assert_has<R: Resource>(&self, resource: R) {
        self.assert_block("resource", R::TYPE, &of_block(resource, &self.stack));
    }

    /// The stack has a resource that is what is wanted.
    #[track_caller]
    pub fn assert_resource<R: Resource>(&self, wanted: impl Into<Matcher>) {
        self.assert_resource_of(R::TYPE, wanted);
    }

    /// The stack has a resource of a type, by its name, that is what is wanted.
    #[track_caller]
    pub fn assert_resource_of(&self, type_name: &str, wanted: impl Into<Matcher>) {
        self.assert_block("resource", type_name, &wanted.into());
    }

    /// The stack has a data source that is what is wanted.
    #[track_caller]
    pub fn assert_data<D: DataSource>(&self, wanted: impl Into<Matcher>) {
        self.assert_data_of(D::TYPE, wanted);
    }

    /// The stack has a data source of a type, by its name, that is what is wanted.
    #[track_caller]
    pub fn assert_data_of(&self, type_name: &str, wanted: impl Into<Matcher>) {
        self.assert_block("data", type_name, &wanted.into());
    }

    /// Every resource of a type, by its name, is what is wanted. There may be none.
    #[track_caller]
    pub fn assert_all_of(&self, type_name: &str, wanted: impl Into<Matcher>) {
        let wanted = wanted.into();
        for (id, block) in self.blocks("resource", type_name) {
            let found = wanted.mismatches(Some(block));
            assert!(found.is_empty(), "`{type_name}.{id}` of stack `{}` is not what is wanted:\n{}", self.stack, lines(&found));
        }
    }

    /// Every resource of a type is what is wanted. There may be none.
    #[track_caller]
    pub fn assert_all<R: Resource>(&self, wanted: impl Into<Matcher>) {
        self.assert_all_of(R::TYPE, wanted);
    }

    /// No resource of a type, by its name, is like that.
    #[track_caller]
    pub fn assert_none_of(&self, type_name: &str, unwanted: impl Into<Matcher>) {
        let found = self.find_of(type_name, unwanted);
        assert!(found.is_empty(), "stack `{}` has `{type_name}` that it must not have: {found:?}", self.stack);
    }

    /// No resource of a type is like that.
    #[track_caller]
    pub fn assert_none<R: Resource>(&self, unwanted: impl Into<Matcher>) {
        self.assert_none_of(R::TYPE, unwanted);
    }

    /// The number of resources of a type, by its name. Those with `count` or `for_each` count once.
    #[track_caller]
    pub fn assert_count_of(&self, type_name: &str, wanted: usize) {
        let ids: Vec<_> = self.blocks("resource", type_name).into_keys().collect();
        assert!(ids.len() == wanted, "stack `{}` has {} `{type_name}`, wanted {wanted}: {ids:?}", self.stack, ids.len());
    }

    /// The number of resources of a type. Those with `count` or `for_each` count once.
    #[track_caller]
    pub fn assert_count<R: Resource>(&self, wanted: usize) {
        self.assert_count_of(R::TYPE, wanted);
    }

    /// The value of an output is what is wanted.
    #[track_caller]
    pub fn assert_output(&self, name: &str, wanted: impl Into<Matcher>) {
        self.assert_at(&["output", name, "value"], wanted);
    }

    /// Whatever is at a path of keys, such as `["terraform", "backend", "s3", "bucket"]`, is what is wanted.
    #[track_caller]
    pub fn assert_at(&self, path: &[&str], wanted: impl Into<Matcher>) {
        let value = path.iter().try_fold(&self.json, |at, key| at.get(key));
        let found = wanted.into().mismatches(value);
        assert!(found.is_empty(), "`{}` of stack `{}` is not what is wanted:\n{}", path.join("."), self.stack, lines(&found));
    }

    /// The ids of the resources of a type that are what is wanted.
    pub fn find<R: Resource>(&self, wanted: impl Into<Matcher>) -> Vec<&str> {
        self.find_of(R::TYPE, wanted)
    }

    /// The ids of the resources of a type, by its name, that are what is wanted.
    pub fn find_of(&self, type_name: &str, wanted: impl Into<Matcher>) -> Vec<&str> {
        let wanted = wanted.into();
        let blocks = self.blocks("resource", type_name).into_iter();
        blocks.filter(|(_, block)| wanted.mismatches(Some(block)).is_empty()).map(|(id, _)| id).collect()
    }

    /// The blocks of a type by their ids.
    fn blocks(&self, section: &str, type_name: &str) -> BTreeMap<&str, &Json> {
        let blocks = self.json.get(section).and_then(|section| section.get(type_name)).and_then(Json::as_object);
        blocks.into_iter().flatten().map(|(id, block)| (id.as_str(), block)).collect()
    }

    #[track_caller]
    fn assert_block(&self, section: &str, type_name: &str, wanted: &Matcher) {
        let compared = self.blocks(section, type_name).into_iter().map(|(id, block)| (wanted.mismatches(Some(block)), id));
        let mut compared: Vec<(Vec<Mismatch>, &str)> = compared.collect();
        compared.sort_by_key(|(found, _)| found.len());
        let data = if section == "data" { "data." } else { "" };
        match compared.first() {
            Some((found, _)) if found.is_empty() => {}
            Some((found, nearest)) => panic!(
                "none of {} `{data}{type_name}` of stack `{}` is {wanted:?}\nthe nearest is `{nearest}`:\n{}",
                compared.len(),
                self.stack,
                lines(found)
            ),
            None => panic!("stack `{}` has no `{data}{type_name}`", self.stack),
        }
    }
}

fn lines(found: &[Mismatch]) -> String {
    found.iter().map(|mismatch| format!("  {mismatch}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::any;
    use crate::{Backend, Block, BlockWriter, Expr, Meta, Ref, S3Backend, Val};

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
        stack.output::<String>("id", Ref::new(&first.0, "id"));
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
            (
                said(|t| t.assert_output("ID", Matcher::any())),
                "`output.ID.value` of stack `s` is not what is wanted:\n  (the whole)",
            ),
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
}
