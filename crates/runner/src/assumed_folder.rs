//! The folder in which a stack is planned with assumed values.
//!
//! Terraform reads the outputs of a producer with a `terraform_remote_state` data source, which fails if the producer has no
//! state. The folder `assumed/STACK` has links to the files of the stack and one more file, which overrides these data
//! sources with an empty local state and `defaults` with the values. The folder of the stack itself is never changed. A plan that
//! was made here is applied only if each assumed value has become the real one (`saved_plan.rs`).

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::error::{Result, RunnerError};
use crate::files::{self, TemporaryFolder};
use crate::folder::{CROSS_STACK, Folder};
use crate::planned::Pending;
use crate::report::Assumed;

/// Terraform merges files with this ending into the others.
/// Source: <https://developer.hashicorp.com/terraform/language/files/override>.
const OVERRIDE: &str = "assumed_override.tf.json";
/// The folder with an empty state for each producer.
const EMPTY_STATES: &str = "producers";

/// The folder in which Terraform runs, and the assumed values in it. One with assumed values goes when this is dropped, because
/// the values can be secret.
pub(crate) struct AssumedFolder {
    pub(crate) path: PathBuf,
    pub(crate) assumed: Vec<Assumed>,
    _temporary: Option<TemporaryFolder>,
}

/// Makes the folder; without pending producers it is the folder of the stack.
pub(crate) fn create(out: &Path, stack: &Folder, pending: &[Pending]) -> Result<AssumedFolder> {
    if pending.is_empty() {
        return Ok(AssumedFolder { path: stack.path.clone(), assumed: Vec::new(), _temporary: None });
    }
    let temporary = linked(stack, out.join("assumed").join(&stack.name))?;
    let path = temporary.path().to_owned();
    let mut sources = serde_json::Map::new();
    let mut place = AssumedFolder { path, assumed: Vec::new(), _temporary: Some(temporary) };
    for producer in pending {
        let Some(id) = stack.remote_states.get(&producer.producer) else { continue };
        // The name of the producer's own state: an apply of the plan writes it into the state, where it tells who was read.
        let empty = format!("{EMPTY_STATES}/{}", producer.state_name);
        files::write_json(&place.path.join(&empty), &empty_state())?;
        // Only what the stack reads: the other outputs of the producer may be secret.
        let seen = producer.outputs().into_iter().filter(|(name, _)| stack.reads(name));
        let defaults: serde_json::Map<_, _> = seen.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        for (name, (value, source)) in producer.planned.outputs.iter().filter(|(name, _)| stack.reads(name)) {
            // A value that stays the same is not assumed.
            let present = producer.state.as_ref().and_then(|state| state.outputs.get(name));
            if present.is_none_or(|present| &present.value != value) {
                place.assumed.push(Assumed::new(&producer.producer, name.trim_start_matches(CROSS_STACK), value, *source));
            }
        }
        sources.insert(
            id.clone(),
            json!({"backend": "local", "config": {"path": empty}, "defaults": defaults, "workspace": "default"}),
        );
    }
    files::write_json(&place.path.join(OVERRIDE), &json!({"data": {"terraform_remote_state": sources}}))?;
    Ok(place)
}

/// Makes a folder, or empties one, with links to the files of a stack. It has as many folders above it as that of the stack, so that
/// relative paths mean the same.
pub(crate) fn linked(stack: &Folder, path: PathBuf) -> Result<TemporaryFolder> {
    let place = TemporaryFolder::create(path)?;
    for entry in std::fs::read_dir(&stack.path).map_err(RunnerError::file("read", &stack.path))? {
        let entry = entry.map_err(RunnerError::file("read", &stack.path))?;
        files::symlink(&entry.path(), &place.path().join(entry.file_name()))?;
    }
    Ok(place)
}

fn empty_state() -> Json {
    json!({"version": 4, "terraform_version": "1.10.0", "serial": 1, "lineage": "", "outputs": {}, "resources": []})
}
