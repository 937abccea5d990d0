//! `oleoduto init-env`: a new section of oleoduto.toml, for a new account.

use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use dialoguer::{Input, Select};
use oleoduto_stacks::parameters::{AccountId, Email, EnvironmentName, Region};

use super::overrides::Parameter;
use super::read::Read;
use super::{Overrides, file};
use oleoduto_cli::Caller;

/// Add an environment to oleoduto.toml.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct InitEnv {
    /// Name of the environment: lower-case letters and digits
    name: String,
    /// Backend of its states: `s3` (a bucket that `oleoduto backend up` creates) or `local` [default: s3, or asked]
    #[arg(long, value_parser = BACKENDS)]
    backend: Option<String>,
    /// Address that gets a mail when an execution does not succeed [default: nobody]
    #[arg(long)]
    email: Option<String>,
    /// Profile of the AWS configuration whose account the environment uses; not written into the file, which others share
    #[arg(long)]
    profile: Option<String>,
    /// Use --account without asking STS
    #[arg(long, conflicts_with = "profile")]
    offline: bool,
}

const BACKENDS: [&str; 2] = ["s3", "local"];

/// The values of the new section.
struct Section {
    name: EnvironmentName,
    account: AccountId,
    region: Region,
    backend: String,
    email: Option<Email>,
}

/// Ask for what the flags do not give, look the account up, and append the section.
pub(crate) async fn init_env(command: &InitEnv, overrides: &Overrides) -> anyhow::Result<()> {
    let root = std::path::absolute(&overrides.project_dir).context("the current folder can't be read")?;
    let read = Read::from(&root)?;
    let name = EnvironmentName::try_from(command.name.clone()).map_err(anyhow::Error::msg)?;
    if let Some(place) = read.origin(&["env", name.as_str()]) {
        bail!("{place} already has a section [env.{name}]: change it there, or choose another name");
    }
    let region = match overrides.given(Parameter::Region)? {
        Some(region) => region.value,
        None => ask("AWS region", "--region")?,
    };
    let account = account_of(command, overrides, &region).await?;
    let backend = match &command.backend {
        Some(backend) => backend.clone(),
        None => choose_backend()?,
    };
    let email = command.email.clone().map(Email::try_from).transpose().map_err(|why| anyhow::anyhow!("flag --email: {why}"))?;
    let section = Section { name, account, region, backend, email };
    let text = append(&read.text, &section.text());
    let checked = Read::parse(read.path.clone(), text);
    let read = checked.with_context(|| format!("the new section of {} would not be valid; nothing was written", file::NAME))?;
    write(&read.path, &read.text)?;
    section.say_what_is_next(&read.path, command.profile.as_deref());
    Ok(())
}

/// The account of the credentials; an error if `--account` names another one.
async fn account_of(command: &InitEnv, overrides: &Overrides, region: &Region) -> anyhow::Result<AccountId> {
    let wanted = overrides.given::<AccountId>(Parameter::Account)?;
    match (command.offline, &wanted) {
        (true, Some(wanted)) => return Ok(wanted.value.clone()),
        (true, None) => bail!("--offline needs --account: nothing else gives the account"),
        (false, _) => {}
    }
    let caller = Caller::ask(region.as_str(), command.profile.as_deref()).await?;
    if let Some(wanted) = wanted.filter(|wanted| wanted.value.as_str() != caller.account) {
        bail!(
            "the credentials belong to account {} ({}), but {} ({}) was asked for: log in to {} (for example `aws sso login --profile NAME`, \
             then --profile NAME), or remove it. Nothing was written",
            caller.account,
            caller.arn,
            wanted.value,
            wanted.origin,
            wanted.value
        );
    }
    AccountId::try_from(caller.account).map_err(anyhow::Error::msg)
}

impl Section {
    fn text(&self) -> String {
        let Self { name, account, region, backend, email } = self;
        let mut text = format!("[env.{name}]\naccount = \"{account}\"\nregion = \"{region}\"\n");
        if let Some(email) = email {
            text.push_str(&format!("\n[env.{name}.alarms]\nemail = {}\n", toml::Value::from(email.as_str())));
        }
        text.push_str(&format!("\n[env.{name}.backend]\ntype = {}\n", toml::Value::from(backend.as_str())));
        text
    }

    fn say_what_is_next(&self, path: &Path, profile: Option<&str>) {
        let Self { name, account, region, backend, .. } = self;
        outln!("added [env.{name}] to {} (account {account}, region {region})", path.display());
        outln!("next:");
        if let Some(profile) = profile {
            outln!("  export AWS_PROFILE={profile}");
        }
        if backend == "s3" {
            outln!("  oleoduto backend up --env {name}    # creates the bucket of its states, once per account and region");
        }
        outln!("  oleoduto plan --env {name}\n  oleoduto apply --env {name}");
    }
}

/// The text with a section at its end. The existing text, with its comments, does not change.
fn append(text: &str, section: &str) -> String {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    format!("{}{newline}{newline}{}", text.trim_end(), section.replace('\n', newline))
}

/// Refuse to ask without a terminal.
fn need_terminal(what: &str, flag: &str) -> anyhow::Result<()> {
    if on_terminal() {
        return Ok(());
    }
    bail!("{what} is missing, and there is no terminal to ask on: give {flag}");
}

fn on_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn ask(what: &str, flag: &str) -> anyhow::Result<Region> {
    need_terminal(what, flag)?;
    let check = |text: &String| Region::try_from(text.clone()).map(|_| ());
    let answer: String =
        Input::new().with_prompt(what).with_initial_text("").validate_with(check).interact_text().context("no answer")?;
    Region::try_from(answer).map_err(anyhow::Error::msg)
}

fn choose_backend() -> anyhow::Result<String> {
    if !on_terminal() {
        return Ok(BACKENDS[0].to_owned());
    }
    let prompt = "Where to store its states: a bucket, or files in states/";
    let chosen = Select::new().with_prompt(prompt).items(BACKENDS).default(0).interact().context("no answer")?;
    Ok(BACKENDS.get(chosen).copied().unwrap_or_default().to_owned())
}

/// Replace the file atomically, with the permissions that it has.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_file_stays_with_its_comments_and_its_line_ends() {
        assert_eq!(append("a = 1 # one\n# end\n\n\n", "[b]\n"), "a = 1 # one\n# end\n\n[b]\n");
        assert_eq!(append("a = 1\r\n", "[b]\nc = 2\n"), "a = 1\r\n\r\n[b]\r\nc = 2\r\n");
    }
}
