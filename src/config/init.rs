//! `oleoduto init-env`: a new section of oleoduto.toml, for a new account.

use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use oleoduto_stacks::parameters::{AccountId, EnvironmentName, Region};

use super::{Overrides, file};
use crate::account;

/// Add an environment to oleoduto.toml.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct InitEnv {
    /// Its name: lower-case letters and digits
    name: String,
    /// Where its states are: `s3` (a bucket that `oleoduto backend up` makes) or `local` [default: s3]
    #[arg(long, value_parser = ["s3", "local"])]
    backend: Option<String>,
    /// Who gets a mail when an execution does not succeed
    #[arg(long)]
    email: Option<String>,
    /// Do not ask the credentials for their account: take --account as given
    #[arg(long)]
    offline: bool,
}

/// Ask or take the flags, look the account up, and append the section.
pub(crate) async fn init_env(command: &InitEnv, overrides: &Overrides) -> anyhow::Result<()> {
    let root = std::path::absolute(&overrides.project_dir).context("the current folder can't be read")?;
    let read = file::Read::from(&root)?;
    let name = EnvironmentName::try_from(command.name.clone()).map_err(anyhow::Error::msg)?;
    if read.file.env.contains_key(&name) {
        let line = read.line(&["env", name.as_str()]).unwrap_or_default();
        bail!("{}:{line} has a section [env.{name}] already: change it there, or choose another name", read.path.display());
    }
    let region = match &overrides.region {
        Some(region) => region.clone(),
        None => ask("AWS region", "sa-east-1", "--region")?,
    };
    let region = Region::try_from(region).map_err(anyhow::Error::msg)?;
    let wanted = overrides.account.clone().map(AccountId::try_from).transpose().map_err(anyhow::Error::msg)?;
    let account = match (command.offline, wanted) {
        (true, Some(account)) => account,
        (true, None) => bail!("--offline needs --account: nobody else can say the account"),
        (_, wanted) => {
            let caller = account::ask(region.as_str()).await?;
            if let Some(wanted) = wanted.filter(|wanted| wanted.as_str() != caller.account) {
                bail!(
                    "the credentials are of account {} ({}), not of {wanted}: log in to {wanted} (for example \
                     `aws sso login --profile NAME`, then AWS_PROFILE=NAME), or leave --account away",
                    caller.account,
                    caller.arn
                );
            }
            AccountId::try_from(caller.account).map_err(anyhow::Error::msg)?
        }
    };
    let backend = match (&command.backend, std::io::stdin().is_terminal()) {
        (Some(backend), _) => backend.clone(),
        (None, true) => ask("backend of the states (s3 or local)", "s3", "--backend")?,
        (None, false) => "s3".to_owned(),
    };
    let text = read.text.trim_end().to_owned() + &section(&name, &account, &region, &backend, command.email.as_deref());
    file::parse(&text).with_context(|| format!("the new section of {} would not be valid; nothing was written", file::NAME))?;
    write(&read.path, &text)?;
    println!("added [env.{name}] to {} (account {account}, region {region})", read.path.display());
    println!("next:");
    if backend == "s3" {
        println!("  oleoduto backend up --env {name}    # the bucket of its states, once per account and region");
    }
    println!("  oleoduto plan --env {name}\n  oleoduto apply --env {name}");
    Ok(())
}

/// The section's text.
fn section(name: &EnvironmentName, account: &AccountId, region: &Region, backend: &str, email: Option<&str>) -> String {
    let mut text = format!("\n\n[env.{name}]\naccount = \"{account}\"\nregion = \"{region}\"\n");
    if let Some(email) = email {
        text.push_str(&format!("\n[env.{name}.alarms]\nemail = {}\n", toml::Value::from(email)));
    }
    text.push_str(&format!("\n[env.{name}.backend]\ntype = {}\n", toml::Value::from(backend)));
    text
}

/// Ask on a terminal; without one the flag is needed.
fn ask(what: &str, default: &str, flag: &str) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!("no {what}: give {flag}");
    }
    eprint!("{what} [{default}]: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("the answer could not be read")?;
    let answer = answer.trim();
    Ok(if answer.is_empty() { default.to_owned() } else { answer.to_owned() })
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    // The real file, if this is a link to it.
    let path = path.canonicalize().with_context(|| format!("can't find {}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(|| format!("can't write {}", path.display()))?;
    file.write_all(text.as_bytes())?;
    if let Ok(data) = std::fs::metadata(&path) {
        file.as_file().set_permissions(data.permissions())?;
    }
    file.persist(&path).with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}
