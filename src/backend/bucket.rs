//! What S3 says about the bucket.

use anyhow::{Context as _, bail};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use oleoduto_runner::LockInfo;
use serde::Serialize;
use serde_json::Value as Json;

use super::Target;

/// A bucket, and the way to it.
pub(crate) struct Bucket {
    client: Client,
    name: String,
}

/// A state in the bucket.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StateObject {
    /// Its key.
    pub(crate) key: String,
    /// How many resources it holds.
    pub(crate) resources: usize,
    /// Its serial.
    pub(crate) serial: u64,
    /// When it was last written.
    pub(crate) modified: Option<String>,
    /// Who holds its lock.
    pub(crate) lock: Option<LockInfo>,
}

impl Bucket {
    /// The bucket of a target; nothing is asked yet.
    pub(crate) async fn of(target: &Target) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(Region::new(target.region.clone()));
        if let Some(profile) = &target.state.profile {
            loader = loader.profile_name(profile);
        }
        Self { client: Client::new(&loader.load().await), name: target.state.bucket.clone() }
    }

    /// Whether it exists and is the account's own, in this region.
    pub(crate) async fn exists(&self, target: &Target) -> anyhow::Result<bool> {
        let head = self.client.head_bucket().bucket(&self.name).expected_bucket_owner(&target.account).send().await;
        let error = match head {
            Ok(found) => match found.bucket_region() {
                Some(region) if region != target.region => bail!(
                    "the bucket `{}` exists in {region}, not in {}: choose another name (`bucket` of the environment's backend)",
                    self.name,
                    target.region
                ),
                _ => return Ok(true),
            },
            Err(error) => error,
        };
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        match status {
            404 => Ok(false),
            403 => bail!(
                "the bucket `{}` exists and can't be reached by account {}: it is another account's, or a policy denies it. \
                 Bucket names are the world's: choose another (`bucket` of the environment's backend)",
                self.name,
                target.account
            ),
            301 | 307 => bail!(
                "the bucket `{}` exists in another region than {}: choose another name (`bucket` of the environment's backend)",
                self.name,
                target.region
            ),
            _ => Err(error).with_context(|| format!("the bucket `{}` could not be looked at", self.name)),
        }
    }

    /// What is missing of its protection, in words; empty when it is as `backend up` makes it.
    pub(crate) async fn weaknesses(&self) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        let encryption = optional(self.client.get_bucket_encryption().bucket(&self.name).send().await)?;
        let encrypted = encryption
            .and_then(|answer| answer.server_side_encryption_configuration)
            .is_some_and(|config| !config.rules.is_empty());
        if !encrypted {
            found.push("it is not encrypted by default".to_owned());
        }
        let versioning = self.client.get_bucket_versioning().bucket(&self.name).send().await?;
        if versioning.status != Some(aws_sdk_s3::types::BucketVersioningStatus::Enabled) {
            found.push("versioning is off: a state that is overwritten is lost".to_owned());
        }
        let access = optional(self.client.get_public_access_block().bucket(&self.name).send().await)?;
        let blocked = access.and_then(|answer| answer.public_access_block_configuration).is_some_and(|block| {
            [block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets]
                .iter()
                .all(|on| *on == Some(true))
        });
        if !blocked {
            found.push("public access is not blocked".to_owned());
        }
        let policy = optional(self.client.get_bucket_policy().bucket(&self.name).send().await)?.and_then(|answer| answer.policy);
        if !policy.is_some_and(|text| denies_plain_http(&text)) {
            found.push("requests without TLS are not denied".to_owned());
        }
        Ok(found)
    }

    /// Every state in it, in the order of the keys.
    pub(crate) async fn states(&self) -> anyhow::Result<Vec<StateObject>> {
        let mut objects = Vec::new();
        let mut pages = self.client.list_objects_v2().bucket(&self.name).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("the bucket `{}` could not be listed", self.name))?;
            objects.extend(page.contents.unwrap_or_default());
        }
        let keys: Vec<String> = objects.iter().filter_map(|object| object.key.clone()).collect();
        let mut states = Vec::new();
        for object in &objects {
            let Some(key) = object.key.as_deref().filter(|key| key.ends_with(".tfstate")) else { continue };
            let state = self.json(key).await?;
            let lock_key = format!("{key}.tflock");
            let lock = if keys.contains(&lock_key) { serde_json::from_value(self.json(&lock_key).await?).ok() } else { None };
            states.push(StateObject {
                key: key.to_owned(),
                resources: resources(&state),
                serial: state["serial"].as_u64().unwrap_or_default(),
                modified: object.last_modified.map(|time| time.to_string()),
                lock,
            });
        }
        Ok(states)
    }

    /// Whether an object exists.
    pub(crate) async fn has(&self, key: &str) -> anyhow::Result<bool> {
        let head = self.client.head_object().bucket(&self.name).key(key).send().await;
        match head {
            Ok(_) => Ok(true),
            Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 404) => Ok(false),
            Err(error) => Err(error).with_context(|| format!("s3://{}/{key} could not be looked at", self.name)),
        }
    }

    /// An object's content.
    pub(crate) async fn json(&self, key: &str) -> anyhow::Result<Json> {
        let what = || format!("s3://{}/{key} can't be read", self.name);
        let object = self.client.get_object().bucket(&self.name).key(key).send().await.with_context(what)?;
        let content = object.body.collect().await.with_context(what)?.into_bytes();
        serde_json::from_slice(&content).with_context(|| format!("s3://{}/{key} is not JSON", self.name))
    }
}

/// An answer, or none when S3 says that there is no such setting.
fn optional<T, E, R>(answer: Result<T, SdkError<E, R>>) -> anyhow::Result<Option<T>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.as_service_error().and_then(|error| error.code()).is_some_and(is_missing) => Ok(None),
        Err(error) => Err(anyhow::Error::new(error).context("a setting of the bucket could not be read")),
    }
}

fn is_missing(code: &str) -> bool {
    matches!(
        code,
        "ServerSideEncryptionConfigurationNotFoundError" | "NoSuchPublicAccessBlockConfiguration" | "NoSuchBucketPolicy"
    )
}

/// How many resources a state holds.
fn resources(state: &Json) -> usize {
    let managed = state["resources"].as_array().into_iter().flatten().filter(|resource| resource["mode"] == "managed");
    managed.map(|resource| resource["instances"].as_array().map_or(0, Vec::len)).sum()
}

/// Whether a bucket policy denies everything without TLS.
fn denies_plain_http(policy: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Json>(policy) else { return false };
    policy["Statement"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|statement| statement["Effect"] == "Deny" && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false")
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

    #[test]
    fn only_a_deny_without_tls_counts() {
        let with =
            |effect: &str| json!({"Statement": [{"Effect": effect, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]});
        assert!(denies_plain_http(&with("Deny").to_string()));
        assert!(!denies_plain_http(&with("Allow").to_string()));
        assert!(!denies_plain_http("not a policy"));
    }
}
