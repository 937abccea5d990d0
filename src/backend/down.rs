//! `backend down`.
//!
//! The steps, each of which can be the first after an interrupt: the state back into a file; S3 told that the bucket may
//! be emptied; bucket and lock table destroyed; the file removed.

use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::bucket::Bucket;
use super::contents::Contents;
use super::status::more;
use super::{Opening, Target, approval, check, table};

const QUESTION: &str = "destroy the bucket of states; there is no undo";

pub(crate) async fn down(target: &Target, yes: bool) -> anyhow::Result<ExitCode> {
    let bucket = Bucket::of(&target.state, &target.region).await;
    if !bucket.exists(&target.account).await? {
        return finish_without_bucket(target, yes).await;
    }
    let own = target.key();
    let contents = bucket.contents().await?;
    refuse_what_is_used(target, &contents)?;
    let in_bucket = contents.states.iter().any(|state| state.key == own);
    if !in_bucket && !target.local_state().is_file() {
        bail!(
            "`{}` holds no state of its own, so Terraform does not know it: adopt it with `oleoduto backend up` first",
            target.state.bucket
        );
    }
    eprintln!(
        "the bucket `{}` goes with every version in it, {} empty states of environments among them",
        target.state.bucket,
        contents.states.len() - usize::from(in_bucket)
    );
    let opening = || async { anyhow::Ok(Opening { statements: bucket.other_statements().await?, ..Opening::default() }) };
    // Its state can't go with the bucket: back into a file first. What S3 may delete is in the state, so it is applied
    // before the destroy.
    let init: &[&str] = if in_bucket { &["-migrate-state", "-force-copy"] } else { &["-reconfigure"] };
    if in_bucket {
        let runner = target.open(target.remote(), opening().await?, &["-reconfigure"])?;
        check(&runner.init(&[]).await?)?;
    }
    let runner = target.open(target.local(), Opening { disposable: true, ..opening().await? }, init)?;
    check(&runner.apply(&[], approval(yes, "let Terraform delete the bucket with everything in it")).await?)?;
    // Between the first look and now an apply may have begun: once more, and only then the end of everything.
    refuse_what_is_used(target, &bucket.contents().await?)?;
    check(&runner.destroy(&[], approval(yes, QUESTION)).await?)?;
    if bucket.exists(&target.account).await? {
        bail!("the bucket `{}` is still there after the destroy", target.state.bucket);
    }
    remove_folder(target)?;
    println!("the bucket `{}` is gone", target.state.bucket);
    Ok(ExitCode::SUCCESS)
}

/// A destroy that was killed can leave the lock table, which only the state in the file knows.
async fn finish_without_bucket(target: &Target, yes: bool) -> anyhow::Result<ExitCode> {
    if super::up::read_local(target)?.is_some() {
        eprintln!("the bucket `{}` is gone already; destroying what else its state names", target.state.bucket);
        let runner = target.open(target.local(), Opening { disposable: true, ..Opening::default() }, &["-reconfigure"])?;
        check(&runner.destroy(&[], approval(yes, QUESTION)).await?)?;
    }
    if let (Some(name), true) = (&target.state.dynamodb_table, table::exists(target).await?) {
        bail!("there is no bucket `{}`, but the lock table `{name}` exists and no state here knows it", target.state.bucket);
    }
    remove_folder(target)?;
    println!("there is no bucket `{}`: nothing to do", target.state.bucket);
    Ok(ExitCode::SUCCESS)
}

/// Nothing may be lost that somebody needs: states of things that exist or are being made, and objects that are not ours.
fn refuse_what_is_used(target: &Target, contents: &Contents) -> anyhow::Result<()> {
    let own = target.key();
    let used: String = contents
        .states
        .iter()
        .filter(|state| state.key != own || state.lock.is_some())
        .filter_map(|state| state.keeps_the_bucket().map(|why| format!("\n  {}: {why}", state.key)))
        .collect();
    if !used.is_empty() {
        bail!(
            "`{}` holds states that are in use; destroy what they hold first (`oleoduto destroy --env NAME`), free locks of \
             runs that are dead (`oleoduto unlock --env NAME`, `oleoduto backend unlock`), restore or delete for good what was \
             deleted:{used}",
            target.state.bucket
        );
    }
    if let [first, rest @ ..] = contents.others.as_slice() {
        bail!("`{}` holds objects that are not states: {first}{}. Move them away first", target.state.bucket, more(rest.len()));
    }
    Ok(())
}

fn remove_folder(target: &Target) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(&target.folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", target.folder.display()))
        }
        _ => Ok(()),
    }
}
