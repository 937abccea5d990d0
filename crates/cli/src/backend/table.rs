//! The lock table in DynamoDB, for Terraform before 1.10.

use anyhow::{Context as _, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeyType;

use super::target::BackendTarget;

/// The attribute that Terraform's backend locks by.
const KEY: &str = "LockID";

/// Whether the lock table exists and can lock; `false` if none is configured.
pub(super) async fn exists(target: &BackendTarget) -> anyhow::Result<bool> {
    let Some(name) = &target.dynamodb_table else { return Ok(false) };
    let config = target.place.place().config().await;
    let answer = Client::new(&config).describe_table().table_name(name).send().await;
    let table = match answer {
        Ok(answer) => answer.table,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("the lock table `{name}` can't be read")),
    };
    let keys = table.and_then(|table| table.key_schema).unwrap_or_default();
    match keys.as_slice() {
        [key] if key.attribute_name == KEY && key.key_type == KeyType::Hash => Ok(true),
        _ => bail!(
            "the table `{name}` can't lock states: its key is not `{KEY}` alone. Name another one with \
             `dynamodb_table` of {}",
            target.words.setting
        ),
    }
}
