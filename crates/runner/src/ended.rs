//! The result of one Terraform call, collected from its messages.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::{Result, RunnerError, with_causes};
use crate::files;
use crate::message::{Action, Changes, Diagnostic, Message, Severity};
use crate::report::{ResourceReport, StackReport};

/// The result of one Terraform call.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// The exit code; none if a signal ended the call.
    pub(crate) code: Option<i32>,
    pub(crate) changes: Changes,
    pub(crate) resources: Vec<ResourceReport>,
    /// Changes made outside Terraform.
    pub(crate) drift: Vec<ResourceReport>,
    pub(crate) created: Vec<Created>,
    pub(crate) outputs_change: bool,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The output of a call without `-json`.
    pub(crate) text: String,
    pub(crate) command: String,
    pub(crate) log: PathBuf,
}

/// A resource that a call created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Created {
    pub(crate) address: String,
    pub(crate) id: String,
}

impl Ended {
    pub(crate) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }

    /// Whether a plan with `-detailed-exitcode` succeeded.
    pub(crate) fn planned(&self) -> bool {
        matches!(self.code, Some(0 | 2))
    }

    /// Whether Terraform refused the plan because the state changed since.
    pub(crate) fn plan_is_stale(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.summary == "Saved plan is stale")
    }

    /// Whether another run holds the state lock.
    pub(crate) fn is_locked(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.summary.contains("acquiring the state lock"))
    }

    /// Adds a message of the call.
    pub(crate) fn add(&mut self, message: &Message) {
        if let Some(diagnostic) = &message.diagnostic
            && !self.diagnostics.contains(diagnostic)
        {
            self.diagnostics.push(diagnostic.clone());
        }
        if let Some(changes) = message.changes {
            self.changes = changes;
        }
        if let Some(outputs) = &message.outputs
            && self.resources.iter().all(|row| !row.done)
        {
            self.outputs_change |= outputs.values().any(|output| output.action.as_deref().is_some_and(|action| action != "noop"));
        }
        if let Some(change) = &message.change {
            let row = ResourceReport { address: change.resource.addr.clone(), action: change.action, done: false };
            match message.kind.as_str() {
                "resource_drift" => self.drift.push(row),
                _ if change.action != Action::Noop => self.resources.push(row),
                _ => {}
            }
        }
        if message.kind == "apply_complete"
            && let Some(hook) = &message.hook
            && let (Some(resource), Some(done)) = (&hook.resource, hook.action)
        {
            if let (Action::Create, Some(id)) = (done, &hook.id_value) {
                self.created.push(Created { address: resource.addr.clone(), id: id.clone() });
            }
            let found = self.resources.iter_mut().find(|row| row.address == resource.addr);
            if let Some(row) = found.filter(|row| row.action == done || (row.action == Action::Replace && done == Action::Create))
            {
                row.done = true;
            }
        }
    }

    /// Numbers of resources that were changed before the call failed.
    pub(crate) fn done(&self) -> Changes {
        self.resources.iter().filter(|row| row.done).fold(Changes::default(), |sum, row| sum + count(row.action))
    }

    /// The same with what an earlier call of the same command did.
    pub(crate) fn after(self, earlier: Self) -> Self {
        let changes = earlier.done() + self.changes;
        let done = earlier.resources.into_iter().filter(|row| row.done);
        Self { changes, resources: done.chain(self.resources).collect(), ..self }
    }

    /// The output of a call that prints text. Deletes the log, which is the same.
    pub(crate) fn into_text(self) -> Result<String> {
        files::remove_file(&self.log)?;
        Ok(self.text)
    }

    /// The output as JSON. Deletes the log, because the values may be secret.
    pub(crate) fn into_json(self) -> Result<Json> {
        files::remove_file(&self.log)?;
        serde_json::from_str(&self.text).map_err(|error| RunnerError::Format {
            what: format!("the output of `{}`", self.command),
            why: format!("it is not JSON: {error}"),
        })
    }
}

fn count(action: Action) -> Changes {
    let mut changes = Changes::default();
    match action {
        Action::Create => changes.add = 1,
        Action::Update => changes.change = 1,
        Action::Delete => changes.destroy = 1,
        Action::Replace => (changes.add, changes.destroy) = (1, 1),
        Action::Import => changes.import = 1,
        _ => {}
    }
    changes
}

impl StackReport {
    /// Adds a warning if what came after a call failed; the call's own result stays.
    pub(crate) fn warn_of(&mut self, result: Result<()>, consequence: &str) {
        if let Err(error) = result {
            let (summary, detail) = (consequence.to_owned(), with_causes(&error));
            self.diagnostics.push(Diagnostic { severity: Severity::Warning, summary, detail, address: None });
        }
    }

    /// Takes over the log, command, diagnostics, changes and resources of a call.
    pub(crate) fn take(&mut self, ended: &Ended) {
        self.log = Some(ended.log.display().to_string());
        self.commands.push(ended.command.clone());
        self.diagnostics.extend(ended.diagnostics.iter().cloned());
        self.changes = ended.changes;
        self.resources.clone_from(&ended.resources);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(lines: &[&str]) -> Ended {
        let mut ended = Ended::default();
        lines.iter().for_each(|line| ended.add(&Message::parse(line).unwrap()));
        ended
    }

    const PLANNED: &str = r#"{"type":"planned_change","change":{"resource":{"addr":"a.b"},"action":"replace"}}"#;

    #[test]
    fn a_replacement_is_done_when_the_new_resource_exists() {
        let half = ended(&[PLANNED, r#"{"type":"apply_complete","hook":{"resource":{"addr":"a.b"},"action":"delete"}}"#]);
        assert!(!half.resources[0].done);
        assert!(half.done().is_empty());
        let whole = ended(&[PLANNED, r#"{"type":"apply_complete","hook":{"resource":{"addr":"a.b"},"action":"create"}}"#]);
        assert_eq!(whole.done(), Changes { add: 1, destroy: 1, ..Changes::default() });
    }

    #[test]
    fn outputs_that_stay_are_no_change() {
        assert!(!ended(&[r#"{"type":"outputs","outputs":{"a":{"action":"noop"}}}"#]).outputs_change);
        assert!(ended(&[r#"{"type":"outputs","outputs":{"a":{"action":"update"}}}"#]).outputs_change);
        assert!(!ended(&[r#"{"type":"outputs","outputs":{"a":{"value":1}}}"#]).outputs_change);
    }
}
