//! `backend down`.
//!
//! Steps, any of which can be the first after an interrupt: move the state back into a file; allow Terraform to empty the
//! bucket; destroy bucket and lock table; remove the file.

use std::process::ExitCode;

use anyhow::bail;
use oleoduto_runner::Selection;

use super::bucket::Bucket;
use super::contents::Contents;
use super::status::more;
use super::table;
use super::target::{BackendTarget, Opening, approval, check};
use crate::files::remove;

const QUESTION: &str = "destroy the bucket of states; there is no undo";

pub(super) async fn down(target: &BackendTarget, yes: bool) -> anyhow::Result<ExitCode> {
    let bucket = Bucket::of(&target.place).await;
    if !bucket.exists(target).await? {
        return finish_without_bucket(target, yes).await;
    }
    let own = target.key();
    let contents = bucket.contents(&target.words).await?;
    refuse_what_is_used(target, &contents)?;
    let in_bucket = contents.states.iter().any(|state| state.key == own);
    if !in_bucket && !target.local_state().is_file() {
        bail!(
            "the bucket `{}` does not hold its own state, so Terraform can't destroy it: adopt it with `{}` first",
            target.place.name,
            target.words.command("backend up")
        );
    }
    errln!(
        "destroying the bucket `{}` with every version in it, and {} empty states of environments",
        target.place.name,
        contents.states.len() - usize::from(in_bucket)
    );
    let opening = || async { anyhow::Ok(Opening { statements: bucket.other_statements().await?, ..Opening::default() }) };
    // Its state can't be in the bucket that is destroyed: it moves into a file first. The state says whether Terraform may
    // empty the bucket, so that is applied before the destroy.
    let init: &[&str] = if in_bucket { &["-migrate-state", "-force-copy"] } else { &["-reconfigure"] };
    if in_bucket {
        let runner = target.open(target.remote(), opening().await?, &["-reconfigure"])?;
        check(&runner.init(&Selection::default()).await?)?;
    }
    let runner = target.open(target.local(), Opening { disposable: true, ..opening().await? }, init)?;
    check(&runner.apply(&Selection::default(), approval(yes, "let Terraform delete the bucket with everything in it")).await?)?;
    // An apply may have begun in the meantime.
    refuse_what_is_used(target, &bucket.contents(&target.words).await?)?;
    check(&runner.destroy(&Selection::default(), approval(yes, QUESTION)).await?)?;
    if bucket.exists(target).await? {
        bail!("the bucket `{}` still exists after the destroy", target.place.name);
    }
    remove(&target.folder())?;
    outln!("the bucket `{}` is destroyed", target.place.name);
    Ok(ExitCode::SUCCESS)
}

/// A destroy that was killed can leave the lock table, which only the state in the file contains.
async fn finish_without_bucket(target: &BackendTarget, yes: bool) -> anyhow::Result<ExitCode> {
    if super::up::read_local(target)?.is_some() {
        errln!("the bucket `{}` does not exist any more; destroying the other resources of its state", target.place.name);
        let runner = target.open(target.local(), Opening { disposable: true, ..Opening::default() }, &["-reconfigure"])?;
        check(&runner.destroy(&Selection::default(), approval(yes, QUESTION)).await?)?;
    }
    if let (Some(name), true) = (&target.dynamodb_table, table::exists(target).await?) {
        bail!(
            "the bucket `{}` does not exist, but the lock table `{name}` does, and no state here contains it",
            target.place.name
        );
    }
    remove(&target.folder())?;
    outln!("the bucket `{}` does not exist: nothing to do", target.place.name);
    Ok(ExitCode::SUCCESS)
}

/// Refuse to lose states of resources that exist or are being created, and objects that are not states.
fn refuse_what_is_used(target: &BackendTarget, contents: &Contents) -> anyhow::Result<()> {
    let own = target.key();
    let used: String = contents
        .states
        .iter()
        .filter(|state| state.key != own || state.lock.is_some())
        .filter_map(|state| state.keeps_the_bucket().map(|why| format!("\n  {}: {why}", state.key)))
        .collect();
    let program = &target.words.program;
    if !used.is_empty() {
        bail!(
            "the bucket `{}` holds states that are in use; destroy their resources first (`{program} destroy --env NAME`), free \
             the locks of runs that were killed (`{program} unlock --env NAME`, `{program} backend unlock`), and restore deleted \
             states or delete them for good:{used}",
            target.place.name
        );
    }
    if let [first, rest @ ..] = contents.others.as_slice() {
        bail!(
            "the bucket `{}` holds objects that are not states: {first}{}. Move them away first",
            target.place.name,
            more(rest.len())
        );
    }
    Ok(())
}
