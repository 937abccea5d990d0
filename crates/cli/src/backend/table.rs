//! The lock table in DynamoDB, for Terraform before 1.10.

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use serde_json::json;

use super::target::BackendTarget;
use crate::aws_call::{AwsProtocol, AwsService, Refused};

const PROTOCOL: AwsProtocol = AwsProtocol::Json { version: "1.0", prefix: "DynamoDB_20120810" };
const DYNAMODB: AwsService = AwsService { id: "DynamoDB", name: "dynamodb", protocol: PROTOCOL };

/// The attribute that Terraform's backend locks by.
const KEY: &str = "LockID";

/// Whether the lock table exists and can lock; `false` if none is configured.
pub(super) async fn exists(target: &BackendTarget) -> anyhow::Result<bool> {
    let Some(name) = &target.dynamodb_table else { return Ok(false) };
    let config = target.place.place().config().await;
    let can_lock = can_lock(&config, name).await.with_context(|| format!("the lock table `{name}` can't be read"))?;
    if can_lock == Some(false) {
        bail!(
            "the table `{name}` can't lock states: its key is not `{KEY}` alone. Name another one with \
             `dynamodb_table` of {}",
            target.words.setting
        );
    }
    Ok(can_lock.is_some())
}

/// Whether a table can lock; none if it does not exist.
async fn can_lock(sdk: &SdkConfig, name: &str) -> Result<Option<bool>, Refused> {
    match DYNAMODB.json(sdk, "DescribeTable", &json!({"TableName": name})).await {
        Ok(answer) => Ok(Some(answer["Table"]["KeySchema"] == json!([{"AttributeName": KEY, "KeyType": "HASH"}]))),
        Err(refused) if refused.is("ResourceNotFoundException") => Ok(None),
        Err(refused) => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws_call::fake::Service;

    #[tokio::test]
    async fn a_table_locks_if_its_key_is_terraforms() {
        let table = |keys: serde_json::Value| json!({"Table": {"KeySchema": keys, "TableStatus": "ACTIVE"}}).to_string();
        let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
        let (good, other) = (table(json!([key("LockID", "HASH")])), table(json!([key("Id", "HASH")])));
        let sorted = table(json!([key("LockID", "HASH"), key("At", "RANGE")]));
        let gone = r#"{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "none"}"#;
        let denied = r#"{"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "no"}"#;
        let service = Service::with(&[(200, &good), (200, &other), (200, &sorted), (400, gone), (400, denied)]).await;
        for expected in [Some(true), Some(false), Some(false), None] {
            assert_eq!(can_lock(&service.sdk, "locks").await.unwrap(), expected);
        }
        assert_eq!(can_lock(&service.sdk, "locks").await.unwrap_err().to_string(), "no (AccessDeniedException)");
        let asked = &service.asked()[0];
        assert!(asked.head.contains("x-amz-target: dynamodb_20120810.describetable"), "{}", asked.head);
        assert_eq!(asked.body, r#"{"TableName":"locks"}"#);
    }
}
