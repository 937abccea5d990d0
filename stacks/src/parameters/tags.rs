//! The user's own tags.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Our own tags, which every resource has.
const OWN: [&str; 5] = ["Environment", "ManagedBy", "Project", "Series", "Stack"];
/// Maximum number of the user's tags: AWS accepts 50.
const MAX_TAGS: usize = 50 - OWN.len();
/// Maximum number of tags of an S3 object.
const MAX_OBJECT_TAGS: usize = 10;

/// The user's own tags, besides `Environment`, `ManagedBy`, `Project`, `Series` and `Stack`: at most 45.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Key, Value>")]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// The keys of our own tags.
    pub(crate) const OWN: [&str; OWN.len()] = OWN;

    /// Keys and values, with the values of our own tags: environment, tool, project, series, stack.
    pub(crate) fn with_own(&self, values: [&str; OWN.len()]) -> BTreeMap<String, String> {
        let own = OWN.into_iter().zip(values).map(|(key, value)| (key.to_owned(), value.to_owned()));
        own.chain(self.0.clone()).collect()
    }

    /// Whether an S3 object can have all of them and our own.
    pub(crate) fn fit_an_object(&self) -> bool {
        self.0.len() + OWN.len() <= MAX_OBJECT_TAGS
    }
}

fn allowed(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}

/// A tag's key. Keys and values are types, so that a mistake has its place in the file.
// Limits: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct Key(String);

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(key: String) -> Result<Self, String> {
        let why = match () {
            () if key.is_empty() || key.chars().count() > 128 => "a key has 1 to 128 characters",
            () if !key.chars().all(allowed) => "it may contain letters, digits, spaces and any of `_.:/=+-@`",
            () if key.to_ascii_lowercase().starts_with("aws:") => "keys that begin with `aws:` belong to AWS",
            // IAM treats keys that differ in case only as equal.
            () if OWN.iter().any(|own| own.eq_ignore_ascii_case(&key)) => "Oleoduto sets this tag itself",
            () => return Ok(Self(key)),
        };
        Err(format!("the tag `{key}` can't be used: {why}"))
    }
}

/// A tag's value.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Value(String);

impl TryFrom<String> for Value {
    type Error = String;

    fn try_from(value: String) -> Result<Self, String> {
        let why = match () {
            () if value.chars().count() > 256 => "a value has at most 256 characters",
            () if !value.chars().all(allowed) => "it may contain letters, digits, spaces and any of `_.:/=+-@`",
            () => return Ok(Self(value)),
        };
        Err(format!("the tag's value `{value}` can't be used: {why}"))
    }
}

impl TryFrom<BTreeMap<Key, Value>> for Tags {
    type Error = String;

    fn try_from(given: BTreeMap<Key, Value>) -> Result<Self, String> {
        let tags: BTreeMap<String, String> = given.into_iter().map(|(Key(key), Value(value))| (key, value)).collect();
        let mut seen = BTreeMap::new();
        for key in tags.keys() {
            if let Some(other) = seen.insert(key.to_ascii_lowercase(), key) {
                return Err(format!("the tags `{other}` and `{key}` differ in case only, which IAM refuses"));
            }
        }
        if tags.len() > MAX_TAGS {
            return Err(format!("{} tags are too many: AWS accepts 50, and Oleoduto sets {} itself", tags.len(), OWN.len()));
        }
        Ok(Self(tags))
    }
}

impl JsonSchema for Tags {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tags".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The user's own tags, besides `Environment`, `ManagedBy`, `Project`, `Series` and `Stack`.",
            "type": "object",
            "maxProperties": MAX_TAGS,
            "propertyNames": {"minLength": 1, "maxLength": 128, "not": {"enum": OWN}},
            "additionalProperties": {"type": "string", "maxLength": 256},
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn read(tags: &[(String, &str)]) -> Result<Tags, String> {
        let json: serde_json::Map<_, _> = tags.iter().map(|(key, value)| (key.clone(), (*value).into())).collect();
        serde_json::from_value(json.into()).map_err(|error| error.to_string())
    }

    #[test]
    fn limits_are_those_of_aws() {
        let many = |count: usize| (0..count).map(|index| (format!("k{index}"), "v")).collect::<Vec<_>>();
        assert!(read(&many(45)).is_ok());
        assert!(read(&many(46)).unwrap_err().contains("46 tags are too many"));
        assert!(read(&many(5)).unwrap().fit_an_object());
        assert!(!read(&many(6)).unwrap().fit_an_object());
        assert!(read(&[("k".repeat(128), "")]).is_ok());
        assert!(read(&[("k".repeat(129), "")]).unwrap_err().contains("1 to 128"));
        assert!(read(&[("k".into(), &"v".repeat(257))]).unwrap_err().contains("at most 256"));
        assert!(read(&[("AWS:x".into(), "v")]).unwrap_err().contains("belong to AWS"));
        assert!(read(&[("stack".into(), "v")]).unwrap_err().contains("sets this tag itself"));
        assert!(read(&[("a".into(), "v"), ("A".into(), "v")]).unwrap_err().contains("differ in case only"));
        assert!(read(&[("a".into(), "50 %")]).unwrap_err().contains("letters, digits"));
        assert!(read(&[("Centro de Custo".into(), "São Paulo / óleo")]).is_ok());
    }
}
