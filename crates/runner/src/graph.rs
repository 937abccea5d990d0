//! The dependency graph of the stacks.

use std::collections::{BTreeMap, BTreeSet};

use oleoduto_cdk::Manifest;

/// The dependency graph of the stacks.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    needs: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// The graph of a manifest. `synth` writes no cycles.
    pub fn new(manifest: &Manifest) -> Self {
        let needs = manifest.stacks.iter().map(|(name, stack)| (name.clone(), stack.dependencies.iter().cloned().collect()));
        Self { needs: needs.collect() }
    }

    /// The graph of these stacks with what each needs.
    pub(crate) fn of(needs: BTreeMap<String, BTreeSet<String>>) -> Self {
        Self { needs }
    }

    /// The same stacks without dependencies, for work in any order.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { needs: self.needs.keys().map(|name| (name.clone(), BTreeSet::new())).collect() }
    }

    /// The names of all stacks, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.needs.keys().map(String::as_str)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    /// The stacks that this one reads.
    pub fn producers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.needs.get(name).into_iter().flatten().map(String::as_str)
    }

    /// The stacks that read this one.
    pub fn consumers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.needs.iter().filter(move |(_, needs)| needs.contains(name)).map(|(name, _)| name.as_str())
    }

    /// The same graph with every dependency reversed, for destroying.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let mut turned = self.apart();
        for (name, needs) in &self.needs {
            for producer in needs {
                turned.needs.entry(producer.clone()).or_default().insert(name.clone());
            }
        }
        turned
    }

    /// Only these stacks, with the dependencies between them.
    #[must_use]
    pub fn restricted(&self, names: &BTreeSet<String>) -> Self {
        let kept = self.needs.iter().filter(|(name, _)| names.contains(*name));
        Self { needs: kept.map(|(name, needs)| (name.clone(), needs.intersection(names).cloned().collect())).collect() }
    }

    /// Lets a stack need another one, if both are there and no circle comes of it.
    pub(crate) fn add_if_acyclic(&mut self, name: &str, needed: &str) {
        let circle = needed == name || self.reachable(&BTreeSet::from([needed.to_owned()])).contains(name);
        if !circle
            && self.needs.contains_key(needed)
            && let Some(needs) = self.needs.get_mut(name)
        {
            needs.insert(needed.to_owned());
        }
    }

    /// The stacks that these need, directly or through others.
    pub(crate) fn reachable(&self, names: &BTreeSet<String>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = names.iter().map(String::as_str).collect();
        while let Some(name) = open.pop() {
            open.extend(self.producers(name).filter(|producer| found.insert((*producer).to_owned())));
        }
        found
    }

    /// The number of stacks on the longest chain that starts at each one. Each dependency is looked at once.
    pub(crate) fn heights(&self) -> BTreeMap<&str, usize> {
        let consumers = self.reversed();
        let mut left: BTreeMap<&str, usize> = consumers.needs.iter().map(|(name, all)| (name.as_str(), all.len())).collect();
        let mut heights: BTreeMap<&str, usize> = self.names().map(|name| (name, 1)).collect();
        let mut last: Vec<&str> = self.names().filter(|name| left[name] == 0).collect();
        while let Some(name) = last.pop() {
            let height = heights[name] + 1;
            for producer in self.producers(name) {
                let Some(count) = left.get_mut(producer) else { continue };
                *count -= 1;
                if *count == 0 {
                    last.push(producer);
                }
                heights.entry(producer).and_modify(|known| *known = height.max(*known));
            }
        }
        heights
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// A graph of stacks with the stacks that each needs.
    pub(crate) fn graph(rows: &[(&str, &[&str])]) -> Graph {
        let stacks = rows.iter().map(|(name, needs)| {
            let stack = json!({"annotations": [], "constructPath": name, "dependencies": needs, "name": name,
                "stackMetadataPath": "", "synthesizedStackPath": "", "workingDirectory": ""});
            ((*name).to_owned(), stack)
        });
        let stacks: serde_json::Map<_, _> = stacks.collect();
        Graph::new(&serde_json::from_value(json!({"version": "0", "stacks": stacks})).unwrap())
    }

    #[test]
    fn an_edge_that_would_make_a_circle_is_left_out() {
        let mut graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &[])]);
        for (name, needed) in [("a", "b"), ("a", "a"), ("a", "x"), ("x", "a"), ("a", "c")] {
            graph.add_if_acyclic(name, needed);
        }
        assert_eq!(graph.producers("a").collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn the_longest_chain_comes_first() {
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("b2", &["b"])]);
        assert_eq!(graph.heights(), BTreeMap::from([("a", 3), ("b", 2), ("b2", 1)]));
        assert_eq!(graph.reversed().producers("a").collect::<Vec<_>>(), ["b"]);
    }
}
