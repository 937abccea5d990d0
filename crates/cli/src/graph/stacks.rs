//! The picture of the stacks.

use oleoduto_cdk::Manifest;

use super::picture::{Arrow, Kind, Node, Picture};

/// Stacks, and an arrow from each to those that use it.
pub(super) fn picture(manifest: &Manifest) -> Picture {
    let node = |(name, stack): (&String, &oleoduto_cdk::ManifestStack)| Node {
        name: name.clone(),
        kind: Kind::Work,
        parent: None,
        note: match stack.dependencies.as_slice() {
            [] => String::new(),
            used => format!("uses {}", used.join(", ")),
        },
    };
    let arrows = manifest.stacks.iter().flat_map(|(name, stack)| {
        stack.dependencies.iter().map(|producer| Arrow { from: producer.clone(), to: name.clone(), after_error: false })
    });
    Picture {
        title: "Stacks, and which of them use which".to_owned(),
        name: "stacks",
        rightwards: true,
        nodes: manifest.stacks.iter().map(node).collect(),
        arrows: arrows.collect(),
    }
}
