//! The outputs of a producer as they will be after its next apply.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::arns::{self, Place};
use crate::report::Source;
use crate::state::State;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Planned {
    pub(crate) outputs: BTreeMap<String, (Json, Source)>,
    /// Whether these are all outputs of the producer: what it had besides goes.
    pub(crate) complete: bool,
}

/// A producer whose real outputs are not known or will change.
pub(crate) struct Pending {
    pub(crate) producer: String,
    /// The name of its state, without the folders.
    pub(crate) state_name: String,
    pub(crate) planned: Planned,
    /// Its state, if any: outputs that are not in `planned` keep their values, unless `planned` is complete.
    pub(crate) state: Option<Arc<State>>,
}

impl Pending {
    /// The outputs as a plan of a consumer sees them.
    pub(crate) fn outputs(&self) -> BTreeMap<&str, &Json> {
        let stays = |name: &str| !self.planned.complete || self.planned.outputs.contains_key(name);
        let kept = self.state.iter().flat_map(|state| &state.outputs).filter(|(name, _)| stays(name));
        let kept = kept.map(|(name, output)| (name.as_str(), &output.value));
        kept.chain(self.planned.outputs.iter().map(|(name, (value, _))| (name.as_str(), value))).collect()
    }
}

impl Planned {
    /// The outputs in `terraform show -json` of a plan. Unknown values are derived from names, or get stand-ins.
    pub(crate) fn of(stack: &str, shown: &Json, place: Place<'_>) -> Self {
        let resources = planned_resources(&shown["planned_values"]["root_module"]);
        let outputs = shown["planned_values"]["outputs"].as_object().into_iter().flatten().map(|(name, output)| {
            let value = match output.get("value") {
                Some(value) if !value.is_null() => (value.clone(), Source::Plan),
                _ => {
                    let references = &shown["configuration"]["root_module"]["outputs"][name]["expression"]["references"];
                    predicted(stack, name, references, &resources, place)
                }
            };
            (name.clone(), value)
        });
        Self { outputs: outputs.collect(), complete: true }
    }

    /// Stand-ins for the outputs of a destroyed producer.
    pub(crate) fn stand_ins(stack: &str, outputs: &BTreeSet<String>, place: Place<'_>) -> Self {
        let outputs = outputs.iter().map(|name| {
            let attribute = name.ends_with("arn").then_some("arn");
            (name.clone(), (arns::stand_in(place, stack, name, attribute).into(), Source::StandIn))
        });
        Self { outputs: outputs.collect(), complete: false }
    }
}

/// Type and planned values of resources, by address.
pub(crate) fn planned_resources(module: &Json) -> BTreeMap<String, (String, Json)> {
    let mut found = BTreeMap::new();
    for resource in module["resources"].as_array().into_iter().flatten() {
        if let (Some(address), Some(kind)) = (resource["address"].as_str(), resource["type"].as_str()) {
            found.insert(address.to_owned(), (kind.to_owned(), resource["values"].clone()));
        }
    }
    for child in module["child_modules"].as_array().into_iter().flatten() {
        found.extend(planned_resources(child));
    }
    found
}

fn predicted(
    stack: &str,
    output: &str,
    references: &Json,
    resources: &BTreeMap<String, (String, Json)>,
    place: Place<'_>,
) -> (Json, Source) {
    // The longest reference is the complete one: `aws_s3_bucket.data.arn` beside `aws_s3_bucket.data`.
    let reference = references.as_array().into_iter().flatten().filter_map(Json::as_str).max_by_key(|text| text.len());
    let Some((address, attribute)) = reference.and_then(|text| text.rsplit_once('.')) else {
        return (arns::stand_in(place, stack, output, None).into(), Source::StandIn);
    };
    let known = resources.get(address).and_then(|(kind, values)| arns::attribute(place, kind, attribute, values));
    match known {
        Some(value) => (value.into(), Source::Name),
        None => (arns::stand_in(place, stack, output, Some(attribute)).into(), Source::StandIn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_outputs_are_predicted_from_names() {
        let shown = json!({
            "planned_values": {
                "outputs": {"known": {"value": "k"}, "role": {"sensitive": true}, "odd": {}, "none": {}},
                "root_module": {"resources": [{"address": "aws_iam_role.g", "type": "aws_iam_role", "values": {"name": "r"}}]}
            },
            "configuration": {"root_module": {"outputs": {
                "role": {"expression": {"references": ["aws_iam_role.g.arn", "aws_iam_role.g"]}},
                "odd": {"expression": {"references": ["aws_iam_role.g.unique_id", "aws_iam_role.g"]}},
                "none": {"expression": {}}
            }}}
        });
        let planned = Planned::of("iam", &shown, Place { account: "1", region: "r-r-1" });
        let of = |name: &str| planned.outputs[name].clone();
        assert_eq!(of("known"), ("k".into(), Source::Plan));
        assert_eq!(of("role"), ("arn:aws:iam::1:role/r".into(), Source::Name));
        assert_eq!(of("odd"), ("assumed-iam-odd".into(), Source::StandIn));
        assert_eq!(of("none"), ("assumed-iam-none".into(), Source::StandIn));
    }
}
