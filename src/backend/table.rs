//! The lock table of old Terraform, as DynamoDB shows it.

use anyhow::{Context as _, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeyType;

use super::Target;
use crate::aws::Place;

/// The attribute that Terraform's backend locks by.
const KEY: &str = "LockID";

/// Whether the table of a target exists and can lock; `false` too where none is configured.
pub(super) async fn exists(target: &Target) -> anyhow::Result<bool> {
    let Some(name) = &target.state.dynamodb_table else { return Ok(false) };
    let config = Place::of_states(&target.state, &target.region).config().await;
    let answer = Client::new(&config).describe_table().table_name(name).send().await;
    let table = match answer {
        Ok(answer) => answer.table,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("the lock table `{name}` could not be looked at")),
    };
    let keys = table.and_then(|table| table.key_schema).unwrap_or_default();
    match keys.as_slice() {
        [key] if key.attribute_name == KEY && key.key_type == KeyType::Hash => Ok(true),
        _ => bail!(
            "the table `{name}` exists and can't lock states: its key is not `{KEY}` alone. Name another one with \
             `dynamodb_table` of the environment's backend"
        ),
    }
}
