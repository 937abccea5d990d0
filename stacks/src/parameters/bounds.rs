//! Numbers within bounds.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Parse a whole number within bounds.
pub(super) fn within<'de, D: Deserializer<'de>, T: From<u32>, const LOW: u32, const HIGH: u32>(from: D) -> Result<T, D::Error> {
    let value = u32::deserialize(from)?;
    if (LOW..=HIGH).contains(&value) {
        return Ok(value.into());
    }
    Err(D::Error::custom(format!("`{value}` can't be used: use a number from {LOW} to {HIGH}")))
}
