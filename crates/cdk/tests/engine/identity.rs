//! Renames are not silent.

use crate::common::{Test, Thing, local, thing};
use oleoduto_cdk::{App, Meta, Stack, Synthesized};

/// A stack: its name and what it holds.
type Declared<'a> = (&'a str, fn(&mut Stack));

fn output(stacks: &[Declared<'_>]) -> Synthesized {
    let mut app = App::new();
    for (name, build) in stacks {
        let stack = app.stack(name, local(name));
        stack.provider(Test);
        build(stack);
    }
    app.synth().unwrap()
}

/// What the second output says when the first one is in the folder.
fn warnings(before: &[Declared<'_>], after: &[Declared<'_>]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    output(before).write(folder.path()).unwrap();
    output(after).renames(folder.path()).iter().map(ToString::to_string).collect()
}

fn old(stack: &mut Stack) {
    stack.add("old", thing("a"));
}

#[test]
fn a_renamed_resource_is_named_with_the_way_to_keep_it() {
    let found = warnings(&[("s", old)], &[("s", |stack| drop(stack.add("new", thing("a"))))]);
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn a_resource_that_moved_into_a_scope_is_named_even_if_it_changed() {
    let moved = |stack: &mut Stack| {
        stack.scope("storage", |stack| stack.add("old", Thing { note: Some("x".into()), ..thing("a") }));
    };
    let found = warnings(&[("s", old)], &[("s", moved)]);
    assert!(found.len() == 1 && found[0].contains("Meta::moved_from(\"test_thing.old\")"), "{found:?}");
}

#[test]
fn a_moved_block_a_kept_id_and_a_removed_block_say_enough() {
    let moved = |stack: &mut Stack| drop(stack.add_with("new", thing("a"), Meta::new().moved_from("test_thing.old")));
    assert_eq!(warnings(&[("s", old)], &[("s", moved)]), Vec::<String>::new());
    let kept = |stack: &mut Stack| {
        stack.scope("storage", |stack| stack.add_with("x", thing("a"), Meta::new().logical_id("old")));
    };
    assert_eq!(warnings(&[("s", old)], &[("s", kept)]), Vec::<String>::new());
    let removed = |stack: &mut Stack| {
        stack.removed("test_thing.old", false);
        stack.add("new", thing("a"));
    };
    assert_eq!(warnings(&[("s", old)], &[("s", removed)]), Vec::<String>::new());
}

#[test]
fn plain_additions_and_removals_are_nobodys_business() {
    let two = |stack: &mut Stack| {
        stack.add("old", thing("a"));
        stack.add("more", thing("b"));
    };
    assert_eq!(warnings(&[("s", old)], &[("s", two)]), Vec::<String>::new());
    assert_eq!(warnings(&[("s", two)], &[("s", old)]), Vec::<String>::new());
}

#[test]
fn a_resource_that_left_for_another_stack_and_a_stack_that_is_gone_are_named() {
    let empty = |_: &mut Stack| {};
    let found = warnings(&[("a", old), ("b", empty)], &[("a", empty), ("b", old)]);
    assert!(found.len() == 1 && found[0].contains("left stack `a`") && found[0].contains("import(ID, ..) in `b`"), "{found:?}");
    let found = warnings(&[("a", old), ("b", empty)], &[("a", old)]);
    assert!(found.len() == 1 && found[0].contains("stack `b` is no longer in the app"), "{found:?}");
}
