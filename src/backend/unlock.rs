//! `backend unlock`: the lock of the backend's own state, which a killed `up` or `down` leaves.

use std::process::ExitCode;

use anyhow::bail;
use oleoduto_backend::STACK;

use super::bucket::Bucket;
use super::{Opening, Target, approval};
use crate::runner::lock_line;

pub(crate) async fn unlock(target: &Target, yes: bool) -> anyhow::Result<ExitCode> {
    let bucket = Bucket::of(&target.state, &target.region).await;
    let in_bucket = bucket.exists(&target.account).await? && bucket.has(&target.key()).await?;
    let state = if in_bucket { target.remote() } else { target.local() };
    let runner = target.open(state, Opening::default(), &["-reconfigure"])?;
    let Some((_, lock)) = runner.locks(&[]).await?.into_iter().next() else {
        println!("the state of the backend is not locked");
        return Ok(ExitCode::SUCCESS);
    };
    eprintln!("{}", lock_line("the state of the backend", &lock));
    let agreed = match approval(yes, "free this lock, though whoever holds it may still be writing") {
        oleoduto_runner::Approval::Given => true,
        oleoduto_runner::Approval::Ask(ask) => ask(&[]),
        oleoduto_runner::Approval::Nobody => false,
    };
    if !agreed {
        bail!("the lock is left as it is: make sure that nobody works with the backend, then give --yes");
    }
    let report = runner.unlock(STACK, &lock).await?;
    report.commands.iter().for_each(|command| eprintln!("$ {command}"));
    if !report.result.is_good() {
        crate::runner::failure(&report);
        bail!("the lock could not be freed");
    }
    println!("freed the state of the backend");
    Ok(ExitCode::SUCCESS)
}
