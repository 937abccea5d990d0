//! Planning a stack whose producers are not applied yet: values stand in for theirs.
//!
//! Terraform reads a producer's outputs with a `terraform_remote_state` data source, which fails when there is no state.
//! A folder beside the stack's own (`assumed/STACK`, links to the same files) has one more file that overrides these data
//! sources: an empty local state, and `defaults` with the values. The stack's own folder is never touched, so no apply
//! can meet an assumed value.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::fault::RunnerError;
use crate::folder::{CROSS_STACK, Folder};
use crate::init::symlink;
use crate::plan::{Assumed, Source};
use crate::predict::{self, Place};
use crate::store::{State, write_json};

/// Terraform merges files of this ending over the others.
/// Source: <https://developer.hashicorp.com/terraform/language/files/override>.
const OVERRIDE: &str = "assumed_override.tf.json";
const EMPTY_STATE: &str = "assumed.tfstate";

/// The outputs of a producer as they will be.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Planned {
    pub(crate) outputs: BTreeMap<String, (Json, Source)>,
}

impl Planned {
    /// The outputs in `terraform show -json` of a plan, completed by what names decide and by stand-ins.
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
        Self { outputs: outputs.collect() }
    }
}

impl Planned {
    /// Stand-ins for outputs of a producer that is gone.
    pub(crate) fn gone(stack: &str, outputs: &BTreeSet<String>, place: Place<'_>) -> Self {
        let outputs = outputs.iter().map(|name| {
            let attribute = name.ends_with("arn").then_some("arn");
            (name.clone(), (predict::stand_in(place, stack, name, attribute).into(), Source::StandIn))
        });
        Self { outputs: outputs.collect() }
    }
}

/// Planned values by address.
fn planned_resources(module: &Json) -> BTreeMap<String, (String, Json)> {
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
    // The longest reference is the whole one: `aws_s3_bucket.data.arn` beside `aws_s3_bucket.data`.
    let reference = references.as_array().into_iter().flatten().filter_map(Json::as_str).max_by_key(|text| text.len());
    let Some((address, attribute)) = reference.and_then(|text| text.rsplit_once('.')) else {
        return (predict::stand_in(place, stack, output, None).into(), Source::StandIn);
    };
    let known = resources.get(address).and_then(|(kind, values)| predict::attribute(place, kind, attribute, values));
    match known {
        Some(value) => (value.into(), Source::Name),
        None => (predict::stand_in(place, stack, output, Some(attribute)).into(), Source::StandIn),
    }
}

/// What a folder for planning with assumed values needs of each pending producer.
pub(crate) struct Pending<'a> {
    pub(crate) producer: &'a str,
    pub(crate) planned: Planned,
    /// Its state, where it has one: outputs that the plan does not name stay.
    pub(crate) state: Option<&'a State>,
}

/// Make the folder; returns it with what is assumed.
pub(crate) fn folder(out: &Path, stack: &Folder, pending: &[Pending<'_>]) -> Result<(PathBuf, Vec<Assumed>), RunnerError> {
    let path = out.join("assumed").join(&stack.name);
    remove(&path)?;
    std::fs::create_dir_all(&path).map_err(RunnerError::file("make", &path))?;
    let entries = std::fs::read_dir(&stack.path).map_err(RunnerError::file("read", &stack.path))?;
    for entry in entries {
        let entry = entry.map_err(RunnerError::file("read", &stack.path))?;
        let place = path.join(entry.file_name());
        let target = std::path::absolute(entry.path()).map_err(RunnerError::file("read", &stack.path))?;
        symlink(&target, &place).map_err(RunnerError::file("link", &place))?;
    }
    let mut sources = serde_json::Map::new();
    let mut assumed = Vec::new();
    for producer in pending {
        let Some(id) = stack.remote_states.get(producer.producer) else { continue };
        let mut defaults = serde_json::Map::new();
        let kept = producer.state.into_iter().flat_map(|state| &state.outputs);
        defaults.extend(kept.map(|(name, output)| (name.clone(), output.value.clone())));
        for (name, (value, source)) in &producer.planned.outputs {
            // Its value stays: nothing is assumed.
            if defaults.get(name) != Some(value) && stack.reads(name) {
                assumed.push(Assumed::new(producer.producer, name.trim_start_matches(CROSS_STACK), value, *source));
            }
            defaults.insert(name.clone(), value.clone());
        }
        sources.insert(
            id.clone(),
            json!({"backend": "local", "config": {"path": EMPTY_STATE}, "defaults": defaults, "workspace": "default"}),
        );
    }
    write_json(&path.join(OVERRIDE), &json!({"data": {"terraform_remote_state": sources}}))?;
    let empty = json!({"version": 4, "terraform_version": "1.10.0", "serial": 1, "lineage": "", "outputs": {}, "resources": []});
    write_json(&path.join(EMPTY_STATE), &empty)?;
    Ok((path, assumed))
}

fn remove(path: &Path) -> Result<(), RunnerError> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(RunnerError::file("remove", path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
