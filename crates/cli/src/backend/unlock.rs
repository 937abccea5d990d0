//! `backend unlock`: the lock of the backend's own state, which an `up` or `down` leaves that was killed.

use std::process::ExitCode;

use anyhow::bail;
use oleoduto_backend::STACK;
use oleoduto_runner::Selection;

use super::bucket::Bucket;
use super::target::{BackendTarget, Opening, approval};
use crate::show::{failure, lock_in_words};

pub(super) async fn unlock(target: &BackendTarget, yes: bool) -> anyhow::Result<ExitCode> {
    let bucket = Bucket::of(&target.place).await;
    let in_bucket = bucket.exists(target).await? && bucket.has(&target.key()).await?;
    let state = if in_bucket { target.remote() } else { target.local() };
    let runner = target.open(state, Opening::default(), &["-reconfigure"])?;
    let Some((_, lock)) = runner.locks(&Selection::default()).await?.into_iter().next() else {
        outln!("the state of the backend is not locked");
        return Ok(ExitCode::SUCCESS);
    };
    errln!("{}", lock_in_words("the state of the backend", &lock));
    let agreed = match approval(yes, "free this lock, although its holder may still be writing") {
        oleoduto_runner::Approval::Given => true,
        oleoduto_runner::Approval::Ask(ask) => ask(&[]),
        oleoduto_runner::Approval::Nobody | oleoduto_runner::Approval::Plans(_) => false,
    };
    if !agreed {
        bail!("the lock was not freed: make sure that nobody works with the backend, then give --yes");
    }
    let report = runner.unlock(STACK, &lock).await?;
    report.commands.iter().for_each(|command| errln!("$ {command}"));
    if !report.result.is_good() {
        failure(&report);
        bail!("the lock could not be freed");
    }
    outln!("freed the state of the backend");
    Ok(ExitCode::SUCCESS)
}
