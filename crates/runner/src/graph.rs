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

    /// The same stacks without dependencies, for work in any order.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { needs: self.needs.keys().map(|name| (name.clone(), BTreeSet::new())).collect() }
    }

    /// The names of all stacks, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.needs.keys().map(String::as_str)
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
        let turned = self.needs.keys().map(|name| (name.clone(), self.consumers(name).map(str::to_owned).collect()));
        Self { needs: turned.collect() }
    }

    /// Only these stacks, with the dependencies between them.
    #[must_use]
    pub fn restricted(&self, names: &BTreeSet<String>) -> Self {
        let kept = self.needs.iter().filter(|(name, _)| names.contains(*name));
        Self { needs: kept.map(|(name, needs)| (name.clone(), needs.intersection(names).cloned().collect())).collect() }
    }

    /// The number of stacks on the longest chain that starts at this one.
    pub(crate) fn height(&self, name: &str) -> usize {
        1 + self.consumers(name).map(|consumer| self.height(consumer)).max().unwrap_or(0)
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
    fn the_longest_chain_comes_first() {
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("b2", &["b"])]);
        assert_eq!((graph.height("a"), graph.height("b"), graph.height("b2")), (3, 2, 1));
        assert_eq!(graph.reversed().producers("a").collect::<Vec<_>>(), ["b"]);
    }
}
