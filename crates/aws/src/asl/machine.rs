//! State machines.

use oleoduto_cdk::{Expr, Val};

use super::check;
use super::flow::{Flow, State};
use crate::grants::Grant;
use crate::types::Definition;

/// A state machine in JSONPath mode.
#[derive(Clone, Debug)]
pub struct StateMachine {
    comment: String,
    timeout_seconds: i64,
    flow: Flow,
}

impl StateMachine {
    /// A machine that starts at the first state added and fails after `timeout_seconds` (1 to 99 999 999).
    pub fn new(comment: &str, timeout_seconds: i64) -> Self {
        Self { comment: comment.to_owned(), timeout_seconds, flow: Flow::new() }
    }

    /// Add a state. Names have 1 to 80 characters and are unique in the whole machine.
    #[must_use]
    pub fn state(mut self, name: &str, state: impl Into<State>) -> Self {
        self.flow = self.flow.state(name, state);
        self
    }

    /// Every mistake, each a sentence that names its state; a state of a branch is named with its way, as in
    /// `Fan/branch 1/Work`. Empty for a sound machine.
    pub fn mistakes(&self) -> Vec<String> {
        check::mistakes(self.timeout_seconds, &self.flow)
    }

    /// What the machine's role needs for the calls of all its tasks. A task that names nothing with
    /// [`super::Task::needs`] is reported at synth, with the policy that the grants are in.
    pub fn grants(&self) -> Vec<Grant> {
        grants(&self.flow)
    }

    /// The definition as the JSON text that Terraform takes; mistakes are reported at synth.
    pub fn definition(&self) -> Val<Definition> {
        let mistakes = self.mistakes();
        if !mistakes.is_empty() {
            return Val::invalid_all(mistakes);
        }
        let document = Expr::object([
            ("Comment", Expr::from(self.comment.as_str())),
            ("StartAt", self.flow.start().into()),
            ("TimeoutSeconds", self.timeout_seconds.into()),
            ("States", self.flow.documents()),
        ]);
        Val::raw(document.jsonencode())
    }
}

fn grants(flow: &Flow) -> Vec<Grant> {
    let of = |(name, state): &(String, State)| match state {
        State::Task(task) => task.grants(name),
        other => other.flows().into_iter().flat_map(|(_, inner)| grants(inner)).collect(),
    };
    flow.states.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use oleoduto_cdk::Expr;

    use super::*;
    use crate::asl::Task;
    use crate::grants::{Function, Permissions};

    fn policy(tasks: [Task; 2]) -> String {
        let [first, second] = tasks;
        let machine =
            StateMachine::new("m", 60).state("First", State::Task(first.next("Second"))).state("Second", State::Task(second));
        let mut permissions = Permissions::new();
        permissions.allow(machine.grants());
        format!("{:?}", permissions.statements())
    }

    #[test]
    fn a_machine_needs_what_its_tasks_need() {
        let arn = |name: &str| format!("arn:aws:lambda:sa-east-1:123456789012:function:{name}");
        let task = |name: &str| Task::resource(arn(name), Expr::Null).needs(Function::new(arn(name)).invoke());
        let policy = policy([task("a"), task("b")]);
        assert!(policy.contains("function:a") && policy.contains("function:b"), "{policy}");
    }

    #[test]
    fn a_task_without_a_permission_is_named() {
        let arn = "arn:aws:states:::aws-sdk:s3:getObject";
        let policy = policy([Task::resource(arn, Expr::Null), Task::resource(arn, Expr::Null)]);
        assert!(
            policy.contains("state `First`") && policy.contains("state `Second`") && policy.contains("Task::needs"),
            "{policy}"
        );
    }
}
