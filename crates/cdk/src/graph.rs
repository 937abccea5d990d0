//! The order of stacks.

use std::collections::HashSet;

use indexmap::IndexMap;

/// Positions of the stacks in an order in which they can be applied: each after its dependencies, and otherwise as they
/// were declared. Iterative, not recursive: thousands of stacks may form a chain.
///
/// # Errors
/// A cycle as the names along it, the first repeated at the end.
pub(crate) fn order(dependencies: &IndexMap<String, Vec<String>>) -> Result<Vec<usize>, Vec<String>> {
    let mut order = Vec::with_capacity(dependencies.len());
    let mut done: HashSet<&str> = HashSet::new();
    for start in dependencies.keys() {
        let mut trail: Vec<(&str, usize)> = vec![(start, 0)];
        let mut on_trail: HashSet<&str> = HashSet::from([start.as_str()]);
        while let Some((node, next)) = trail.last_mut() {
            let needs = dependencies.get(*node).map(Vec::as_slice).unwrap_or_default();
            let Some(need) = needs.get(*next).filter(|_| !done.contains(*node)) else {
                if done.insert(node) {
                    order.extend(dependencies.get_index_of(*node));
                }
                on_trail.remove(*node);
                trail.pop();
                continue;
            };
            *next += 1;
            if on_trail.contains(need.as_str()) {
                let from = trail.iter().position(|(name, _)| *name == need).unwrap_or_default();
                let mut names: Vec<String> = trail[from..].iter().map(|(name, _)| (*name).to_owned()).collect();
                names.push(need.clone());
                return Err(names);
            }
            on_trail.insert(need);
            trail.push((need, 0));
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> IndexMap<String, Vec<String>> {
        edges.iter().map(|(name, needs)| ((*name).to_owned(), needs.iter().map(|need| (*need).to_owned()).collect())).collect()
    }

    #[test]
    fn a_cycle_is_spelled_out_and_a_diamond_is_none() {
        let diamond = graph(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c", "a"])]);
        assert_eq!(order(&diamond).unwrap(), [0, 1, 2, 3]);
        let loop_behind = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["d"]), ("d", &["b"])]);
        assert_eq!(order(&loop_behind).unwrap_err(), ["b", "c", "d", "b"]);
        assert_eq!(order(&graph(&[("a", &["a"])])).unwrap_err(), ["a", "a"]);
    }

    #[test]
    fn a_long_chain_of_stacks_does_not_overflow() {
        let names: Vec<String> = (0..100_000).map(|i| i.to_string()).collect();
        let row: IndexMap<String, Vec<String>> =
            names.iter().enumerate().map(|(i, name)| (name.clone(), names.get(i + 1).cloned().into_iter().collect())).collect();
        assert_eq!(order(&row).unwrap(), (0..100_000).rev().collect::<Vec<_>>());
    }
}
