//! `backend down`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::bucket::Bucket;
use super::{Target, approval, check};

pub(crate) async fn down(target: &Target, yes: bool) -> anyhow::Result<ExitCode> {
    let bucket = Bucket::of(target).await;
    if !bucket.exists(target).await? {
        remove_folder(target)?;
        println!("there is no bucket `{}`: nothing to do", target.state.bucket);
        return Ok(ExitCode::SUCCESS);
    }
    let own = target.key();
    let states = bucket.states().await?;
    let used: Vec<_> = states.iter().filter(|state| state.key != own && state.resources > 0).collect();
    if !used.is_empty() {
        let list: String = used.iter().map(|state| format!("\n  {} ({} resources)", state.key, state.resources)).collect();
        bail!(
            "`{}` holds states of things that exist; destroy these first (`oleoduto destroy --env NAME`):{list}",
            target.state.bucket
        );
    }
    if let Some(locked) = states.iter().find(|state| state.lock.is_some()) {
        bail!("the state {} is locked: somebody works with it (`oleoduto unlock` says who)", locked.key);
    }
    let in_bucket = states.iter().any(|state| state.key == own);
    if !in_bucket && !target.local_state().is_file() {
        bail!(
            "`{}` holds no state of its own, so Terraform does not know it: adopt it with `oleoduto backend up` first",
            target.state.bucket
        );
    }
    eprintln!(
        "the bucket `{}` goes with every version in it, {} empty states of environments among them",
        target.state.bucket,
        states.len() - usize::from(in_bucket)
    );
    // Its state can't go with the bucket: back into a file first. What S3 may delete is in the state, so it is applied
    // before the destroy.
    let init: &[&str] = if in_bucket { &["-migrate-state", "-force-copy"] } else { &["-reconfigure"] };
    if in_bucket {
        let runner = target.open(target.remote(), false, false, &["-reconfigure"])?;
        check(&runner.init(&[]).await?)?;
    }
    let runner = target.open(target.local(), false, true, init)?;
    check(&runner.apply(&[], approval(yes, "let Terraform delete the bucket with everything in it")).await?)?;
    check(&runner.destroy(&[], approval(yes, "destroy the bucket of states; there is no undo")).await?)?;
    if bucket.exists(target).await? {
        bail!("the bucket `{}` is still there after the destroy", target.state.bucket);
    }
    remove_folder(target)?;
    println!("the bucket `{}` is gone", target.state.bucket);
    Ok(ExitCode::SUCCESS)
}

fn remove_folder(target: &Target) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(&target.folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", target.folder.display()))
        }
        _ => Ok(()),
    }
}
