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

/// Whose credentials these are.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The account id.
    pub(crate) account: String,
    /// The user or role.
    pub(crate) arn: String,
}

/// The account id of the current credentials; from the cache when this profile was asked before.
pub(crate) async fn look_up(root: &Path, region: &str) -> anyhow::Result<String> {
    let path = root.join(FILE);
    let mut cache = read(&path)?;
    let profile = std::env::var("AWS_PROFILE").unwrap_or_else(|_| "default".to_owned());
    let key = format!("caller-identity:profile={profile}");
    if let Some(account) = cache.get(&key) {
        return Ok(account.clone());
    }
    let caller = ask(region).await?;
    cache.insert(key, caller.account.clone());
    write(&path, &cache)?;
    Ok(caller.account)
}

/// Refuse credentials of another account. `origin` says where the expected one comes from.
pub(crate) async fn verify(expected: &str, origin: &str, region: &str, environment: &str) -> anyhow::Result<()> {
    let caller = ask(region).await?;
    if caller.account == expected {
        return Ok(());
    }
    bail!(
        "the credentials are of account {} ({}), but environment `{environment}` is account {expected} ({origin}): \
         choose another with --env, or log in to {expected} (AWS_PROFILE chooses a profile). Nothing was done",
        caller.account,
        caller.arn
    )
}

/// Ask STS whose credentials these are.
pub(crate) async fn ask(region: &str) -> anyhow::Result<Caller> {
    let timeouts =
        TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_timeout(Duration::from_secs(15)).build();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .timeout_config(timeouts)
        .load()
        .await;
    let answer = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
    let identity = answer.map_err(|error| {
        let expired = error.as_service_error().and_then(|error| error.meta().code()).is_some_and(|code| code.contains("Expired"));
        let what = if expired { "the credentials have expired" } else { "the account could not be looked up" };
        let help = "log in (for example `aws sso login`), or give --account to synthesise offline";
        anyhow::Error::new(error).context(format!("{what} (STS GetCallerIdentity): {help}"))
    })?;
    match (identity.account, identity.arn) {
        (Some(account), arn) => Ok(Caller { account, arn: arn.unwrap_or_default() }),
        (None, _) => bail!("STS answered without an account"),
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
