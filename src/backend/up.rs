//! `backend up`.
//!
//! The steps, each of which can be the first after an interrupt: the bucket with its state in a file; the state copied
//! into the bucket; the copy compared with the file; the file removed.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::Value as Json;

use super::bucket::Bucket;
use super::{Opening, Target, approval, check, table};

pub(crate) async fn up(target: &Target, yes: bool) -> anyhow::Result<ExitCode> {
    let bucket = Bucket::of(&target.state, &target.region).await;
    let exists = bucket.exists(&target.account).await?;
    let local = read_local(target)?;
    let statements = if exists { bucket.other_statements().await? } else { Vec::new() };
    let opening = Opening { adopt: false, adopt_table: table::exists(target).await?, disposable: false, statements };
    if exists && bucket.has(&target.key()).await? {
        // Its own state is in the bucket already: from here, or from another machine.
        if let Some(local) = &local {
            finish(target, &bucket, local).await?;
        }
        let runner = target.open(target.remote(), opening, &["-reconfigure"])?;
        check(&runner.apply(&[], approval(yes, "change the bucket of states")).await?)?;
    } else {
        let adopt = exists && local.is_none();
        if adopt {
            eprintln!(
                "adopting the bucket `{}`, which exists; its settings become those of the state bucket{}",
                target.state.bucket,
                match opening.statements.len() {
                    0 => String::new(),
                    count => format!(", and its policy keeps the statements that it has ({count})"),
                }
            );
        }
        let runner = target.open(target.local(), Opening { adopt, ..opening.clone() }, &["-reconfigure"])?;
        check(&runner.apply(&[], approval(yes, "make the bucket of states")).await?)?;
        drop(runner);
        let local = read_local(target)?.context("Terraform left no state of the backend")?;
        let runner = target.open(target.remote(), opening, &["-migrate-state", "-force-copy"])?;
        check(&runner.apply(&[], oleoduto_runner::Approval::Given).await?)?;
        finish(target, &bucket, &local).await?;
    }
    println!("states are in s3://{}/ (region {}, account {})", target.state.bucket, target.region, target.account);
    println!(
        "write this into the environment's section of oleoduto.toml, if it is not there:\n  [env.NAME.backend]\n  type = \"s3\""
    );
    Ok(ExitCode::SUCCESS)
}

/// The backend's own state as a file, if there is one that holds anything.
pub(super) fn read_local(target: &Target) -> anyhow::Result<Option<Json>> {
    let path = target.local_state();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("can't read {}", path.display())),
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let state: Json = serde_json::from_str(&text).with_context(|| format!("{} is not a state", path.display()))?;
    Ok(state["resources"].as_array().is_some_and(|resources| !resources.is_empty()).then_some(state))
}

/// Remove the file when the state in the bucket holds everything that it holds. Terraform gives a copied state a lineage
/// of its own, so the resources are what can be compared.
async fn finish(target: &Target, bucket: &Bucket, local: &Json) -> anyhow::Result<()> {
    let remote = bucket.json(&target.key(), None).await?;
    let held = resources(&remote);
    if let Some((address, id)) = resources(local).difference(&held).next() {
        bail!(
            "`{address}` ({id}) is in the state {} but not in s3://{}/{}. Nothing was removed: look which is right, move \
             the other one away, and run `oleoduto backend up` again",
            target.local_state().display(),
            target.state.bucket,
            target.key()
        );
    }
    for name in ["backend.tfstate", "backend.tfstate.backup", "backend.tfstate.applied.json"] {
        let path = target.folder.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("can't remove {}", path.display()));
            }
            _ => {}
        }
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
