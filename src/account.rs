//! The account of the credentials, from STS. If neither a flag nor the file names it, it is cached like CDK's context, so
//! that synth works offline; STS is asked again before anything is applied.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;

use crate::aws::Place;
use oleoduto_cli::{if_present, sdk_error};

/// The cache, in the project's root; git-ignored, since it names an account.
pub(crate) const FILE: &str = "cdk.context.json";

/// The owner of the credentials.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The account id.
    pub(crate) account: String,
    /// The user or role.
    pub(crate) arn: String,
}

/// The account id of the current credentials; from the cache when the same credentials were asked before.
pub(crate) async fn look_up(root: &Path, region: &str) -> anyhow::Result<String> {
    let path = root.join(FILE);
    let mut cache = read(&path)?;
    let key = key(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    if let Some(account) = cache.get(&key) {
        return Ok(account.clone());
    }
    let caller = ask(region, None).await?;
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
    let caller = ask(region, None).await?;
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

/// Ask STS for the owner of a profile's credentials or, without a profile, of the current ones.
pub(crate) async fn ask(region: &str, profile: Option<&str>) -> anyhow::Result<Caller> {
    let config = Place::of_profile(region, profile).config().await;
    let answer = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
    let identity = answer.map_err(|error| anyhow::anyhow!(explain(&error, profile)))?;
    match (identity.account, identity.arn) {
        (Some(account), arn) => Ok(Caller { account, arn: arn.unwrap_or_default() }),
        (None, _) => bail!("STS answered without an account"),
    }
}

/// What is wrong, what to do, and the details for those who need them.
fn explain(error: &SdkError<GetCallerIdentityError>, profile: Option<&str>) -> String {
    let offline = "or give --account to synthesize offline";
    let code = error.as_service_error().and_then(|error| error.meta().code()).unwrap_or_default();
    let details = sdk_error(error);
    // The credentials are resolved while the request is sent: missing ones are a failure to send it.
    let credentials = chain(error).any(|message| message.contains("credentials"));
    let (what, help) = match error {
        _ if code.contains("Expired") || details.contains("has expired") => {
            ("the credentials have expired", format!("log in again (for example `aws sso login`), {offline}"))
        }
        SdkError::ServiceError(_) if matches!(code, "InvalidClientTokenId" | "SignatureDoesNotMatch") => (
            "AWS does not know these credentials",
            format!("correct the access key, or log in (for example `aws sso login`), {offline}"),
        ),
        SdkError::DispatchFailure(_) if credentials => (
            "there are no usable credentials",
            match profile.map(str::to_owned).or_else(|| std::env::var("AWS_PROFILE").ok()) {
                Some(profile) => format!("profile `{profile}` gives none: correct AWS_PROFILE, log in to it, {offline}"),
                None => format!("log in (for example `aws sso login`), choose a profile with AWS_PROFILE, {offline}"),
            },
        ),
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
            ("STS does not answer", format!("check the network, the proxy and AWS_ENDPOINT_URL, {offline}"))
        }
        _ => ("the account could not be looked up", format!("log in (for example `aws sso login`), {offline}")),
    };
    format!("{what} (STS GetCallerIdentity): {help}\n  details: {details}")
}

fn chain(error: &SdkError<GetCallerIdentityError>) -> impl Iterator<Item = String> {
    std::iter::successors(error.source(), |error| (*error).source()).map(ToString::to_string)
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
