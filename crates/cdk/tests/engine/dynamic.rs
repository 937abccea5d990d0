//! Blocks that Terraform repeats for each entry of a collection.

use oleoduto_cdk::{App, Block, BlockWriter, Blocks, Map, Number, Resource, Target, Val, Variable};
use serde_json::{Value as Json, json};

use crate::common::{Rule, Test, Thing, local};

fn app(rules: impl FnOnce(Val<Map<Number>>) -> Blocks<Rule>) -> App {
    let mut app = App::new();
    let stack = app.stack("a", local("a"));
    stack.provider(Test);
    let levels = stack.variable::<Map<Number>>("levels", Variable::new());
    stack.add("a", Thing { name: Some("a".into()), rules: rules(levels.into()), ..Thing::default() });
    app
}

fn block(app: App) -> Json {
    let json: Json = serde_json::from_str(&app.synth().unwrap().stacks[0].json).unwrap();
    json["resource"]["test_thing"]["a"].clone()
}

#[test]
fn a_block_for_each_entry_stands_beside_those_that_are_given() {
    let written = block(app(|levels| {
        let each = Blocks::for_each("level", &levels, |level| Rule { level: level.value() });
        let items = Blocks::for_each_of("item", [1, 2], |item| Rule { level: item.value() });
        Blocks::from([Rule { level: 0.into() }]).and(each).and(items)
    }));
    assert_eq!(written["rule"], json!([{ "level": 0 }]));
    let dynamic = json!([
        { "content": { "level": "${level.value}" }, "for_each": "${var.levels}", "iterator": "level" },
        { "content": { "level": "${item.value}" }, "for_each": [1, 2], "iterator": "item" },
    ]);
    assert_eq!(written["dynamic"], json!({ "rule": dynamic }));
}

#[test]
fn the_number_of_blocks_is_checked_as_far_as_it_is_known() {
    let three = app(|_| (0..3).map(|level| Rule { level: level.into() }).collect());
    assert!(three.synth().unwrap_err().to_string().contains("expected at most 2 `rule` blocks, found 3"));
    app(|levels| Blocks::for_each("level", levels, |level| Rule { level: level.value() })).synth().unwrap();
}

/// A resource whose blocks have blocks.
struct Tree(Blocks<Branch>);

struct Branch(Blocks<Rule>);

struct TreeRefs(Target);

impl From<Target> for TreeRefs {
    fn from(target: Target) -> Self {
        Self(target)
    }
}

impl AsRef<Target> for TreeRefs {
    fn as_ref(&self) -> &Target {
        &self.0
    }
}

impl Block for Branch {
    fn write(&mut self, w: &mut BlockWriter<'_>) {
        w.blocks("rule", &mut self.0, 1, 0);
    }
}

impl Block for Tree {
    fn write(&mut self, w: &mut BlockWriter<'_>) {
        w.blocks("branch", &mut self.0, 1, 0);
        w.exactly_one_of(&["branch", "leaf"]);
    }
}

impl Resource for Tree {
    const TYPE: &'static str = "test_tree";
    type Refs = TreeRefs;
}

fn tree(inner: &'static str) -> App {
    let mut app = App::new();
    let stack = app.stack("a", local("a"));
    stack.provider(Test);
    let levels = stack.variable::<Map<Map<Number>>>("levels", Variable::new());
    let branches = Blocks::for_each("branch", levels, |branch| {
        Branch(Blocks::for_each(inner, branch.value(), |rule| Rule { level: rule.value() }))
    });
    stack.add("a", Tree(branches));
    app
}

#[test]
fn a_dynamic_block_within_another_one_sees_the_entries_of_both() {
    let json: Json = serde_json::from_str(&tree("rule").synth().unwrap().stacks[0].json).unwrap();
    let branch = &json["resource"]["test_tree"]["a"]["dynamic"]["branch"][0];
    assert_eq!(branch["content"]["dynamic"]["rule"][0]["for_each"], "${branch.value}");
    let hidden = tree("branch").synth().unwrap_err().to_string();
    assert!(hidden.contains("the dynamic block around this one has the iterator `branch`, too"), "{hidden}");
    assert!(hidden.contains("--> a/test_tree.a.branch.rule"), "{hidden}");
    let unnamed = tree("1").synth().unwrap_err().to_string();
    assert!(unnamed.contains("`1` can't be the name of an iterator"), "{unnamed}");
}
