//! The resources in states, with their attributes.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::{Result, RunnerError};
use crate::select::{self, Selection};
use crate::session::Session;

/// A managed resource of a state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateResource {
    /// The stack.
    pub stack: String,
    /// Its address, without the key of its instance.
    pub address: String,
    /// Its type, such as `aws_s3_bucket`.
    pub kind: String,
    /// Its attributes. They can be secret.
    pub attributes: Json,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    resources: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    attributes: Json,
}

pub(crate) async fn resources(session: &Session, selection: &Selection) -> Result<Vec<StateResource>> {
    let mut found = Vec::new();
    for stack in select::select(&session.graph, selection)? {
        let location = &session.folder(&stack)?.location;
        let Some(content) = session.store.read(location).await?.filter(|content| !content.is_empty()) else { continue };
        let content: Content = serde_json::from_slice(&content).map_err(|error| RunnerError::State {
            place: location.to_string(),
            why: format!("it is not a state: {error}; {}", location.earlier_versions()),
        })?;
        for row in content.resources.into_iter().filter(|row| row.mode == "managed") {
            let module = row.module.map(|module| format!("{module}.")).unwrap_or_default();
            let address = format!("{module}{}.{}", row.kind, row.name);
            found.extend(row.instances.into_iter().map(|instance| StateResource {
                stack: stack.clone(),
                address: address.clone(),
                kind: row.kind.clone(),
                attributes: instance.attributes,
            }));
        }
    }
    Ok(found)
}
