//! `backend up`.
//!
//! Steps, any of which can be the first after an interrupt: create the bucket with its state in a file; copy the state
//! into the bucket; compare the copy with the file; remove the file.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use oleoduto_runner::Selection;
use serde_json::Value as Json;

use super::bucket::Bucket;
use super::table;
use super::target::{BackendTarget, Opening, approval, check};
use crate::files::{if_present, remove};

pub(super) async fn up(target: &BackendTarget, yes: bool) -> anyhow::Result<ExitCode> {
    let bucket = Bucket::of(&target.place).await;
    let exists = bucket.exists(target).await?;
    let local = read_local(target)?;
    let statements = if exists { bucket.other_statements().await? } else { Vec::new() };
    let opening = Opening { adopt: false, adopt_table: table::exists(target).await?, disposable: false, statements };
    if exists && bucket.has(&target.key()).await? {
        // Its own state is in the bucket already: from here, or from another machine.
        if let Some(local) = &local {
            finish(target, &bucket, local).await?;
        }
        let runner = target.open(target.remote(), opening, &["-reconfigure"])?;
        check(&runner.apply(&Selection::default(), approval(yes, "change the bucket of states")).await?)?;
    } else {
        let adopt = exists && local.is_none();
        if adopt {
            errln!(
                "adopting the existing bucket `{}`; it gets the settings of a state bucket{}",
                target.place.name,
                match opening.statements.len() {
                    0 => String::new(),
                    count => format!(", and its policy keeps its {count} statements"),
                }
            );
        }
        let runner = target.open(target.local(), Opening { adopt, ..opening.clone() }, &["-reconfigure"])?;
        check(&runner.apply(&Selection::default(), approval(yes, "create the bucket of states")).await?)?;
        drop(runner);
        let local = read_local(target)?.context("Terraform left no state of the backend")?;
        let runner = target.open(target.remote(), opening, &["-migrate-state", "-force-copy"])?;
        check(&runner.apply(&Selection::default(), oleoduto_runner::Approval::Given).await?)?;
        finish(target, &bucket, &local).await?;
    }
    outln!("states are in s3://{}/ (region {}, account {})", target.place.name, target.place.region, target.account);
    if let Some(next) = &target.words.next {
        outln!("{next}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The backend's own state in its file, if the file exists and the state holds resources.
pub(super) fn read_local(target: &BackendTarget) -> anyhow::Result<Option<Json>> {
    let path = target.local_state();
    let text = if_present(std::fs::read_to_string(&path)).with_context(|| format!("can't read {}", path.display()))?;
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let state: Json = serde_json::from_str(&text).with_context(|| format!("{} is not a state", path.display()))?;
    Ok(state["resources"].as_array().is_some_and(|resources| !resources.is_empty()).then_some(state))
}

/// Remove the file if the state in the bucket holds all of its resources. Terraform gives a copied state a new lineage,
/// so only the resources can be compared.
async fn finish(target: &BackendTarget, bucket: &Bucket, local: &Json) -> anyhow::Result<()> {
    let remote = bucket.json(&target.key(), None).await?;
    let held = resources(&remote);
    if let Some((address, id)) = resources(local).difference(&held).next() {
        bail!(
            "`{address}` ({id}) is in the state {} but not in s3://{}/{}. Nothing was removed: find out which is right, move \
             the other one away, and run `{}` again",
            target.local_state().display(),
            target.place.name,
            target.key(),
            target.words.command("backend up")
        );
    }
    for name in ["backend.tfstate", "backend.tfstate.backup", "backend.tfstate.applied.json"] {
        remove(&target.folder().join(name))?;
    }
    Ok(())
}

/// Addresses and ids of a state's resources.
fn resources(state: &Json) -> BTreeSet<(String, String)> {
    let managed = state["resources"].as_array().into_iter().flatten().filter(|resource| resource["mode"] == "managed");
    let rows = managed.flat_map(|resource| {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let address = format!("{}.{}", text(&resource["type"]), text(&resource["name"]));
        let instances = resource["instances"].as_array().into_iter().flatten();
        instances.map(move |instance| (address.clone(), text(&instance["attributes"]["id"])))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_state_holds_is_compared_by_address_and_id() {
        let state = |id: &str| {
            json!({"resources": [
                {"mode": "managed", "type": "aws_s3_bucket", "name": "states", "instances": [{"attributes": {"id": id}}]},
                {"mode": "data", "type": "aws_region", "name": "current", "instances": [{"attributes": {"id": "x"}}]}
            ]})
        };
        let expected = BTreeSet::from([("aws_s3_bucket.states".to_owned(), "a".to_owned())]);
        assert_eq!(resources(&state("a")), expected);
        assert_eq!(resources(&state("a")).difference(&resources(&state("b"))).count(), 1);
    }
}
