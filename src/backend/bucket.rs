//! The bucket as S3 shows it: whether it exists, and its objects.

use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::Client;
use serde_json::Value as Json;

use super::Target;

/// A bucket, and the way to it.
pub(crate) struct Bucket {
    pub(super) client: Client,
    pub(super) name: String,
}

/// An object, without its content.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) modified: Option<String>,
}

/// The newest version of an object that is deleted.
#[derive(Clone, Debug)]
pub(super) struct Deleted {
    pub(super) key: String,
    pub(super) version: String,
}

/// Credentials, region and patience of the calls about a target.
pub(super) async fn sdk(target: &Target) -> SdkConfig {
    let timeouts =
        TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_timeout(Duration::from_secs(30)).build();
    let loader =
        aws_config::defaults(BehaviorVersion::latest()).region(Region::new(target.region.to_string())).timeout_config(timeouts);
    match &target.state.profile {
        Some(profile) => loader.profile_name(profile.as_str()).load().await,
        None => loader.load().await,
    }
}

impl Bucket {
    /// The bucket of a target; nothing is asked yet.
    pub(crate) async fn of(target: &Target) -> Self {
        Self { client: Client::new(&sdk(target).await), name: target.state.bucket.to_string() }
    }

    /// Whether it exists and is the account's own, in this region.
    pub(crate) async fn exists(&self, target: &Target) -> anyhow::Result<bool> {
        let head = self.client.head_bucket().bucket(&self.name).expected_bucket_owner(target.account.as_str()).send().await;
        let error = match head {
            Ok(found) => match found.bucket_region() {
                Some(region) if *region != *target.region => bail!(
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

    /// Every object in it, in the order of the keys.
    pub(super) async fn objects(&self) -> anyhow::Result<Vec<Object>> {
        let mut objects = Vec::new();
        let mut pages = self.client.list_objects_v2().bucket(&self.name).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("the bucket `{}` could not be listed", self.name))?;
            let rows = page.contents.unwrap_or_default().into_iter().filter_map(|object| {
                Some(Object { key: object.key?, modified: object.last_modified.map(|time| time.to_string()) })
            });
            objects.extend(rows);
        }
        Ok(objects)
    }

    /// What was deleted, but for its old versions: the newest of each.
    pub(super) async fn deleted(&self) -> anyhow::Result<Vec<Deleted>> {
        let mut markers = Vec::new();
        let mut versions = Vec::new();
        let (mut key, mut version) = (None, None);
        loop {
            let page = self.client.list_object_versions().bucket(&self.name);
            let page = page.set_key_marker(key).set_version_id_marker(version).send().await;
            let page = page.with_context(|| format!("the versions in the bucket `{}` could not be listed", self.name))?;
            let latest = page.delete_markers().iter().filter(|marker| marker.is_latest() == Some(true));
            markers.extend(latest.filter_map(|marker| marker.key.clone()));
            // S3 lists the versions of a key from the newest on.
            let rows = page.versions().iter();
            versions.extend(rows.filter_map(|row| Some(Deleted { key: row.key.clone()?, version: row.version_id.clone()? })));
            if page.is_truncated() != Some(true) {
                break;
            }
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
        }
        let newest = |key: String| versions.iter().find(|row| row.key == key).cloned();
        Ok(markers.into_iter().filter_map(newest).collect())
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
        self.json_of(key, None).await
    }

    /// The content of one version of an object, else of the newest.
    pub(super) async fn json_of(&self, key: &str, version: Option<&str>) -> anyhow::Result<Json> {
        let what = || format!("s3://{}/{key} can't be read", self.name);
        let get = self.client.get_object().bucket(&self.name).key(key).set_version_id(version.map(str::to_owned));
        let content = get.send().await.with_context(what)?.body.collect().await.with_context(what)?.into_bytes();
        serde_json::from_slice(&content).with_context(|| format!("s3://{}/{key} is not JSON", self.name))
    }
}
