//! The bucket of states in S3, and its objects.

use anyhow::{Context as _, bail};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use serde_json::Value as Json;

use super::bucket_place::BucketPlace;
use super::target::BackendTarget;

/// A bucket of states.
#[derive(Debug)]
pub struct Bucket {
    pub(super) client: Client,
    /// Its name.
    pub name: String,
    region: String,
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

impl Bucket {
    /// The bucket of a place; nothing is asked yet.
    pub async fn of(place: &BucketPlace) -> Self {
        let client = Client::new(&place.place().config().await);
        Self { client, name: place.name.clone(), region: place.region.clone() }
    }

    /// Whether it exists in this region and belongs to the account.
    pub(super) async fn exists(&self, target: &BackendTarget) -> anyhow::Result<bool> {
        let (account, setting) = (&target.account, &target.words.setting);
        let head = self.client.head_bucket().bucket(&self.name).expected_bucket_owner(account).send().await;
        let error = match head {
            Ok(found) => match found.bucket_region() {
                Some(region) if region != self.region => bail!(
                    "the bucket `{}` exists in {region}, not in {}: choose another name (`bucket` of {setting})",
                    self.name,
                    self.region
                ),
                _ => return Ok(true),
            },
            Err(error) => error,
        };
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        match status {
            404 => Ok(false),
            403 => bail!(
                "the bucket `{}` exists and account {} can't reach it: it belongs to another account, or a policy denies access. \
                 Bucket names are global: choose another one (`bucket` of {setting})",
                self.name,
                account
            ),
            301 | 307 => bail!(
                "the bucket `{}` exists in another region than {}: choose another name (`bucket` of {setting})",
                self.name,
                self.region
            ),
            _ => Err(error).with_context(|| format!("the bucket `{}` can't be read", self.name)),
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

    /// The newest version of every deleted object.
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
    pub(super) async fn has(&self, key: &str) -> anyhow::Result<bool> {
        let head = self.client.head_object().bucket(&self.name).key(key).send().await;
        match head {
            Ok(_) => Ok(true),
            Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 404) => Ok(false),
            Err(error) => Err(error).with_context(|| format!("s3://{}/{key} can't be read", self.name)),
        }
    }

    /// The content of an object or, with a version, of that one; none if there is no such object.
    ///
    /// # Errors
    /// S3 refuses.
    pub async fn find(&self, key: &str, version: Option<&str>) -> anyhow::Result<Option<Vec<u8>>> {
        let what = || format!("s3://{}/{key} can't be read", self.name);
        let get = self.client.get_object().bucket(&self.name).key(key).set_version_id(version.map(str::to_owned));
        match get.send().await {
            Ok(object) => Ok(Some(object.body.collect().await.with_context(what)?.to_vec())),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => Ok(None),
            Err(error) => Err(error).with_context(what),
        }
    }

    /// The JSON in an object; none if there is no such object.
    ///
    /// # Errors
    /// S3 refuses, or the object holds something else.
    pub async fn find_json(&self, key: &str, version: Option<&str>) -> anyhow::Result<Option<Json>> {
        let Some(content) = self.find(key, version).await? else { return Ok(None) };
        serde_json::from_slice(&content).with_context(|| format!("s3://{}/{key} is not JSON", self.name))
    }

    /// The JSON in an object that must exist.
    pub(super) async fn json(&self, key: &str, version: Option<&str>) -> anyhow::Result<Json> {
        self.find_json(key, version).await?.with_context(|| format!("s3://{}/{key} does not exist", self.name))
    }

    /// Write a small object.
    ///
    /// # Errors
    /// S3 refuses.
    pub async fn put(&self, key: &str, content: &str) -> anyhow::Result<()> {
        let body = ByteStream::from(content.as_bytes().to_vec());
        let put = self.client.put_object().bucket(&self.name).key(key).body(body).send().await;
        put.map(drop).with_context(|| format!("s3://{}/{key} can't be written", self.name))
    }

    /// Delete an object.
    ///
    /// # Errors
    /// S3 refuses.
    pub async fn delete(&self, key: &str) -> anyhow::Result<()> {
        let delete = self.client.delete_object().bucket(&self.name).key(key).send().await;
        delete.map(drop).with_context(|| format!("s3://{}/{key} can't be deleted", self.name))
    }
}
