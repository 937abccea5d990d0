//! `config show`: every effective value, and where it comes from.

use serde::Serialize;
use serde_json::Value as Json;

use super::{Config, file, origin_in_file};

/// One value.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) value: Json,
    pub(crate) origin: String,
}

/// Where values come from that nothing gives.
const DEFAULT: &str = "default";

impl Config {
    /// Every value, in the order of the file.
    pub(crate) fn rows(&self) -> anyhow::Result<Vec<Row>> {
        let row =
            |key: &str, value: &str, origin: &str| Row { key: key.to_owned(), value: value.into(), origin: origin.to_owned() };
        let name = self.read.file.project.name.as_str();
        let mut rows = vec![
            row("project.name", name, &origin_in_file(&self.read, &["project", "name"])),
            row("project.series", &self.series.value, &self.series.origin),
            row("env", &self.environment.value, &self.environment.origin),
        ];
        rows.push(match &self.account {
            Some(account) => row("account", &account.value, &account.origin),
            None => row("account", "(looked up by STS)", "STS"),
        });
        rows.push(match &self.region {
            Some(region) => row("region", &region.value, &region.origin),
            None => row("region", "(none)", "nothing gives it: --region, AWS_REGION or the file"),
        });
        let mut section = serde_json::to_value(&self.section)?;
        if let Some(section) = section.as_object_mut() {
            section.remove("account");
            section.remove("region");
        }
        flatten(&mut Vec::new(), &section, &mut |keys, value| {
            let mut path = vec!["env", self.environment.value.as_str()];
            path.extend(keys);
            let origin = match self.read.line(&path) {
                Some(line) => format!("{}:{line}", file::NAME),
                None => DEFAULT.to_owned(),
            };
            rows.push(Row { key: keys.join("."), value: value.clone(), origin });
        });
        if let (file::Backend::S3(s3), Some(account), Some(region)) = (&self.section.backend, &self.account, &self.region)
            && s3.bucket.is_none()
        {
            let bucket = self.default_bucket(&account.value, &region.value);
            rows.push(row("backend.bucket", &bucket, "default: PROJECT-tfstate-ACCOUNT-REGION"));
        }
        Ok(rows)
    }
}

/// Every leaf of a value, with the keys that lead to it.
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
