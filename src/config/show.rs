//! `config show`: every effective value and its origin.

use oleoduto_stacks::parameters::BackendType;
use serde::Serialize;
use serde_json::Value as Json;

use super::Config;
use super::file::default_bucket_name;

/// One value; null if it is unset or not known yet.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) value: Json,
    pub(crate) origin: String,
}

/// The origin of a value that is not given.
const DEFAULT: &str = "default";
/// The origin of an account that is not given.
const STS: &str = "STS";

impl Row {
    fn new(key: &str, value: impl Into<Json>, origin: impl Into<String>) -> Self {
        Self { key: key.to_owned(), value: value.into(), origin: origin.into() }
    }

    /// The value for people.
    pub(crate) fn shown(&self) -> String {
        match &self.value {
            Json::Null if self.origin == STS => "(looked up by STS)".to_owned(),
            Json::Null => "(none)".to_owned(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl Config {
    /// Every value.
    pub(crate) fn rows(&self) -> anyhow::Result<Vec<Row>> {
        let in_file = |keys: &[&str]| self.read.origin(keys).unwrap_or_else(|| DEFAULT.to_owned());
        let mut rows = vec![
            Row::new("project.name", self.read.file.project.name.as_str(), in_file(&["project", "name"])),
            Row::new("project.series", self.series.value.as_str(), &self.series.origin),
            Row::new("env", self.environment.value.as_str(), &self.environment.origin),
            match &self.account {
                Some(account) => Row::new("account", account.value.as_str(), &account.origin),
                None => Row::new("account", Json::Null, STS),
            },
            match &self.region {
                Some(region) => Row::new("region", region.value.as_str(), &region.origin),
                None => Row::new("region", Json::Null, "not given: --region, AWS_REGION or the file"),
            },
        ];
        let section = serde_json::to_value(&self.section)?;
        flatten(&mut Vec::new(), &section, &mut |keys, value| {
            let local = self.section.backend.r#type == BackendType::Local;
            // Shown above, below, or not applicable.
            if matches!(keys, ["account" | "region"])
                || (keys[0] == "backend" && value.is_null() && (local || keys[1] == "bucket"))
            {
                return;
            }
            let path: Vec<&str> = ["env", self.environment.value.as_str()].iter().chain(keys).copied().collect();
            rows.push(Row::new(&keys.join("."), value.clone(), in_file(&path)));
        });
        rows.extend(self.bucket_row());
        Ok(rows)
    }

    /// The bucket of states if the file does not name it.
    fn bucket_row(&self) -> Option<Row> {
        let backend = &self.section.backend;
        if backend.r#type == BackendType::Local || backend.bucket.is_some() {
            return None;
        }
        let account = self.account.as_ref().map_or("ACCOUNT", |account| account.value.as_str());
        let region = self.region.as_ref().map_or("REGION", |region| region.value.as_str());
        let name = default_bucket_name(&self.read.file.project.name, account, region);
        Some(Row::new("backend.bucket", name, "default: PROJECT-tfstate-ACCOUNT-REGION"))
    }
}

/// Visit every leaf of a value, with the keys that lead to it.
fn flatten<'a>(keys: &mut Vec<&'a str>, value: &'a Json, found: &mut impl FnMut(&[&str], &Json)) {
    match value {
        Json::Object(members) => {
            for (key, member) in members {
                keys.push(key);
                flatten(keys, member, found);
                keys.pop();
            }
        }
        leaf => found(keys, leaf),
    }
}
