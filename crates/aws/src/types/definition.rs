//! The definition of a state machine as text.

use serde_json::{Map, Value as Json};

use super::string_like::string_like;

string_like!(
    /// A definition in the Amazon States Language: made by [`crate::asl::StateMachine`], or a literal JSON text, of which
    /// only the transitions are checked.
    Definition,
    |literal| {
        let document: Json = serde_json::from_str(literal).map_err(|error| format!("the definition is not JSON: {error}"))?;
        check_flow("the definition", &document)
    }
);

/// `owner` has the flow, for messages.
fn check_flow(owner: &str, flow: &Json) -> Result<(), String> {
    let Some(states) = flow["States"].as_object() else {
        return Err(format!("{owner} has no `States`"));
    };
    let start = flow["StartAt"].as_str().unwrap_or_default();
    if !states.contains_key(start) {
        return Err(format!("{owner} starts at `{start}`, which is none of its states"));
    }
    for (name, state) in states {
        check_state(name, state, states)?;
    }
    Ok(())
}

fn check_state(name: &str, state: &Json, states: &Map<String, Json>) -> Result<(), String> {
    let items = |key: &str| state[key].as_array().into_iter().flatten();
    let ways = items("Choices").chain(items("Catch")).map(|way| &way["Next"]);
    let targets = [&state["Next"], &state["Default"]].into_iter().chain(ways).filter_map(Json::as_str);
    for target in targets {
        if !states.contains_key(target) {
            return Err(format!("state `{name}` goes to `{target}`, which does not exist"));
        }
    }
    // `Iterator` is the older name of `ItemProcessor`.
    let inner = items("Branches").chain(["ItemProcessor", "Iterator"].into_iter().filter_map(|key| state.get(key)));
    inner.into_iter().try_for_each(|flow| check_flow(&format!("a flow inside state `{name}`"), flow))
}
