//! The order of stacks.

use std::collections::BTreeMap;

/// A cycle among stacks as the names along it, the first repeated at the end; `None` when there is none.
pub(crate) fn cycle(dependencies: &BTreeMap<String, Vec<String>>) -> Option<Vec<String>> {
    let mut done = std::collections::BTreeSet::new();
    for start in dependencies.keys() {
        let mut trail = Vec::new();
        if let Some(cycle) = visit(start, dependencies, &mut done, &mut trail) {
            return Some(cycle);
        }
    }
    None
}

fn visit(
    node: &str,
    dependencies: &BTreeMap<String, Vec<String>>,
    done: &mut std::collections::BTreeSet<String>,
    trail: &mut Vec<String>,
) -> Option<Vec<String>> {
    if let Some(position) = trail.iter().position(|name| name == node) {
        let mut cycle = trail[position..].to_vec();
        cycle.push(node.to_owned());
        return Some(cycle);
    }
    if done.contains(node) {
        return None;
    }
    trail.push(node.to_owned());
    for next in dependencies.get(node).into_iter().flatten() {
        if let Some(cycle) = visit(next, dependencies, done, trail) {
            return Some(cycle);
        }
    }
    trail.pop();
    done.insert(node.to_owned());
    None
}
