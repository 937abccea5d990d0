//! `backend status`.

use std::process::ExitCode;

use serde::Serialize;

use super::bucket::Bucket;
use super::contents::Contents;
use super::table;
use super::target::BackendTarget;
use crate::show::lock_in_words;

/// Something is missing or unsafe.
const UNSAFE: u8 = 2;

/// The bucket, its protection and its contents.
#[derive(Debug, Serialize)]
pub struct Status {
    /// Its name.
    pub bucket: String,
    region: String,
    account: String,
    /// Whether it exists.
    pub exists: bool,
    /// `s3` (use_lockfile), or `dynamodb:TABLE`.
    locking: String,
    /// Missing protection.
    pub weaknesses: Vec<String>,
    #[serde(flatten)]
    contents: Contents,
}

/// Look at the bucket.
///
/// # Errors
/// It belongs to another account or region, or S3 refuses.
pub async fn inspect(target: &BackendTarget) -> anyhow::Result<Status> {
    let bucket = Bucket::of(&target.place).await;
    let exists = bucket.exists(target).await?;
    let mut weaknesses = Vec::new();
    let mut contents = Contents::default();
    if exists {
        weaknesses = bucket.weaknesses(target.kms_key_id.as_deref()).await?;
        contents = bucket.contents(&target.words).await?;
        if let Some(name) = &target.dynamodb_table
            && !table::exists(target).await?
        {
            weaknesses.push(format!("the lock table `{name}` does not exist"));
        }
    }
    Ok(Status {
        bucket: target.place.name.clone(),
        region: target.place.region.clone(),
        account: target.account.clone(),
        exists,
        locking: target.dynamodb_table.as_ref().map_or_else(|| "s3".to_owned(), |table| format!("dynamodb:{table}")),
        weaknesses,
        contents,
    })
}

pub(super) async fn status(target: &BackendTarget, json: bool) -> anyhow::Result<ExitCode> {
    let status = inspect(target).await?;
    let whole = status.contents.states.iter().all(|state| state.trouble.is_none() || state.lock.is_some());
    let good = status.exists && status.weaknesses.is_empty() && whole;
    if json {
        outln!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        show(&status, &target.words.command("backend up"));
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(UNSAFE) })
}

fn show(status: &Status, up: &str) {
    outln!("bucket   {} ({}, account {})", status.bucket, status.region, status.account);
    if !status.exists {
        outln!("         it does not exist: create it with `{up}`");
        return;
    }
    outln!("locking  {}", status.locking);
    match status.weaknesses.as_slice() {
        [] => outln!("safety   encrypted, versioned, private, TLS only"),
        weaknesses => {
            weaknesses.iter().for_each(|weakness| outln!("safety   {weakness}"));
            outln!("         correct this with `{up}`");
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
