//! The walk of a stack.

use super::{apply, copy, said_of_stacks, walk};
use crate::crate_files::{orphans, read_files};

#[test]
fn a_stack_is_whole_or_what_is_missing_is_told() {
    let walk = walk("A stack");
    assert_eq!(walk.len(), 3);
    let said_without = |left_out: Option<&str>| {
        let folder = tempfile::tempdir().unwrap();
        copy("stacks", folder.path());
        apply(&walk, left_out, folder.path());
        let source = folder.path().join("stacks/src");
        let orphans = orphans(&source, &read_files(&source));
        if orphans.is_empty() { said_of_stacks(folder.path()) } else { orphans.join("\n") }
    };
    assert_eq!(said_without(None), "");
    for left_out in &walk {
        let said = said_without(Some(&left_out.path));
        assert!(said.contains(&left_out.told), "without {}: {said}", left_out.path);
    }
}
