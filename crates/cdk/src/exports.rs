//! What stacks read of each other: one output of the producer for each expression.

use std::collections::{HashMap, HashSet};

use crate::diagnostics::Diagnostic;
use crate::hcl::OutputIds;
use crate::names;

/// An output that carries a reference to other stacks.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    /// The construct id.
    pub(crate) path: String,
    /// The logical id.
    pub(crate) id: String,
    /// The expression.
    pub(crate) local: String,
}

/// Outputs by their stack, in the order of first use.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    pub(crate) outputs: HashMap<String, Vec<Export>>,
    /// The ids that the expression alone does not tell.
    pub(crate) ids: OutputIds,
    known: HashMap<String, Known>,
}

#[derive(Debug, Default)]
struct Known {
    expressions: HashSet<String>,
    ids: HashSet<String>,
}

impl Exports {
    /// Another stack reads an expression of a producer. Ids lack characters of the expression: where two would be the same, the
    /// later one gets a hash.
    pub(crate) fn add(&mut self, producer: &str, local: String) {
        if !self.known.contains_key(producer) {
            self.known.insert(producer.to_owned(), Known::default());
        }
        let Some(known) = self.known.get_mut(producer) else { return };
        if !known.expressions.insert(local.clone()) {
            return;
        }
        let mut path = names::cross_stack_output(&local);
        let mut id = names::strip(&path);
        if known.ids.contains(&id) {
            id = format!("{id}_{}", names::hash(&local));
            path = format!("{path}_{}", names::hash(&local));
            self.ids.entry(producer.to_owned()).or_default().insert(local.clone(), id.clone());
        }
        known.ids.insert(id.clone());
        self.outputs.entry(producer.to_owned()).or_default().push(Export { path, id, local });
    }

    /// The mistake of an output that the stack declares itself, if it has the id of one of these.
    pub(crate) fn taken(&self, stack: &str, id: &str) -> Option<Diagnostic> {
        let output = self.outputs.get(stack)?.iter().find(|output| output.id == id)?;
        Some(Diagnostic::error(
            format!("{stack}/output.{id}"),
            format!("`{id}` is the output that carries `{}` to other stacks", output.local),
            "give the declared output another name",
        ))
    }
}
