//! The account of the credentials, asked of STS once and kept like CDK's context.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};

/// The cache, in the project's root; git-ignored, since it names an account.
const FILE: &str = "cdk.context.json";

/// The account id of the current credentials; from the cache when this profile was asked before.
pub(crate) async fn look_up(root: &Path, region: &str) -> anyhow::Result<String> {
    let path = root.join(FILE);
    let mut cache = read(&path)?;
    let profile = std::env::var("AWS_PROFILE").unwrap_or_else(|_| "default".to_owned());
    let key = format!("caller-identity:profile={profile}");
    if let Some(account) = cache.get(&key) {
        return Ok(account.clone());
    }
    let account = ask(region).await.with_context(|| {
        "the account could not be looked up by STS GetCallerIdentity: log in (for example `aws sso login`), or give --account to synthesise offline"
    })?;
    cache.insert(key, account.clone());
    write(&path, &cache)?;
    Ok(account)
}

async fn ask(region: &str) -> anyhow::Result<String> {
    let timeouts =
        TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_timeout(Duration::from_secs(15)).build();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .timeout_config(timeouts)
        .load()
        .await;
    let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await?;
    match identity.account {
        Some(account) => Ok(account),
        None => bail!("STS answered without an account"),
    }
}

fn read(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is not valid: correct or delete it", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).with_context(|| format!("can't read {}", path.display())),
    }
}

fn write(path: &Path, cache: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(|| format!("can't write {}", path.display()))?;
    file.write_all(serde_json::to_string_pretty(cache)?.as_bytes())?;
    file.persist(path).with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}
