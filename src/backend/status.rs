//! `backend status`.

use std::process::ExitCode;

use serde::Serialize;

use super::bucket::Bucket;
use super::contents::Contents;
use super::table;
use super::target::BackendTarget;
use oleoduto_cli::lock_in_words;

/// Something is missing or unsafe.
const UNSAFE: u8 = 2;

/// The bucket, its protection and its contents.
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
    /// Missing protection.
    pub(crate) weaknesses: Vec<String>,
    #[serde(flatten)]
    contents: Contents,
}

/// Look at the bucket.
pub(crate) async fn inspect(target: &BackendTarget) -> anyhow::Result<Status> {
    let bucket = Bucket::of(&target.state, &target.region).await;
    let exists = bucket.exists(&target.account).await?;
    let mut weaknesses = Vec::new();
    let mut contents = Contents::default();
    if exists {
        weaknesses = bucket.weaknesses(target.state.kms_key_id.as_deref()).await?;
        contents = bucket.contents().await?;
        if let Some(name) = &target.state.dynamodb_table
            && !table::exists(target).await?
        {
            weaknesses.push(format!("the lock table `{name}` does not exist"));
        }
    }
    Ok(Status {
        bucket: target.state.bucket.to_string(),
        region: target.region.to_string(),
        account: target.account.to_string(),
        exists,
        locking: target.state.dynamodb_table.as_ref().map_or_else(|| "s3".to_owned(), |table| format!("dynamodb:{table}")),
        weaknesses,
        contents,
    })
}

pub(crate) async fn status(target: &BackendTarget, json: bool) -> anyhow::Result<ExitCode> {
    let status = inspect(target).await?;
    let whole = status.contents.states.iter().all(|state| state.trouble.is_none() || state.lock.is_some());
    let good = status.exists && status.weaknesses.is_empty() && whole;
    if json {
        outln!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        show(&status);
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(UNSAFE) })
}

fn show(status: &Status) {
    outln!("bucket   {} ({}, account {})", status.bucket, status.region, status.account);
    if !status.exists {
        outln!("         it does not exist: create it with `oleoduto backend up`");
        return;
    }
    outln!("locking  {}", status.locking);
    match status.weaknesses.as_slice() {
        [] => outln!("safety   encrypted, versioned, private, TLS only"),
        weaknesses => {
            weaknesses.iter().for_each(|weakness| outln!("safety   {weakness}"));
            outln!("         correct this with `oleoduto backend up`");
        }
    }
    for state in &status.contents.states {
        let modified = state.modified.as_deref().unwrap_or("");
        match &state.trouble {
            None => outln!("state    {} ({} resources, serial {}, {modified})", state.key, state.resources, state.serial),
            Some(trouble) => outln!("state    {}: {trouble}", state.key),
        }
        if let Some(lock) = &state.lock {
            outln!("         {}", lock_in_words("it", lock));
        }
    }
    match status.contents.others.as_slice() {
        [] => {}
        [first, rest @ ..] => outln!("other    {first}{}", more(rest.len())),
    }
}

/// ` and 3 more objects`.
pub(super) fn more(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " and one more object".to_owned(),
        count => format!(" and {count} more objects"),
    }
}
