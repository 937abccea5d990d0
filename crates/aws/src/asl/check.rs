//! Mistakes in the states together: some AWS only reports during `terraform plan`, some nobody reports.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::Flow;
use super::limits::{self, MAX_SECONDS};
use crate::nearest::did_you_mean;

/// Every mistake of a machine.
pub(super) fn mistakes(timeout_seconds: i64, flow: &Flow) -> Vec<String> {
    let mut checker = Checker::default();
    limits::check("TimeoutSeconds of the machine", timeout_seconds, 1..=MAX_SECONDS, &mut checker.mistakes);
    checker.flow("", flow);
    checker.mistakes
}

/// Walks over flows and the flows in them.
#[derive(Default)]
struct Checker<'a> {
    mistakes: Vec<String>,
    /// Where each name was first used: names are unique in the whole machine.
    names: BTreeMap<&'a str, String>,
}

impl<'a> Checker<'a> {
    /// `way` precedes a state's name: empty, or `Fan/branch 1/`.
    fn flow(&mut self, way: &str, flow: &'a Flow) {
        if flow.states.is_empty() {
            self.mistakes.push(format!("{} has no state", owner(way)));
            return;
        }
        for (name, state) in &flow.states {
            self.name(way, name);
            let mut own = Vec::new();
            state.check(&mut own);
            self.mistakes.extend(own.into_iter().map(|mistake| format!("state `{way}{name}`: {mistake}")));
        }
        self.ways_on(way, flow);
        for (name, state) in &flow.states {
            for (part, inner) in state.flows() {
                self.flow(&format!("{way}{name}/{part}/"), inner);
            }
        }
    }

    fn name(&mut self, way: &str, name: &'a str) {
        let place = format!("{way}{name}");
        if name.is_empty() {
            self.mistakes.push(format!("a state of {} has an empty name", owner(way)));
        }
        if name.chars().count() > 80 {
            self.mistakes.push(format!("state name `{place}` is longer than 80 characters"));
        }
        match self.names.get(name) {
            Some(first) if *first == place => self.mistakes.push(format!("state `{place}` is declared twice")),
            Some(first) => {
                self.mistakes.push(format!("state `{place}` has the name of `{first}`: names are unique in the whole machine"))
            }
            None => {
                self.names.insert(name, place);
            }
        }
    }

    fn ways_on(&mut self, way: &str, flow: &Flow) {
        let names: BTreeSet<&str> = flow.states.iter().map(|(name, _)| name.as_str()).collect();
        for (name, state) in &flow.states {
            for target in state.targets() {
                if !names.contains(target) {
                    let hint = did_you_mean(target, names.iter().copied());
                    let within = if way.is_empty() { "" } else { " in its branch" };
                    self.mistakes.push(format!("state `{way}{name}` goes to `{target}`, which does not exist{within}{hint}"));
                }
            }
        }
        let reached = reachable(flow);
        for (name, _) in flow.states.iter().filter(|(name, _)| !reached.contains(name.as_str())) {
            self.mistakes.push(format!("state `{way}{name}` can't be reached"));
        }
        if !flow.states.iter().any(|(name, state)| reached.contains(name.as_str()) && state.ends_well()) {
            self.mistakes.push(format!("no state ends {} with success", owner(way)));
        }
    }
}

/// The owner of the flow, for messages.
fn owner(way: &str) -> String {
    if way.is_empty() { "the machine".to_owned() } else { format!("`{}`", way.trim_end_matches('/')) }
}

fn reachable(flow: &Flow) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    let mut queue: Vec<&str> = flow.states.first().map(|(name, _)| name.as_str()).into_iter().collect();
    while let Some(name) = queue.pop() {
        if reached.insert(name) {
            queue.extend(flow.states.iter().filter(|(other, _)| other == name).flat_map(|(_, state)| state.targets()));
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asl::{Choice, Condition, Fail, Map, Parallel, Pass, State, StateMachine};

    fn mistakes(machine: &StateMachine) -> Vec<String> {
        machine.mistakes()
    }

    fn failed() -> Fail {
        Fail::new("Custom", "always")
    }

    fn to(next: &str) -> Pass {
        Pass::new().next(next)
    }

    #[test]
    fn a_sound_machine_has_no_mistakes() {
        let branch = |name: &str| Flow::new().state(name, Pass::new());
        let machine = StateMachine::new("", 60)
            .state("Fan", Parallel::new([branch("Left"), branch("Right")]).catch("Failed").next("Which"))
            .state("Which", Choice::new().when(Condition::is_null("$.x", true), "Fan").otherwise("Done"))
            .state("Done", State::Succeed)
            .state("Failed", failed());
        assert_eq!(mistakes(&machine), Vec::<String>::new());
    }

    #[test]
    fn a_missing_target_an_unreachable_state_and_no_good_end_are_found() {
        let machine = StateMachine::new("", 60).state("A", to("Nowhere")).state("Lost", State::Succeed).state("Failed", failed());
        assert_eq!(
            mistakes(&machine),
            [
                "state `A` goes to `Nowhere`, which does not exist",
                "state `Lost` can't be reached",
                "state `Failed` can't be reached",
                "no state ends the machine with success"
            ]
        );
    }

    #[test]
    fn a_machine_without_states_is_one_mistake() {
        assert_eq!(mistakes(&StateMachine::new("", 60)), ["the machine has no state"]);
    }

    #[test]
    fn names_have_1_to_80_characters() {
        let long = "é".repeat(80);
        let machine = StateMachine::new("", 60).state(&long, to("")).state("", Pass::new());
        assert_eq!(mistakes(&machine), ["a state of the machine has an empty name"]);
        let machine = StateMachine::new("", 60).state(&format!("{long}x"), Pass::new());
        assert_eq!(mistakes(&machine).len(), 1);
    }

    #[test]
    fn a_flow_inside_is_a_world_of_its_own_but_for_names() {
        let inner = Flow::new().state("A", to("Done")).state("B", Pass::new());
        let machine = StateMachine::new("", 60).state("A", Map::new(inner).next("Done")).state("Done", State::Succeed);
        assert_eq!(
            mistakes(&machine),
            [
                "state `A/item/A` has the name of `A`: names are unique in the whole machine",
                "state `A/item/A` goes to `Done`, which does not exist in its branch",
                "state `A/item/B` can't be reached",
                "no state ends `A/item` with success"
            ]
        );
    }
}
