//! `.terraform.lock.hcl`: the entry of one provider, which pins its version and its checksums.

use std::path::Path;

use anyhow::Context as _;

use super::address::ProviderAddress;
use oleoduto_cli::if_present;

/// The file's name; it is beside `Cargo.toml`.
pub(crate) const NAME: &str = ".terraform.lock.hcl";

/// What Terraform writes at the top.
const HEAD: &str =
    "# This file is maintained automatically by \"terraform init\".\n# Manual edits may be lost in future updates.\n";

/// The text of a lock file, if it exists.
pub(crate) fn read(path: &Path) -> anyhow::Result<Option<String>> {
    if_present(std::fs::read_to_string(path)).with_context(|| format!("can't read {}", path.display()))
}

/// The entry of a provider.
pub(crate) fn entry(text: &str, provider: &ProviderAddress) -> Option<String> {
    split(text).1.into_iter().find(|entry| is_of(entry, provider))
}

/// The version that an entry locks.
pub(crate) fn version(entry: &str) -> Option<&str> {
    let line = entry.lines().map(str::trim).find_map(|line| line.strip_prefix("version"))?;
    line.trim_start().strip_prefix('=')?.trim().strip_prefix('"')?.strip_suffix('"')
}

/// A lock file with the entry only.
pub(crate) fn of_entry(entry: &str) -> String {
    format!("{HEAD}\n{entry}")
}

/// The file with this entry in the place of the provider's own; other entries stay.
pub(crate) fn with_entry(text: Option<&str>, provider: &ProviderAddress, entry: &str) -> String {
    let (head, mut entries) = text.map_or_else(|| (HEAD.to_owned(), Vec::new()), split);
    entries.retain(|other| !is_of(other, provider));
    entries.push(entry.to_owned());
    entries.sort();
    format!("{}\n\n{}", head.trim_end(), entries.join("\n"))
}

fn is_of(entry: &str, provider: &ProviderAddress) -> bool {
    let address = entry.strip_prefix("provider \"").and_then(|rest| rest.split('"').next());
    address.is_some_and(|address| provider.is(address))
}

/// What stands before the entries, and the entries, each from `provider` to the brace that closes it.
fn split(text: &str) -> (String, Vec<String>) {
    let (mut head, mut entries, mut open) = (String::new(), Vec::new(), None::<String>);
    for line in text.lines() {
        if line.starts_with("provider \"") {
            open = Some(String::new());
        }
        match &mut open {
            Some(entry) => {
                entry.push_str(line);
                entry.push('\n');
            }
            None if entries.is_empty() => {
                head.push_str(line);
                head.push('\n');
            }
            None => {}
        }
        if line == "}" {
            entries.extend(open.take());
        }
    }
    (head, entries)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn other_entries_and_the_head_stay() {
        let (aws, random): (ProviderAddress, ProviderAddress) = ("aws".parse().unwrap(), "random".parse().unwrap());
        let one = |name: &str, version: &str| {
            format!(
                "provider \"registry.terraform.io/hashicorp/{name}\" {{\n  version = \"{version}\"\n  hashes = [\n    \"h1:x\",\n  ]\n}}\n"
            )
        };
        let both = with_entry(Some(&with_entry(None, &random, &one("random", "3.0.0"))), &aws, &one("aws", "5.0.0"));
        assert_eq!(both, format!("{HEAD}\n{}\n{}", one("aws", "5.0.0"), one("random", "3.0.0")));
        let newer = with_entry(Some(&both), &random, &one("random", "3.6.0"));
        assert_eq!(newer, both.replace("3.0.0", "3.6.0"));
        assert_eq!(entry(&newer, &aws).unwrap(), one("aws", "5.0.0"));
        assert_eq!(version(&one("random", "3.6.0")), Some("3.6.0"));
        assert_eq!(entry(&newer, &"null".parse().unwrap()), None);
    }
}
