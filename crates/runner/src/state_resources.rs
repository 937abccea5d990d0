//! The resources in states, with their attributes.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::error::Result;
use crate::load;
use crate::select::{self, Selection};
use crate::session::Session;

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

pub(crate) async fn resources(session: &Arc<Session>, selection: &Selection) -> Result<Vec<StateResource>> {
    let chosen = select::select(&session.graph, selection)?;
    load::load(session, chosen.clone()).await?;
    let mut found = Vec::new();
    for stack in chosen {
        let state = session.state(&stack);
        let resources = state.iter().flat_map(|state| state.managed());
        found.extend(resources.map(|resource| StateResource {
            stack: stack.clone(),
            address: resource.address,
            kind: resource.kind.to_owned(),
            attributes: resource.attributes.clone(),
        }));
    }
    Ok(found)
}
