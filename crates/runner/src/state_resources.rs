//! The resources in states, with their attributes.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::Result;
use crate::select::{self, Selection};
use crate::session::Session;
use crate::state::{Row, with_key};

/// A managed resource of a state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateResource {
    /// The stack.
    pub stack: String,
    /// Its address, with the key of its instance.
    pub address: String,
    /// Its type, such as `aws_s3_bucket`.
    pub kind: String,
    /// Its attributes. They can be secret.
    pub attributes: Json,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    resources: Vec<Row<Instance>>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Option<Json>,
    #[serde(default)]
    attributes: Json,
}

pub(crate) async fn resources(session: &Session, selection: &Selection) -> Result<Vec<StateResource>> {
    let mut found = Vec::new();
    for stack in select::select(&session.graph, selection)? {
        let location = &session.folder(&stack)?.location;
        let Some(content) = session.store.state_as::<Content>(location).await? else { continue };
        for row in content.resources.into_iter().filter(Row::is_managed) {
            let address = row.address();
            found.extend(row.instances.into_iter().map(|instance| StateResource {
                stack: stack.clone(),
                address: with_key(&address, instance.index_key.as_ref()),
                kind: row.kind.clone(),
                attributes: instance.attributes,
            }));
        }
    }
    Ok(found)
}
