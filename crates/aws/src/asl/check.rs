//! What `terraform plan` would only learn from AWS, and what nobody checks.

use std::collections::BTreeSet;

use super::{State, StateMachine};

/// Every mistake of a machine.
pub(super) fn mistakes(machine: &StateMachine) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut names = BTreeSet::new();
    for (name, state) in &machine.states {
        if !names.insert(name.as_str()) {
            mistakes.push(format!("state `{name}` is declared twice"));
        }
        if name.chars().count() > 80 {
            mistakes.push(format!("state name `{name}` is longer than 80 characters"));
        }
        if let State::Task(task) = state {
            mistakes.extend(task.mistakes.iter().map(|mistake| format!("state `{name}`: {mistake}")));
        }
    }
    for (name, state) in &machine.states {
        for target in targets(state) {
            if !names.contains(target) {
                mistakes.push(format!("state `{name}` goes to `{target}`, which does not exist"));
            }
        }
    }
    let reached = reachable(machine);
    for (name, _) in machine.states.iter().filter(|(name, _)| !reached.contains(name.as_str())) {
        mistakes.push(format!("state `{name}` can't be reached"));
    }
    let ends_well = |state: &State| matches!(state, State::Succeed) || matches!(state, State::Task(task) if task.next.is_none());
    if !machine.states.iter().any(|(name, state)| reached.contains(name.as_str()) && ends_well(state)) {
        mistakes.push("no state ends the machine with success".to_owned());
    }
    mistakes
}

fn targets(state: &State) -> impl Iterator<Item = &str> {
    let (next, catch) = match state {
        State::Task(task) => (task.next.as_deref(), task.catch.as_deref()),
        State::Succeed | State::FailWithCaughtError => (None, None),
    };
    next.into_iter().chain(catch)
}

fn reachable(machine: &StateMachine) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    let mut queue: Vec<&str> = machine.states.first().map(|(name, _)| name.as_str()).into_iter().collect();
    while let Some(name) = queue.pop() {
        if reached.insert(name) {
            queue.extend(machine.states.iter().filter(|(other, _)| other == name).flat_map(|(_, state)| targets(state)));
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asl::{ProcessingJob, Task};
    use oleoduto_cdk::{App, Backend, Expr, Ref};

    fn partition() -> Ref<String> {
        let mut app = App::new();
        let stack = app.stack("t", Backend::Local { path: "t.tfstate".into() });
        stack.data("p", crate::data_partition::PartitionData::builder().build()).partition()
    }

    fn task() -> Task {
        let role = Ref::new(&target(), "arn");
        let job = ProcessingJob {
            name_path: "$.name".into(),
            image: Expr::from("image"),
            role,
            arguments: "States.Array('predict')".into(),
            inputs: vec![],
            outputs: vec![],
            instance_type: "ml.m5.large".into(),
            max_runtime_seconds: 60,
        };
        Task::processing_job(&partition(), job)
    }

    fn target() -> oleoduto_cdk::Target {
        let mut app = App::new();
        let stack = app.stack("t", Backend::Local { path: "t.tfstate".into() });
        let policy = crate::policy::trust("glue.amazonaws.com", "1");
        let role = stack.add("r", crate::iam_role::IamRole::builder().assume_role_policy(policy).build());
        role.as_ref().clone()
    }

    #[test]
    fn a_sound_machine_has_no_mistakes() {
        let machine = StateMachine::new("", 60)
            .state("A", State::Task(task().next("Done").catch("Failed")))
            .state("Done", State::Succeed)
            .state("Failed", State::FailWithCaughtError);
        assert_eq!(mistakes(&machine), Vec::<String>::new());
    }

    #[test]
    fn a_missing_target_an_unreachable_state_and_no_good_end_are_found() {
        let machine = StateMachine::new("", 60)
            .state("A", State::Task(task().next("Nowhere").catch("Failed")))
            .state("Lost", State::Succeed)
            .state("Failed", State::FailWithCaughtError);
        assert_eq!(
            mistakes(&machine),
            [
                "state `A` goes to `Nowhere`, which does not exist",
                "state `Lost` can't be reached",
                "no state ends the machine with success"
            ]
        );
    }
}
