//! Where states are, and what is beside them: the record of the last apply, and the lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use serde::Deserialize;
use serde_json::Value as Json;
use tokio::sync::Mutex;

use crate::fault::RunnerError;

/// Where a stack's state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// A file.
    Local(PathBuf),
    /// An object.
    S3(S3Location),
    /// A backend that only Terraform can read, by its type.
    Other(String),
}

/// An object, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3Location {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) region: String,
    pub(crate) profile: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) kms_key: Option<String>,
}

/// What a runner reads of a state.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct State {
    #[serde(default)]
    pub(crate) lineage: String,
    #[serde(default)]
    pub(crate) serial: u64,
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, StateOutput>,
    #[serde(default)]
    resources: Vec<StateResource>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct StateOutput {
    pub(crate) value: Json,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct StateResource {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Option<Json>,
}

impl State {
    /// The addresses of the resources that it holds; data sources do not count.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let managed = self.resources.iter().filter(|resource| resource.mode == "managed");
        let addresses = managed.flat_map(|resource| {
            let module = resource.module.as_ref().map(|module| format!("{module}.")).unwrap_or_default();
            let base = format!("{module}{}.{}", resource.kind, resource.name);
            resource.instances.iter().map(move |instance| match &instance.index_key {
                Some(key) => format!("{base}[{key}]"),
                None => base.clone(),
            })
        });
        addresses.collect()
    }

    /// Whether it holds nothing that a destroy would remove.
    pub(crate) fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.addresses().is_empty()
    }
}

impl Location {
    /// The location in a `backend` block; `folder` is where Terraform runs.
    pub(crate) fn of(folder: &Path, backend: &Json) -> Self {
        let text = |value: &Json| value.as_str().map(str::to_owned);
        if let Some(local) = backend.get("local") {
            let path = local["path"].as_str().unwrap_or("terraform.tfstate");
            return Self::Local(folder.join(path));
        }
        if let Some(s3) = backend.get("s3")
            && let (Some(bucket), Some(key), Some(region)) = (text(&s3["bucket"]), text(&s3["key"]), text(&s3["region"]))
        {
            return Self::S3(S3Location {
                bucket,
                key,
                region,
                profile: text(&s3["profile"]),
                role: text(&s3["assume_role"]["role_arn"]),
                kms_key: text(&s3["kms_key_id"]),
            });
        }
        let kind = backend.as_object().and_then(|kinds| kinds.keys().next());
        kind.map_or_else(|| Self::Local(folder.join("terraform.tfstate")), |kind| Self::Other(kind.clone()))
    }

    /// The location of a file beside this one.
    pub(crate) fn beside(&self, suffix: &str) -> Self {
        match self {
            Self::Local(path) => Self::Local(PathBuf::from(format!("{}{suffix}", path.display()))),
            Self::S3(s3) => Self::S3(S3Location { key: format!("{}{suffix}", s3.key), ..s3.clone() }),
            Self::Other(kind) => Self::Other(kind.clone()),
        }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(path) => write!(f, "{}", path.display()),
            Self::S3(s3) => write!(f, "s3://{}/{}", s3.bucket, s3.key),
            Self::Other(kind) => write!(f, "the backend `{kind}`"),
        }
    }
}

/// Reads and writes files and objects; one client per region, profile and role.
#[derive(Clone, Default)]
pub(crate) struct Store {
    clients: Arc<Mutex<BTreeMap<ClientKey, Client>>>,
    /// Variables that are not in our own environment.
    endpoint: Option<String>,
    credentials: Option<(String, String)>,
}

/// Region, profile, role.
type ClientKey = (String, Option<String>, Option<String>);

impl Store {
    /// A store for Terraform runs with these variables added to the environment.
    pub(crate) fn new(environment: &[(String, String)]) -> Self {
        let get = |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        Self {
            clients: Arc::default(),
            endpoint: get("AWS_ENDPOINT_URL"),
            credentials: get("AWS_ACCESS_KEY_ID").zip(get("AWS_SECRET_ACCESS_KEY")),
        }
    }

    /// The content; none if there is nothing. A backend that only Terraform can read has nothing.
    pub(crate) async fn read(&self, location: &Location) -> Result<Option<Vec<u8>>, RunnerError> {
        let fail = |why: String| RunnerError::State { place: location.to_string(), why };
        match location {
            Location::Local(path) => match tokio::fs::read(path).await {
                Ok(content) => Ok(Some(content)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(fail(error.to_string())),
            },
            Location::S3(s3) => {
                let answer = self.client(s3).await.get_object().bucket(&s3.bucket).key(&s3.key).send().await;
                match answer {
                    Ok(object) => {
                        let body = object.body.collect().await.map_err(|error| fail(error.to_string()))?;
                        Ok(Some(body.to_vec()))
                    }
                    Err(error) => match error.as_service_error() {
                        Some(service) if service.is_no_such_key() => Ok(None),
                        Some(service) if service.meta().code() == Some("NoSuchBucket") => {
                            Err(fail(format!("the bucket `{}` does not exist: make it with `oleoduto backend up`", s3.bucket)))
                        }
                        _ => Err(fail(aws_error(&error))),
                    },
                }
            }
            Location::Other(_) => Ok(None),
        }
    }

    /// The state; none if there is none.
    pub(crate) async fn state(&self, location: &Location) -> Result<Option<State>, RunnerError> {
        let Some(content) = self.read(location).await? else { return Ok(None) };
        if content.is_empty() {
            return Ok(None);
        }
        let state = serde_json::from_slice(&content);
        state
            .map(Some)
            .map_err(|error| RunnerError::State { place: location.to_string(), why: format!("it is not a state: {error}") })
    }

    /// Write a small file or object whole.
    pub(crate) async fn write(&self, location: &Location, content: Vec<u8>) -> Result<(), RunnerError> {
        let fail = |why: String| RunnerError::State { place: location.to_string(), why };
        match location {
            Location::Local(path) => {
                let path = path.clone();
                let written = tokio::task::spawn_blocking(move || write_file(&path, &content)).await;
                written.map_err(|error| fail(error.to_string()))?
            }
            Location::S3(s3) => {
                let put = self.client(s3).await.put_object().bucket(&s3.bucket).key(&s3.key).body(ByteStream::from(content));
                let put = put.content_type("application/json");
                let put = match &s3.kms_key {
                    Some(key) => put.server_side_encryption(aws_sdk_s3::types::ServerSideEncryption::AwsKms).ssekms_key_id(key),
                    None => put.server_side_encryption(aws_sdk_s3::types::ServerSideEncryption::Aes256),
                };
                put.send().await.map_err(|error| fail(aws_error(&error)))?;
                Ok(())
            }
            Location::Other(_) => Ok(()),
        }
    }

    /// Remove a file or object; it is no error if there is none.
    pub(crate) async fn remove(&self, location: &Location) -> Result<(), RunnerError> {
        let fail = |why: String| RunnerError::State { place: location.to_string(), why };
        match location {
            Location::Local(path) => match tokio::fs::remove_file(path).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(fail(error.to_string())),
                _ => Ok(()),
            },
            Location::S3(s3) => {
                let delete = self.client(s3).await.delete_object().bucket(&s3.bucket).key(&s3.key);
                delete.send().await.map_err(|error| fail(aws_error(&error)))?;
                Ok(())
            }
            Location::Other(_) => Ok(()),
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
        let region = aws_config::Region::new(s3.region.clone());
        let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest()).region(region.clone());
        if let Some(profile) = &s3.profile {
            // Terraform takes the profile of a backend even if the environment has keys; the default chain would not.
            let provider = aws_config::provider_config::ProviderConfig::without_region().with_region(Some(region.clone()));
            let credentials = aws_config::profile::ProfileFileCredentialsProvider::builder().configure(&provider);
            loader = loader.profile_name(profile).credentials_provider(credentials.profile_name(profile).build());
        }
        if let Some(endpoint) = &self.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some((id, secret)) = &self.credentials {
            loader = loader.credentials_provider(aws_sdk_s3::config::Credentials::new(id, secret, None, None, "runner"));
        }
        let base = loader.load().await;
        let config = match &s3.role {
            Some(role) => {
                let provider = aws_config::sts::AssumeRoleProvider::builder(role).session_name("oleoduto").configure(&base);
                let provider = provider.region(region).build().await;
                base.into_builder().credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(provider)).build()
            }
            None => base,
        };
        Client::new(&config)
    }
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), RunnerError> {
    use std::io::Write;
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(RunnerError::file("make", folder))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(RunnerError::file("write", path))?;
    file.write_all(content).map_err(RunnerError::file("write", path))?;
    file.persist(path).map_err(|error| RunnerError::file("write", path)(error.error))?;
    Ok(())
}

/// Write JSON atomically.
pub(crate) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), RunnerError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| RunnerError::Format { path: path.display().to_string(), why: error.to_string() })?;
    write_file(path, (text + "\n").as_bytes())
}

/// An error of the SDK with its cause: `Display` alone says only "service error".
fn aws_error<E: std::error::Error + 'static>(error: &E) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use serde_json::json;

    #[test]
    fn backends_are_located() {
        let of = |backend: Json| Location::of(Path::new("/out/stacks/a"), &backend).to_string();
        assert_eq!(of(json!({"local": {"path": "../../a.tfstate"}})), "/out/stacks/a/../../a.tfstate");
        assert_eq!(of(json!({"s3": {"bucket": "b", "key": "k/a", "region": "r"}})), "s3://b/k/a");
        assert_eq!(of(json!({"gcs": {"bucket": "b"}})), "the backend `gcs`");
        assert_eq!(of(json!({})), "/out/stacks/a/terraform.tfstate");
        let s3 = Location::of(Path::new("/"), &json!({"s3": {"bucket": "b", "key": "k/a.tfstate", "region": "r"}}));
        assert_eq!(s3.beside(".tflock").to_string(), "s3://b/k/a.tfstate.tflock");
    }

    #[tokio::test]
    async fn a_state_file_is_read_and_a_broken_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Local(folder.path().join("a.tfstate"));
        let store = Store::default();
        assert_eq!(store.state(&location).await.unwrap(), None);
        let text = json!({"version": 4, "serial": 7, "lineage": "l", "outputs": {"o": {"value": 1, "type": "number"}},
            "resources": [
                {"mode": "managed", "type": "t", "name": "n", "instances": [{"index_key": 0}, {"index_key": "a"}]},
                {"mode": "managed", "module": "module.m", "type": "t", "name": "n", "instances": [{}]},
                {"mode": "data", "type": "t", "name": "n", "instances": [{}]}]});
        store.write(&location, text.to_string().into_bytes()).await.unwrap();
        let state = store.state(&location).await.unwrap().unwrap();
        assert_eq!((state.serial, &state.outputs["o"].value), (7, &json!(1)));
        assert_eq!(state.addresses(), ["t.n[0]", "t.n[\"a\"]", "module.m.t.n"]);
        store.write(&location, b"{".to_vec()).await.unwrap();
        assert!(store.state(&location).await.unwrap_err().to_string().contains("it is not a state"));
    }
}
