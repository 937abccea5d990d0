//! The account of the credentials, from STS. If neither a flag nor the file names it, it is cached like CDK's context, so
//! that synth works offline; STS is asked again before anything is applied.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use oleoduto_cli::{Caller, if_present};

/// The cache, in the project's root; git-ignored, since it names an account.
pub(crate) const FILE: &str = "cdk.context.json";

/// The account id of the current credentials; from the cache when the same credentials were asked before.
pub(crate) async fn look_up(root: &Path, region: &str) -> anyhow::Result<String> {
    let path = root.join(FILE);
    let mut cache = read(&path)?;
    let key = key(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    if let Some(account) = cache.get(&key) {
        return Ok(account.clone());
    }
    let caller = Caller::ask(region, None).await?;
    cache.insert(key, caller.account.clone());
    write(&path, &cache)?;
    Ok(caller.account)
}

/// The key of the credentials in the cache. Keys in the environment win over a profile, as for every AWS tool.
fn key(variable: impl Fn(&str) -> Option<String>) -> String {
    let who = match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_PROFILE")) {
        (Some(id), _) => format!("key={id}"),
        (None, profile) => format!("profile={}", profile.unwrap_or_else(|| "default".to_owned())),
    };
    format!("caller-identity:{who}")
}

/// Refuse credentials of another account. `origin` is the origin of the expected one, in words.
pub(crate) async fn verify(expected: &str, origin: &str, region: &str, environment: &str) -> anyhow::Result<()> {
    let caller = Caller::ask(region, None).await?;
    if caller.account == expected {
        return Ok(());
    }
    bail!(
        "the credentials belong to account {} ({}), but environment `{environment}` uses {expected} ({origin}): choose another \
         with --env, or log in to {expected} (AWS_PROFILE chooses a profile). Nothing was done",
        caller.account,
        caller.arn
    )
}

fn read(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let text = if_present(std::fs::read_to_string(path)).with_context(|| format!("can't read {}", path.display()))?;
    let cache = text.map(|text| serde_json::from_str(&text)).transpose();
    Ok(cache.with_context(|| format!("{} is not valid: correct or delete it", path.display()))?.unwrap_or_default())
}

fn write(path: &Path, cache: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(|| format!("can't write {}", path.display()))?;
    file.write_all(serde_json::to_string_pretty(cache)?.as_bytes())?;
    file.persist(path).with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_credentials_are_another_entry_of_the_cache() {
        let of = |variables: &[(&str, &str)]| {
            key(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[]), "caller-identity:profile=default");
        assert_eq!(of(&[("AWS_PROFILE", "prod")]), "caller-identity:profile=prod");
        assert_eq!(of(&[("AWS_PROFILE", "prod"), ("AWS_ACCESS_KEY_ID", "AKIA1")]), "caller-identity:key=AKIA1");
    }
}
