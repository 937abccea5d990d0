//! The picture of a state machine, from its definition in the output.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use oleoduto_cdk::Synthesized;
use serde_json::{Map, Value as Json};

use super::picture::{Arrow, Kind, Node, Picture};
use crate::jsonencode::{configuration, json_of};

/// The resource of Terraform's aws provider.
const TYPE: &str = "aws_sfn_state_machine";

/// States, and arrows to those that can follow. `address` may be empty if there is one machine.
pub(super) fn picture(output: &Synthesized, address: &str) -> anyhow::Result<Picture> {
    let machines = machines(output)?;
    let known = || machines.keys().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
    let (address, definition) = match (address, machines.len()) {
        (_, 0) => bail!("no stack has a state machine ({TYPE}): `graph` without --states shows the stacks"),
        ("", 1) => machines.iter().next().context("the only state machine is gone")?,
        ("", _) => bail!("there are several state machines: choose one with --states=ADDRESS, of {}", known()),
        (wanted, _) => {
            machines.get_key_value(wanted).with_context(|| format!("no state machine is `{wanted}`; there is {}", known()))?
        }
    };
    json_of(definition)
        .and_then(|machine| drawn(format!("States of {address}"), &machine))
        .with_context(|| format!("the definition of {address} can't be read"))
}

fn drawn(title: String, machine: &Json) -> anyhow::Result<Picture> {
    let mut picture = Picture { title, name: "states", rightwards: false, nodes: Vec::new(), arrows: Vec::new() };
    Scope::read(machine, None, &mut picture)?;
    Ok(picture)
}

/// The definitions of all state machines by `STACK.TYPE.NAME`.
fn machines(output: &Synthesized) -> anyhow::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for stack in &output.stacks {
        let json = configuration(stack)?;
        let of_type = json["resource"][TYPE].as_object().into_iter().flatten();
        found.extend(of_type.filter_map(|(name, resource)| {
            Some((format!("{}.{TYPE}.{name}", stack.name), resource["definition"].as_str()?.to_owned()))
        }));
    }
    Ok(found)
}

/// A machine, or a branch of a state.
struct Scope {
    /// The state where it begins.
    start: String,
    /// The states in which it ends well.
    ends: Vec<String>,
}

impl Scope {
    /// Adds the states of a scope to the picture.
    fn read(machine: &Json, parent: Option<&str>, picture: &mut Picture) -> anyhow::Result<Self> {
        let start = machine["StartAt"].as_str().context("`StartAt` is missing")?.to_owned();
        let states = machine["States"].as_object().context("`States` is missing")?;
        let mut groups = BTreeMap::new();
        for (name, state) in states {
            picture.nodes.push(Node {
                name: name.clone(),
                kind: kind(state),
                parent: parent.map(str::to_owned),
                note: note(state),
            });
            let branches = branches(state);
            if !branches.is_empty() {
                let scopes: anyhow::Result<Vec<_>> =
                    branches.into_iter().map(|branch| Self::read(branch, Some(name), picture)).collect();
                groups.insert(name.clone(), scopes.with_context(|| format!("in state `{name}`"))?);
            }
        }
        for (name, state) in states {
            for (next, after_error) in targets(state) {
                // What enters a group enters its branches, and what leaves it leaves where they end.
                for from in groups.get(name).map_or_else(|| vec![name.clone()], |scopes| ends(scopes)) {
                    for to in groups.get(&next).map_or_else(|| vec![next.clone()], |scopes| starts(scopes)) {
                        picture.arrows.push(Arrow { from: from.clone(), to, after_error });
                    }
                }
            }
        }
        let last = |state: &Json| state["End"] == Json::Bool(true) || state["Type"] == "Succeed";
        let names = states.iter().filter(|(_, state)| last(state)).map(|(name, _)| name.clone());
        let ends = names.flat_map(|name| groups.get(&name).map_or_else(|| vec![name.clone()], |scopes| ends(scopes))).collect();
        Ok(Self { start: groups.get(&start).and_then(|scopes| starts(scopes).pop()).unwrap_or(start), ends })
    }
}

fn starts(scopes: &[Scope]) -> Vec<String> {
    scopes.iter().map(|scope| scope.start.clone()).collect()
}

fn ends(scopes: &[Scope]) -> Vec<String> {
    scopes.iter().flat_map(|scope| scope.ends.clone()).collect()
}

/// The machines within a state.
fn branches(state: &Json) -> Vec<&Json> {
    let map = ["ItemProcessor", "Iterator"].into_iter().filter_map(|key| state.get(key));
    state["Branches"].as_array().into_iter().flatten().chain(map).collect()
}

fn kind(state: &Json) -> Kind {
    match state["Type"].as_str().unwrap_or_default() {
        "Choice" => Kind::Choice,
        "Pass" | "Wait" => Kind::Quiet,
        "Parallel" | "Map" => Kind::Group,
        "Succeed" => Kind::Success,
        "Fail" => Kind::Failure,
        _ => Kind::Work,
    }
}

/// The state's comment, or what it calls.
fn note(state: &Json) -> String {
    let called = state["Resource"].as_str().and_then(|resource| resource.split(":states:::").nth(1));
    let kind = state["Type"].as_str().unwrap_or_default();
    state["Comment"].as_str().or(called).unwrap_or(kind).to_owned()
}

/// The states that can follow, each once, and whether that is only after an error.
fn targets(state: &Json) -> Vec<(String, bool)> {
    let listed = |key: &str| state[key].as_array().into_iter().flatten();
    let usual = [&state["Next"], &state["Default"]].into_iter().chain(listed("Choices").map(|choice| &choice["Next"]));
    let caught = listed("Catch").map(|catcher| &catcher["Next"]);
    let named = |next: &Json| next.as_str().map(str::to_owned);
    let mut found: Vec<(String, bool)> = usual.filter_map(named).map(|next| (next, false)).collect();
    found.extend(caught.filter_map(named).map(|next| (next, true)));
    let mut seen = Map::new();
    found.retain(|(next, _)| seen.insert(next.clone(), Json::Null).is_none());
    found
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// A machine with a branch in each of two groups, a loop and an error that is caught.
    pub(in crate::graph) fn machine() -> Picture {
        let definition = json!({"StartAt": "Ask", "States": {
            "Ask": {"Type": "Choice", "Choices": [{"Next": "Both"}, {"Next": "Wait"}], "Default": "Stop"},
            "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Ask"},
            "Both": {"Type": "Parallel", "Next": "Each", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Stop"}], "Branches": [
                {"StartAt": "Left", "States": {"Left": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true}}},
                {"StartAt": "Right", "States": {"Right": {"Type": "Pass", "Comment": "does <nothing>", "End": true}}},
            ]},
            "Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "One", "States": {
                "One": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Two"},
                "Two": {"Type": "Succeed"},
            }}},
            "Stop": {"Type": "Fail"},
        }});
        drawn("A machine".to_owned(), &definition).unwrap()
    }

    #[test]
    fn arrows_enter_and_leave_groups_where_their_branches_do() {
        let picture = machine();
        let mut arrows: Vec<String> = picture
            .arrows
            .iter()
            .map(|arrow| format!("{}{}{}", arrow.from, if arrow.after_error { " ! " } else { " > " }, arrow.to))
            .collect();
        arrows.sort();
        let expected = [
            "Ask > Left",
            "Ask > Right",
            "Ask > Stop",
            "Ask > Wait",
            "Left ! Stop",
            "Left > One",
            "One > Two",
            "Right ! Stop",
            "Right > One",
            "Wait > Ask",
        ];
        assert_eq!(arrows, expected);
        let parents: Vec<_> = picture.nodes.iter().filter_map(|node| Some((&*node.name, node.parent.as_deref()?))).collect();
        assert_eq!(parents, [("Left", "Both"), ("Right", "Both"), ("One", "Each"), ("Two", "Each")]);
        let note = |name: &str| picture.nodes.iter().find(|node| node.name == name).unwrap().note.clone();
        assert_eq!([note("Left"), note("Right"), note("Wait")], ["sns:publish", "does <nothing>", "Wait"]);
    }

    #[test]
    fn a_definition_without_states_is_an_error() {
        let told = drawn(String::new(), &json!({"StartAt": "A"})).unwrap_err().to_string();
        assert!(told.contains("`States` is missing"), "{told}");
    }
}
