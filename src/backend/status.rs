//! `backend status`.

use std::process::ExitCode;

use serde::Serialize;

use super::Target;
use super::bucket::{Bucket, StateObject};
use crate::runner::lock_line;

/// Something is missing or unsafe.
const UNSAFE: u8 = 2;

/// What there is to know of the bucket.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    /// Its name.
    pub(crate) bucket: String,
    region: String,
    account: String,
    /// Whether it exists.
    pub(crate) exists: bool,
    /// `s3` (use_lockfile), or `dynamodb:TABLE`.
    locking: String,
    /// What is missing of its protection.
    pub(crate) weaknesses: Vec<String>,
    states: Vec<StateObject>,
}

/// Look at the bucket.
pub(crate) async fn inspect(target: &Target) -> anyhow::Result<Status> {
    let bucket = Bucket::of(target).await;
    let exists = bucket.exists(target).await?;
    Ok(Status {
        bucket: target.state.bucket.clone(),
        region: target.region.clone(),
        account: target.account.clone(),
        exists,
        locking: target.state.dynamodb_table.as_ref().map_or_else(|| "s3".to_owned(), |table| format!("dynamodb:{table}")),
        weaknesses: if exists { bucket.weaknesses().await? } else { Vec::new() },
        states: if exists { bucket.states().await? } else { Vec::new() },
    })
}

pub(crate) async fn status(target: &Target, json: bool) -> anyhow::Result<ExitCode> {
    let status = inspect(target).await?;
    let good = status.exists && status.weaknesses.is_empty();
    if json {
        println!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        show(&status);
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(UNSAFE) })
}

fn show(status: &Status) {
    println!("bucket   {} ({}, account {})", status.bucket, status.region, status.account);
    if !status.exists {
        println!("         it does not exist: make it with `oleoduto backend up`");
        return;
    }
    println!("locking  {}", status.locking);
    match status.weaknesses.as_slice() {
        [] => println!("safety   encrypted, versioned, private, TLS only"),
        weaknesses => {
            weaknesses.iter().for_each(|weakness| println!("safety   {weakness}"));
            println!("         put it right with `oleoduto backend up`");
        }
    }
    for state in &status.states {
        let modified = state.modified.as_deref().unwrap_or("");
        println!("state    {} ({} resources, serial {}, {modified})", state.key, state.resources, state.serial);
        if let Some(lock) = &state.lock {
            println!("         {}", lock_line("it", lock));
        }
    }
}
