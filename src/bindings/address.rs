//! Addresses of providers, as people write them.

use std::fmt;
use std::str::FromStr;

use oleoduto_bindgen::Schema;

/// Where a provider without another registry is.
const REGISTRY: &str = "registry.terraform.io";
/// Where a provider without a namespace is.
const NAMESPACE: &str = "hashicorp";

/// A provider: `random`, `hashicorp/random` or `registry.terraform.io/hashicorp/random`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProviderAddress {
    host: String,
    namespace: String,
    name: String,
}

impl ProviderAddress {
    /// The name that configurations give to the provider.
    pub(crate) fn local_name(&self) -> &str {
        &self.name
    }

    /// Whether Terraform itself is the provider.
    pub(crate) fn is_builtin(&self) -> bool {
        self.host == "terraform.io" && self.namespace == "builtin"
    }

    /// Whether this is the address under which a schema describes the provider: OpenTofu has another registry.
    pub(crate) fn is(&self, address: &str) -> bool {
        let in_other_registry =
            self.host == REGISTRY && address == format!("registry.opentofu.org/{}/{}", self.namespace, self.name);
        address == self.to_string() || in_other_registry
    }

    /// What a schema says of the provider, under its own address.
    pub(crate) fn in_schema(&self, schema: &Schema) -> Option<Schema> {
        let (_, found) = schema.provider_schemas.iter().find(|(address, _)| self.is(address))?;
        let provider_schemas = [(self.to_string(), found.clone())].into();
        Some(Schema { format_version: schema.format_version.clone(), provider_schemas })
    }
}

impl fmt::Display for ProviderAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.namespace, self.name)
    }
}

impl FromStr for ProviderAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let (host, namespace, name) = match parts.as_slice() {
            [name] => (REGISTRY, NAMESPACE, *name),
            [namespace, name] => (REGISTRY, *namespace, *name),
            [host, namespace, name] => (*host, *namespace, *name),
            _ => return Err(refusal(text)),
        };
        let is_part = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_alphanumeric())
                && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
        };
        let is_host = host.contains('.') && host.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.:".contains(letter));
        if !(is_host && is_part(namespace) && is_part(name)) {
            return Err(refusal(text));
        }
        Ok(Self { host: host.to_lowercase(), namespace: namespace.to_lowercase(), name: name.to_lowercase() })
    }
}

fn refusal(text: &str) -> String {
    format!("`{text}` is not the address of a provider: write one such as `hashicorp/random` or `HOST/NAMESPACE/NAME`")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn an_address_may_be_short() {
        for (text, whole) in [
            ("random", "registry.terraform.io/hashicorp/random"),
            ("Acme/Things", "registry.terraform.io/acme/things"),
            ("tf.example:8443/acme/things", "tf.example:8443/acme/things"),
            ("terraform.io/builtin/terraform", "terraform.io/builtin/terraform"),
        ] {
            assert_eq!(text.parse::<ProviderAddress>().unwrap().to_string(), whole);
        }
        for text in ["", "a/b/c/d", "acme/", "-x", "a b", "host/acme/things", "hashicorp/random@3"] {
            assert!(text.parse::<ProviderAddress>().unwrap_err().contains("`hashicorp/random`"), "{text}");
        }
    }

    #[test]
    fn the_registry_of_opentofu_has_the_same_providers() {
        let random: ProviderAddress = "random".parse().unwrap();
        assert!(random.is("registry.opentofu.org/hashicorp/random") && random.is("registry.terraform.io/hashicorp/random"));
        assert!(!random.is("registry.opentofu.org/acme/random"));
    }
}
