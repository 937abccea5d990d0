//! The definition of a state machine as text.

use serde_json::Value as Json;

use super::string_like;

string_like!(
    /// A definition in the Amazon States Language: made by [`crate::asl::StateMachine`], or a literal JSON text, of which
    /// only the outline is checked.
    Definition,
    |literal| {
        let document: Json = serde_json::from_str(literal).map_err(|error| format!("the definition is not JSON: {error}"))?;
        let Some(states) = document["States"].as_object() else {
            return Err("the definition has no `States`".to_owned());
        };
        let start = document["StartAt"].as_str().unwrap_or_default();
        if !states.contains_key(start) {
            return Err(format!("the definition starts at `{start}`, which is none of its states"));
        }
        for (name, state) in states {
            match state["Next"].as_str() {
                Some(next) if !states.contains_key(next) => {
                    return Err(format!("state `{name}` goes to `{next}`, which does not exist"));
                }
                _ => {}
            }
        }
        Ok(())
    }
);
