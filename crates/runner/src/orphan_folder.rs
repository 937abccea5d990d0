//! The folder from which an orphan is destroyed: its backend and its providers, and no resource.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::error::{Result, RunnerError};
use crate::files;
use crate::folder::{Folder, LOCK_FILE};
use crate::graph::Graph;
use crate::location::Location;
use crate::orphans::Orphan;
use crate::session::Session;

/// The provider of `terraform_data` and of remote states, which Terraform has in itself.
const BUILT_IN: &str = "terraform.io/builtin/terraform";

/// A session over orphans alone. An orphan that reads the state of another one is its consumer.
pub(crate) fn session(session: &Session, orphans: &[Orphan]) -> Result<Session> {
    let mut folders = BTreeMap::new();
    let mut needs = BTreeMap::new();
    for orphan in orphans {
        folders.insert(orphan.stack.clone(), create(session, orphan)?);
        let others = orphans.iter().filter(|other| other.stack != orphan.stack && reads(orphan, &other.location));
        needs.insert(orphan.stack.clone(), others.map(|other| other.stack.clone()).collect());
    }
    Ok(session.with(Graph::of(needs), folders))
}

/// Whether a state of an orphan was made with outputs of the state in that place.
fn reads(orphan: &Orphan, location: &Location) -> bool {
    let name = location.name().map(|name| format!("{name}\"")).unwrap_or_default();
    let data = resources(&orphan.state).filter(|resource| resource["type"] == "terraform_remote_state");
    data.into_iter().any(|resource| resource.to_string().contains(&name))
}

fn resources(state: &Json) -> impl Iterator<Item = &Json> {
    state["resources"].as_array().into_iter().flatten()
}

fn create(session: &Session, orphan: &Orphan) -> Result<Folder> {
    let refused = |why: String| RunnerError::Format { what: format!("the state of `{}`", orphan.stack), why };
    let name = orphan.location.name().unwrap_or_default();
    if let Some(reader) = session.folders().find(|folder| folder.text.contains(&format!("{name}\""))) {
        return Err(refused(format!("the stack `{}` reads it; nothing was destroyed", reader.name)));
    }
    let siblings: Vec<(&Folder, Json)> = session.folders().map(|folder| Ok((folder, folder.json()?))).collect::<Result<_>>()?;
    let beside = siblings.iter().find(|(folder, _)| folder.location.sibling(&name) == orphan.location);
    let Some((sibling, json)) = beside else { return Err(refused("no stack has its state beside it".to_owned())) };
    let mut terraform = json!({"backend": backend(&json["terraform"]["backend"], &orphan.location), "required_providers": {}});
    let mut providers = serde_json::Map::new();
    for provider in used(&orphan.state) {
        let Some((local, requirement, block)) = configured(&siblings, &provider) else {
            return Err(refused(format!(
                "its resources need the provider `{provider}`, which no stack configures with plain values: add it to a stack, or \
                 destroy them with Terraform"
            )));
        };
        check_place(session, orphan, &block).map_err(refused)?;
        terraform["required_providers"][&local] = requirement;
        let blocks = providers.entry(local).or_insert_with(|| json!([]));
        blocks.as_array_mut().into_iter().for_each(|blocks| blocks.extend(block.clone()));
    }
    let path = session.options.out.join("orphans").join(&orphan.stack);
    files::create_private_folder(&path)?;
    let file = path.join("cdk.tf.json");
    let mut configuration = json!({"terraform": terraform});
    // Terraform refuses an empty object there.
    if !providers.is_empty() {
        configuration["provider"] = providers.into();
    }
    files::write_json(&file, &configuration)?;
    if let Some(lock) = sibling.lock()? {
        files::write(&path.join(LOCK_FILE), lock.as_bytes())?;
    }
    Folder::read(&orphan.stack, &path, &file)
}

/// A sibling's backend with the place of this state.
fn backend(sibling: &Json, location: &Location) -> Json {
    let mut backend = sibling.clone();
    match location {
        Location::Local(path) => backend["local"]["path"] = path.display().to_string().into(),
        Location::S3(s3) => backend["s3"]["key"] = s3.key.clone().into(),
        Location::Other { .. } => {}
    }
    backend
}

/// The providers of a state's resources, as `SOURCE` or `SOURCE.ALIAS`.
fn used(state: &Json) -> BTreeSet<String> {
    let managed = resources(state).filter(|resource| resource["mode"] == "managed");
    let names = managed.filter_map(|resource| {
        let (_, rest) = resource["provider"].as_str()?.split_once("provider[\"")?;
        Some(rest.replacen("\"]", "", 1))
    });
    names.filter(|name| name != BUILT_IN).collect()
}

/// The local name, the requirement and the block (if it has one) of a provider in the first stack that has it.
fn configured(siblings: &[(&Folder, Json)], provider: &str) -> Option<(String, Json, Option<Json>)> {
    siblings.iter().find_map(|(_, json)| {
        let required = json["terraform"]["required_providers"].as_object()?;
        required.iter().find_map(|(local, requirement)| {
            let source = requirement["source"].as_str()?;
            let rest = provider.strip_prefix("registry.terraform.io/").filter(|_| source.matches('/').count() == 1);
            let alias = rest.unwrap_or(provider).strip_prefix(source)?;
            let alias = if alias.is_empty() { None } else { Some(alias.strip_prefix('.')?) };
            let blocks = &json["provider"][local];
            let blocks = blocks.as_array().map_or_else(|| vec![blocks.clone()], Clone::clone);
            let found = blocks.into_iter().find(|block| block.is_object() && block["alias"].as_str() == alias);
            let plain = found.as_ref().is_none_or(|block| !block.to_string().contains("${"));
            let known = found.is_some() || alias.is_none();
            (plain && known).then(|| (local.clone(), requirement.clone(), found))
        })
    })
}

/// Refuses a provider of another region or account than the resources: it would not find them, and Terraform would forget them.
fn check_place(session: &Session, orphan: &Orphan, block: &Option<Json>) -> Result<(), String> {
    let region = block.as_ref().and_then(|block| block["region"].as_str()).unwrap_or(&session.options.region);
    let instances = resources(&orphan.state).flat_map(|resource| resource["instances"].as_array().into_iter().flatten());
    for arn in instances.filter_map(|instance| instance["attributes"]["arn"].as_str()) {
        let parts: Vec<&str> = arn.split(':').collect();
        let [_, _, _, of_region, of_account, ..] = parts.as_slice() else { continue };
        let elsewhere = |of: &str, here: &str| !of.is_empty() && !here.is_empty() && of != here;
        if elsewhere(of_region, region) || elsewhere(of_account, &session.options.account) {
            return Err(format!(
                "`{arn}` is not in the account {} and the region {region}, which the stacks have now: destroy it with Terraform",
                session.options.account
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_of_a_state_are_found_in_the_stacks() {
        let resource = |provider: &str| json!({"mode": "managed", "type": "t", "provider": provider});
        let state = json!({"resources": [
            resource("provider[\"registry.terraform.io/hashicorp/aws\"]"),
            resource("module.m.provider[\"registry.terraform.io/hashicorp/aws\"].us"),
            resource("provider[\"terraform.io/builtin/terraform\"]"),
            {"mode": "data", "type": "d", "provider": "provider[\"registry.terraform.io/x/y\"]"}]});
        let used: Vec<_> = used(&state).into_iter().collect();
        assert_eq!(used, ["registry.terraform.io/hashicorp/aws", "registry.terraform.io/hashicorp/aws.us"]);

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cdk.tf.json");
        let text = json!({"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}, "null": {"source": "hashicorp/null"}}},
            "provider": {"aws": [{"region": "sa-east-1"}, {"alias": "us", "region": "${var.us}"}]}});
        std::fs::write(&file, text.to_string()).unwrap();
        let folder = Folder::read("a", folder.path(), &file).unwrap();
        let siblings = [(&folder, text)];
        let (local, _, block) = configured(&siblings, &used[0]).unwrap();
        assert_eq!((local.as_str(), &block.unwrap()["region"]), ("aws", &json!("sa-east-1")));
        assert_eq!(configured(&siblings, &used[1]), None, "its region is not known without the stack");
        assert!(configured(&siblings, "registry.terraform.io/hashicorp/null").unwrap().2.is_none());
        assert_eq!(configured(&siblings, "registry.terraform.io/hashicorp/awscc"), None);
    }
}
