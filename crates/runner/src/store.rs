//! Reads and writes states and the files beside them.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::aws::AwsAccess;
use crate::error::{Result, RunnerError, with_causes};
use crate::files;
use crate::location::{Location, S3Location};
use crate::message::Diagnostic;

/// Reads and writes files and objects, with one client per region, profile and role.
#[derive(Default)]
pub(crate) struct Store {
    clients: Mutex<BTreeMap<ClientKey, Client>>,
    /// `AWS_ENDPOINT_URL` of the Terraform runs, if it is not in the environment of this process.
    endpoint: Option<String>,
    /// Access key and secret, likewise.
    credentials: Option<(String, String)>,
    missing_bucket_help: String,
}

/// Region, profile, role.
type ClientKey = (String, Option<String>, Option<String>);

impl Store {
    /// A store for Terraform runs with these variables added to the environment.
    pub(crate) fn new(environment: &[(String, String)], missing_bucket_help: &str) -> Self {
        let get = |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        Self {
            clients: Mutex::default(),
            endpoint: get("AWS_ENDPOINT_URL"),
            credentials: get("AWS_ACCESS_KEY_ID").zip(get("AWS_SECRET_ACCESS_KEY")),
            missing_bucket_help: missing_bucket_help.to_owned(),
        }
    }

    /// The content; none if it is missing.
    pub(crate) async fn read(&self, location: &Location) -> Result<Option<Vec<u8>>> {
        match location {
            Location::Local(path) => files::read_if_exists(path),
            Location::S3(s3) => self.read_object(s3).await.map_err(failed(location)),
            Location::Other { .. } => Err(only_terraform(location)),
        }
    }

    async fn read_object(&self, s3: &S3Location) -> Result<Option<Vec<u8>>, String> {
        match self.client(s3).await.get_object().bucket(&s3.bucket).key(&s3.key).send().await {
            Ok(object) => {
                let body = object.body.collect().await.map_err(|error| with_causes(&error))?;
                Ok(Some(body.to_vec()))
            }
            Err(error) => match error.as_service_error() {
                Some(service) if service.is_no_such_key() => Ok(None),
                Some(service) if service.meta().code() == Some("NoSuchBucket") => {
                    Err(format!("the bucket `{}` does not exist: {}", s3.bucket, self.missing_bucket_help))
                }
                _ => Err(with_causes(&error)),
            },
        }
    }

    /// A state, as far as a reader wants it; none if it is missing or empty.
    pub(crate) async fn state_as<T: DeserializeOwned>(&self, location: &Location) -> Result<Option<T>> {
        let Some(content) = self.read(location).await?.filter(|content| !content.is_empty()) else { return Ok(None) };
        parse(location, &content).map(Some)
    }

    pub(crate) async fn write(&self, location: &Location, content: Vec<u8>) -> Result<()> {
        match location {
            Location::Local(path) => files::write(path, &content),
            Location::S3(s3) => {
                let put = self.client(s3).await.put_object().bucket(&s3.bucket).key(&s3.key).body(ByteStream::from(content));
                let put = put.content_type("application/json");
                let put = match &s3.kms_key {
                    Some(key) => put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(key),
                    None => put.server_side_encryption(ServerSideEncryption::Aes256),
                };
                put.send().await.map_err(|error| failed(location)(with_causes(&error)))?;
                Ok(())
            }
            Location::Other { .. } => Err(only_terraform(location)),
        }
    }

    /// Writes an object that must not exist yet.
    pub(crate) async fn create_json(&self, location: &Location, value: &impl serde::Serialize) -> Result<()> {
        let text = serde_json::to_vec_pretty(value).map_err(|error| failed(location)(error.to_string()))?;
        let Location::S3(s3) = location else { return self.write(location, text).await };
        let put = self.client(s3).await.put_object().bucket(&s3.bucket).key(&s3.key).body(ByteStream::from(text));
        put.if_none_match("*").send().await.map_err(|error| failed(location)(with_causes(&error)))?;
        Ok(())
    }

    pub(crate) async fn write_json(&self, location: &Location, value: &impl serde::Serialize) -> Result<()> {
        let text = serde_json::to_vec_pretty(value).map_err(|error| failed(location)(error.to_string()))?;
        self.write(location, text).await
    }

    /// The names in the folder of a location, sorted; folders in it are left out.
    pub(crate) async fn names_beside(&self, location: &Location) -> Result<Vec<String>> {
        let mut names = match location {
            Location::Local(path) => {
                let entries = files::sorted_entries(path.parent().unwrap_or(path)).into_iter().filter(|path| path.is_file());
                entries.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
            }
            Location::S3(s3) => self.keys_beside(s3).await.map_err(failed(location))?,
            Location::Other { .. } => Vec::new(),
        };
        names.sort();
        Ok(names)
    }

    async fn keys_beside(&self, s3: &S3Location) -> Result<Vec<String>, String> {
        let prefix = s3.key.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        let request = self.client(s3).await.list_objects_v2().bucket(&s3.bucket).prefix(&prefix).delimiter("/");
        let mut pages = request.into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| with_causes(&error))?;
            let keys = page.contents().iter().filter_map(|object| object.key()?.strip_prefix(&prefix));
            names.extend(keys.map(str::to_owned));
        }
        Ok(names)
    }

    /// Removes a file or object; a missing one is no error.
    pub(crate) async fn remove(&self, location: &Location) -> Result<()> {
        match location {
            Location::Local(path) => files::remove_file(path),
            Location::S3(s3) => {
                let delete = self.client(s3).await.delete_object().bucket(&s3.bucket).key(&s3.key);
                delete.send().await.map_err(|error| failed(location)(with_causes(&error)))?;
                Ok(())
            }
            Location::Other { .. } => Err(only_terraform(location)),
        }
    }

    async fn client(&self, s3: &S3Location) -> Client {
        let key = (s3.region.clone(), s3.profile.clone(), s3.role.clone());
        let mut clients = self.clients.lock().await;
        if let Some(client) = clients.get(&key) {
            return client.clone();
        }
        let client = self.connect(s3).await;
        clients.insert(key, client.clone());
        client
    }

    async fn connect(&self, s3: &S3Location) -> Client {
        let access = AwsAccess {
            region: &s3.region,
            profile: s3.profile.as_deref(),
            role: s3.role.as_deref(),
            endpoint: self.endpoint.as_deref(),
            keys: self.credentials.as_ref().map(|(id, secret)| (id.as_str(), secret.as_str())),
            timeouts: None,
        };
        Client::new(&access.config().await)
    }
}

/// A state, as far as a reader wants it.
pub(crate) fn parse<T: DeserializeOwned>(location: &Location, content: &[u8]) -> Result<T> {
    let state = serde_json::from_slice(content);
    state.map_err(|error| failed(location)(format!("it is not a state: {error}; {}", location.earlier_versions())))
}

/// Nothing in this crate reads or writes such a place.
pub(crate) fn only_terraform(location: &Location) -> RunnerError {
    failed(location)("only Terraform can do that: run it in the folder of the stack".to_owned())
}

/// What Terraform said when it could not read the state of a location.
pub(crate) fn refused<'a>(location: &Location, diagnostics: impl Iterator<Item = &'a Diagnostic>) -> RunnerError {
    let said: Vec<String> = diagnostics.map(|said| format!("{}: {}", said.summary, said.detail)).collect();
    failed(location)(said.join("\n"))
}

/// Turns a reason into an error that names the location.
fn failed(location: &Location) -> impl FnOnce(String) -> RunnerError {
    let place = location.to_string();
    move |why| RunnerError::State { place, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;
    use serde_json::json;

    #[tokio::test]
    async fn a_state_file_is_read_and_a_broken_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Local(folder.path().join("a.tfstate"));
        let store = Store::default();
        assert_eq!(store.state_as::<State>(&location).await.unwrap(), None);
        let text = json!({"version": 4, "serial": 7, "lineage": "l", "outputs": {"o": {"value": 1, "type": "number"}},
            "resources": [
                {"mode": "managed", "type": "t", "name": "n", "instances": [{"index_key": 0}, {"index_key": "a"}]},
                {"mode": "managed", "module": "module.m", "type": "t", "name": "n", "instances": [{}]},
                {"mode": "data", "type": "t", "name": "n", "instances": [{}]}]});
        store.write(&location, text.to_string().into_bytes()).await.unwrap();
        let state = store.state_as::<State>(&location).await.unwrap().unwrap();
        assert_eq!((state.id.serial, &state.outputs["o"].value), (7, &json!(1)));
        assert_eq!(state.addresses(), ["t.n[0]", "t.n[\"a\"]", "module.m.t.n"]);
        store.write(&location, b"{".to_vec()).await.unwrap();
        assert!(store.state_as::<State>(&location).await.unwrap_err().to_string().contains("it is not a state"));
    }
}
