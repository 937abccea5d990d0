//! Selects stacks by name or glob, with their neighbors, and checks that a partial selection has what it needs.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use crate::error::{Result, RunnerError};
use crate::graph::Graph;

/// The neighbors of a stack that a selection must not leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// For `apply`: stacks that a stack reads must be applied.
    Producers,
    /// For `destroy`: stacks that read a stack must be destroyed before it.
    Consumers,
}

/// Which stacks a verb is for. The default selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Names or globs; without one, all stacks.
    pub patterns: Vec<String>,
    /// Only stacks of these names, if there are any: those of other names are not selected, whatever the patterns say.
    pub among: Option<Vec<String>>,
    /// Names or globs of stacks to leave out of these.
    pub exclude: Vec<String>,
    /// Add the stacks that the selected ones read, directly or through others.
    pub with_producers: bool,
    /// Add the stacks that read the selected ones, directly or through others.
    pub with_consumers: bool,
}

impl Selection {
    /// The stack of this name.
    pub fn one(name: &str) -> Self {
        Self { patterns: vec![name.to_owned()], ..Self::default() }
    }
}

/// The stacks of a selection. What is excluded is left out last, so that it also leaves out a neighbor.
pub(crate) fn select(graph: &Graph, selection: &Selection) -> Result<BTreeSet<String>> {
    let mut chosen = matching(graph, &selection.patterns)?;
    if let Some(among) = &selection.among {
        chosen.retain(|name| among.contains(name));
    }
    let started = chosen.clone();
    if selection.with_producers {
        chosen.extend(graph.reachable(&started));
    }
    if selection.with_consumers {
        chosen.extend(graph.reversed().reachable(&started));
    }
    if !selection.exclude.is_empty() {
        let left_out = matching(graph, &selection.exclude)?;
        chosen.retain(|name| !left_out.contains(name));
    }
    if chosen.is_empty() && !graph.is_empty() {
        return Err(RunnerError::NothingSelected);
    }
    Ok(chosen)
}

/// The stacks that match names and globs; all stacks if there are none.
pub(crate) fn matching(graph: &Graph, patterns: &[String]) -> Result<BTreeSet<String>> {
    if patterns.is_empty() {
        return Ok(graph.names().map(str::to_owned).collect());
    }
    let mut chosen = BTreeSet::new();
    for pattern in patterns {
        let matcher = glob(pattern)?;
        let matching: Vec<_> = graph.names().filter(|name| matcher.is_match(name)).collect();
        if matching.is_empty() {
            let known = graph.names().collect::<Vec<_>>().join(", ");
            return Err(RunnerError::UnknownStack { pattern: pattern.clone(), known });
        }
        chosen.extend(matching.into_iter().map(str::to_owned));
    }
    Ok(chosen)
}

fn glob(pattern: &str) -> Result<GlobMatcher> {
    let built = GlobBuilder::new(pattern).build();
    built
        .map(|glob| glob.compile_matcher())
        .map_err(|error| RunnerError::Format { what: format!("the pattern `{pattern}`"), why: error.kind().to_string() })
}

/// Refuses a selection that leaves out stacks it needs. `missing(name)` says whether a stack is needed if it is left out:
/// for `apply` a stack that was never applied, for `destroy` a stack that still has resources.
pub(crate) fn complete(graph: &Graph, chosen: &BTreeSet<String>, needs: Needs, missing: impl Fn(&str) -> bool) -> Result<()> {
    let mut lines = Vec::new();
    let mut add = BTreeSet::new();
    for name in chosen {
        let neighbors: Vec<&str> = match needs {
            Needs::Producers => graph.producers(name).collect(),
            Needs::Consumers => graph.consumers(name).collect(),
        };
        for left_out in neighbors.into_iter().filter(|other| !chosen.contains(*other) && missing(other)) {
            lines.push(match needs {
                Needs::Producers => format!("`{name}` reads `{left_out}`, which is neither selected nor applied"),
                Needs::Consumers => format!("`{left_out}` reads `{name}`, still has resources, and is not selected"),
            });
            add.insert(left_out);
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    let add = add.into_iter().collect::<Vec<_>>().join(" ");
    Err(RunnerError::Incomplete { left_out: lines.join("\n"), help: format!("also select {add}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::tests::graph;

    fn three() -> Graph {
        graph(&[("a", &[]), ("b", &["a"]), ("b2", &["b"])])
    }

    fn of(graph: &Graph, patterns: &[&str]) -> Result<BTreeSet<String>> {
        select(graph, &Selection { patterns: patterns.iter().map(|&name| name.to_owned()).collect(), ..Selection::default() })
    }

    #[test]
    fn neighbors_are_added_and_exclusions_come_last() {
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &["c"]), ("e", &[])]);
        let chosen = |with_producers, with_consumers, exclude: &[&str]| {
            let exclude = exclude.iter().map(|&name| name.to_owned()).collect();
            names(&select(&graph, &Selection { with_producers, with_consumers, exclude, ..Selection::one("c") }).unwrap())
        };
        assert_eq!(chosen(true, false, &[]), "a b c");
        assert_eq!(chosen(false, true, &[]), "c d");
        assert_eq!(chosen(true, true, &["a"]), "b c d");
        let typo = Selection { exclude: vec!["x".to_owned()], ..Selection::default() };
        assert!(select(&graph, &typo).unwrap_err().to_string().contains("no stack matches `x`"));
    }

    fn names(chosen: &BTreeSet<String>) -> String {
        chosen.iter().cloned().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_and_globs_select() {
        let graph = three();
        assert_eq!(names(&of(&graph, &[]).unwrap()), "a b b2");
        assert_eq!(names(&of(&graph, &["b*"]).unwrap()), "b b2");
        assert_eq!(names(&of(&graph, &["a", "b"]).unwrap()), "a b");
        let error = of(&graph, &["c*"]).unwrap_err().to_string();
        assert_eq!(error, "no stack matches `c*`; the stacks are: a, b, b2");
        assert!(of(&graph, &["["]).unwrap_err().to_string().contains("the pattern `[`"));
    }

    #[test]
    fn a_selection_without_its_producer_is_refused_with_the_list() {
        let graph = three();
        let chosen = of(&graph, &["b*"]).unwrap();
        let error = complete(&graph, &chosen, Needs::Producers, |_| true).unwrap_err().to_string();
        assert_eq!(error, "`b` reads `a`, which is neither selected nor applied\n  help: also select a");
        complete(&graph, &chosen, Needs::Producers, |_| false).unwrap();
        complete(&graph, &chosen, Needs::Consumers, |_| true).unwrap();
    }

    #[test]
    fn a_destroy_that_leaves_a_consumer_is_refused() {
        let graph = three();
        let chosen = of(&graph, &["a"]).unwrap();
        let error = complete(&graph, &chosen, Needs::Consumers, |_| true).unwrap_err().to_string();
        assert_eq!(error, "`b` reads `a`, still has resources, and is not selected\n  help: also select b");
    }
}
