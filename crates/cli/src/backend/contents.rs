//! The contents of the bucket: states, their locks, and other objects.

use anyhow::Context as _;
use oleoduto_runner::{LAST_APPLY_SUFFIX, LockInfo, UNSAVED_SUFFIX};
use serde::Serialize;
use serde_json::Value as Json;

use super::bucket::{Bucket, Object};
use super::target::BackendWords;

const STATE: &str = ".tfstate";
const LOCK: &str = ".tflock";

/// A state in the bucket.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StateObject {
    /// Its key.
    pub(super) key: String,
    /// How many resources it holds.
    pub(super) resources: usize,
    /// Its serial.
    pub(super) serial: u64,
    /// When it was last written.
    pub(super) modified: Option<String>,
    /// Who holds its lock.
    pub(super) lock: Option<LockInfo>,
    /// Why it is not a usable state: unreadable, deleted, not written yet.
    pub(super) trouble: Option<String>,
}

/// Everything in the bucket.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Contents {
    /// States, in the order of their keys.
    pub(super) states: Vec<StateObject>,
    /// Keys of objects that are neither states nor the runner's notes beside them.
    pub(super) others: Vec<String>,
}

impl Bucket {
    /// Look at every object.
    pub(super) async fn contents(&self, words: &BackendWords) -> anyhow::Result<Contents> {
        let objects = self.objects().await?;
        let mut contents = Contents::default();
        for object in &objects {
            if object.key.ends_with(STATE) {
                contents.states.push(self.state(object, &objects).await?);
            } else if let Some(state) = object.key.strip_suffix(LOCK).filter(|key| key.ends_with(STATE)) {
                // A first apply locks before there is a state.
                if !objects.iter().any(|other| other.key == state) {
                    let state = StateObject {
                        lock: Some(self.lock(&object.key).await),
                        ..StateObject::with_trouble(state, "not written yet and locked by a first apply")
                    };
                    contents.states.push(state);
                }
            } else if let Some(state) = object.key.strip_suffix(UNSAVED_SUFFIX) {
                let apply = words.command("apply");
                let trouble = format!("a run was killed and its resources are not in the state yet: `{apply}` imports them");
                contents.states.push(StateObject::with_trouble(state, &trouble));
            } else if !object.key.strip_suffix(LAST_APPLY_SUFFIX).is_some_and(|key| key.ends_with(STATE)) {
                contents.others.push(object.key.clone());
            }
        }
        contents.states.extend(self.deleted_states().await?);
        contents.states.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(contents)
    }

    async fn state(&self, object: &Object, objects: &[Object]) -> anyhow::Result<StateObject> {
        let lock_key = format!("{}{LOCK}", object.key);
        let locked = objects.iter().any(|other| other.key == lock_key);
        let lock = if locked { Some(self.lock(&lock_key).await) } else { None };
        let read = self.json(&object.key, None).await;
        let shaped = read.and_then(|state| {
            state["version"].is_u64().then_some(state).context("it is JSON, but not a Terraform state: it has no `version`")
        });
        let state = match shaped {
            Ok(state) => StateObject::of(&object.key, &state),
            Err(error) => StateObject::with_trouble(&object.key, &format!("{error:#}")),
        };
        Ok(StateObject { modified: object.modified.clone(), lock, ..state })
    }

    /// The newest versions of states that were deleted while they held resources.
    async fn deleted_states(&self) -> anyhow::Result<Vec<StateObject>> {
        let mut states = Vec::new();
        for gone in self.deleted().await?.into_iter().filter(|gone| gone.key.ends_with(STATE)) {
            // What can't be read can't be restored either.
            let Ok(state) = self.json(&gone.key, Some(&gone.version)).await else { continue };
            let state = StateObject::of(&gone.key, &state);
            if state.resources > 0 {
                let trouble = format!("deleted, and its last version {} held resources", gone.version);
                states.push(StateObject { trouble: Some(trouble), ..state });
            }
        }
        Ok(states)
    }

    /// A lock; one that can't be read counts too.
    async fn lock(&self, key: &str) -> LockInfo {
        let read = self.json(key, None).await;
        read.ok().and_then(|info| serde_json::from_value(info).ok()).unwrap_or_else(LockInfo::unreadable)
    }
}

impl StateObject {
    fn of(key: &str, state: &Json) -> Self {
        Self {
            key: key.to_owned(),
            resources: resources(state),
            serial: state["serial"].as_u64().unwrap_or_default(),
            modified: None,
            lock: None,
            trouble: None,
        }
    }

    fn with_trouble(key: &str, trouble: &str) -> Self {
        Self { trouble: Some(trouble.to_owned()), ..Self::of(key, &Json::Null) }
    }

    /// Why the bucket must not be destroyed; none if this is an empty state without a lock.
    pub(super) fn keeps_the_bucket(&self) -> Option<String> {
        match (&self.trouble, &self.lock) {
            (Some(trouble), _) => Some(trouble.clone()),
            (None, Some(lock)) => Some(format!("locked by {} since {}", lock.who, lock.created)),
            (None, None) if self.resources > 0 => Some(format!("{} resources", self.resources)),
            _ => None,
        }
    }
}

/// How many resources a state holds.
fn resources(state: &Json) -> usize {
    let managed = state["resources"].as_array().into_iter().flatten().filter(|resource| resource["mode"] == "managed");
    managed.map(|resource| resource["instances"].as_array().map_or(0, Vec::len)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn resources_are_counted_without_data_sources() {
        let state = json!({"resources": [{"mode": "managed", "instances": [{}, {}]}, {"mode": "data", "instances": [{}]}]});
        assert_eq!(resources(&state), 2);
        assert_eq!(resources(&json!({"resources": []})), 0);
    }
}
