//! Types of a provider, as the command line names them.

use std::str::FromStr;

use anyhow::bail;
use oleoduto_bindgen::ProviderSchema;

/// A list of `bindings.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeList {
    Resources,
    DataSources,
    EphemeralResources,
    Functions,
}

impl TypeList {
    const ALL: [Self; 4] = [Self::Resources, Self::DataSources, Self::EphemeralResources, Self::Functions];

    /// The key in the file.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Resources => "resources",
            Self::DataSources => "data_sources",
            Self::EphemeralResources => "ephemeral_resources",
            Self::Functions => "functions",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Resources => "resource",
            Self::DataSources => "data source",
            Self::EphemeralResources => "ephemeral resource",
            Self::Functions => "function",
        }
    }

    /// How the command line names one.
    fn written(self, name: &str) -> String {
        match self {
            Self::Resources => name.to_owned(),
            Self::DataSources => format!("data.{name}"),
            Self::EphemeralResources => format!("ephemeral.{name}"),
            Self::Functions => format!("function.{name}"),
        }
    }

    fn names(self, provider: &ProviderSchema) -> Vec<&str> {
        match self {
            Self::Resources => provider.resource_schemas.keys().map(String::as_str).collect(),
            Self::DataSources => provider.data_source_schemas.keys().map(String::as_str).collect(),
            Self::EphemeralResources => provider.ephemeral_resource_schemas.keys().map(String::as_str).collect(),
            Self::Functions => provider.functions.keys().map(String::as_str).collect(),
        }
    }
}

/// A type: `aws_sqs_queue`, `data.aws_region`, `ephemeral.aws_secretsmanager_secret_version` or `function.arn_parse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeName {
    pub(crate) list: TypeList,
    pub(crate) name: String,
}

impl FromStr for TypeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (list, name) = match text.split_once('.') {
            None => (TypeList::Resources, text),
            Some(("data", name)) => (TypeList::DataSources, name),
            Some(("ephemeral", name)) => (TypeList::EphemeralResources, name),
            Some(("function", name)) => (TypeList::Functions, name),
            Some(_) => (TypeList::Resources, ""),
        };
        if name.is_empty() || name.contains('.') {
            return Err(format!(
                "`{text}` is no type: write `random_string`, `data.aws_region`, `ephemeral.random_password` or `function.arn_parse`"
            ));
        }
        Ok(Self { list, name: name.to_owned() })
    }
}

impl TypeName {
    /// Fails if the provider has no such type, and names what is meant.
    pub(crate) fn check(&self, address: &str, provider: &ProviderSchema) -> anyhow::Result<()> {
        if self.list.names(provider).contains(&self.name.as_str()) {
            return Ok(());
        }
        let elsewhere = TypeList::ALL.into_iter().find(|list| list.names(provider).contains(&self.name.as_str()));
        let similar = || {
            let scored = self.list.names(provider).into_iter().map(|name| (strsim::jaro_winkler(name, &self.name), name));
            scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| (self.list, name))
        };
        let word = self.list.word();
        match elsewhere.map(|list| (list, self.name.as_str())).or_else(similar) {
            Some((list, name)) => {
                bail!("provider {address} has no {word} `{}`: is `{}` meant, a {}?", self.name, list.written(name), list.word())
            }
            None => bail!("provider {address} has no {word} `{}`: {}", self.name, count(provider)),
        }
    }
}

/// What a provider has, in numbers, and by name if it is little.
pub(crate) fn count(provider: &ProviderSchema) -> String {
    const FEW: usize = 30;
    let all: Vec<String> =
        TypeList::ALL.iter().flat_map(|list| list.names(provider).into_iter().map(|name| list.written(name))).collect();
    if all.len() <= FEW {
        return format!("it has {}", all.join(", "));
    }
    let numbers: Vec<_> = TypeList::ALL.iter().map(|list| format!("{} {}s", list.names(provider).len(), list.word())).collect();
    format!("it has {}", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn provider() -> ProviderSchema {
        let text =
            r#"{"resource_schemas": {"x_queue": {}}, "data_source_schemas": {"x_region": {}}, "functions": {"parse": {}}}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_meant_is_named() {
        let refusal = |text: &str| text.parse::<TypeName>().unwrap().check("acme/x", &provider()).unwrap_err().to_string();
        assert_eq!(refusal("x_region"), "provider acme/x has no resource `x_region`: is `data.x_region` meant, a data source?");
        assert_eq!(refusal("x_qeue"), "provider acme/x has no resource `x_qeue`: is `x_queue` meant, a resource?");
        assert_eq!(refusal("function.y"), "provider acme/x has no function `y`: it has x_queue, data.x_region, function.parse");
        "data.x_region".parse::<TypeName>().unwrap().check("acme/x", &provider()).unwrap();
    }

    #[test]
    fn a_name_with_another_prefix_is_no_type() {
        for text in ["", "resource.x", "data.", "data.a.b"] {
            assert!(text.parse::<TypeName>().is_err(), "{text}");
        }
    }
}
