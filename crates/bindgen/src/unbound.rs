//! What a provider offers and the generator does not bind.

use std::fmt;

use crate::error::Error;
use crate::schema::Schema;

/// Types of one kind for which there are no bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbound {
    /// Their kind, in the plural.
    pub kind: &'static str,
    /// Their names, sorted.
    pub names: Vec<String>,
}

impl fmt::Display for Unbound {
    /// The number and the names, of which many are shortened.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        let shown = self.names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
        write!(f, "{} {} have no bindings: {shown}", self.names.len(), self.kind)?;
        match self.names.len().checked_sub(SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, " and {more} more"),
        }
    }
}

/// What the provider has beside resources, data sources, ephemeral resources and functions.
///
/// # Errors
/// [`Error::Provider`] and [`Error::Format`].
pub fn unbound(schema: &Schema, provider: &str) -> Result<Vec<Unbound>, Error> {
    let provider = schema.provider(provider)?;
    let kinds = [
        ("list resources", &provider.list_resource_schemas),
        ("actions", &provider.action_schemas),
        ("state stores", &provider.state_store_schemas),
        ("resource identities", &provider.resource_identity_schemas),
    ];
    let named = kinds.into_iter().filter(|(_, types)| !types.is_empty());
    Ok(named.map(|(kind, types)| Unbound { kind, names: types.keys().cloned().collect() }).collect())
}
