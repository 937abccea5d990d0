//! `ci empty`: delete what a `destroy` would refuse to delete.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use oleoduto_stacks::BY_HAND;
use serde_json::{Value as Json, json};

use super::states::States;
use crate::global::Global;
use crate::synth::{OUT, synthesize};
use oleoduto_cli::ECR;
use oleoduto_cli::aws::{PATIENT, Place};

/// Empty every bucket and image repository of the states.
pub(super) async fn empty(global: &Global, yes: bool) -> anyhow::Result<ExitCode> {
    let config = global.config()?;
    let settings = config.settings(&config.root().join(OUT)).await?;
    config.verify_account(&settings).await?;
    let states = States::of(config, &settings).await?;
    let sdk = Place::of(&settings.region, PATIENT).config().await;
    let s3 = aws_sdk_s3::Client::new(&sdk);
    let output = synthesize(&settings)?;
    let (mut buckets, mut repositories) = (Vec::new(), Vec::new());
    for stack in output.stacks.iter().filter(|stack| !BY_HAND.contains(&stack.name.as_str())) {
        let Some(state) = states.state(&stack.name).await? else { continue };
        buckets.extend(attributes(&state, "aws_s3_bucket", "bucket"));
        repositories.extend(attributes(&state, "aws_ecr_repository", "name"));
    }
    if buckets.is_empty() && repositories.is_empty() {
        outln!("the states contain no bucket and no image repository");
        return Ok(ExitCode::SUCCESS);
    }
    if !yes {
        bail!("everything in {} would be deleted: confirm with --yes", [buckets, repositories].concat().join(", "));
    }
    for bucket in &buckets {
        outln!("{bucket}: {} versions deleted", empty_bucket(&s3, bucket).await?);
    }
    for repository in &repositories {
        outln!("{repository}: {} images deleted", empty_repository(&sdk, repository).await?);
    }
    Ok(ExitCode::SUCCESS)
}

/// An attribute of each resource of a type in a state.
fn attributes(state: &Json, kind: &str, attribute: &str) -> Vec<String> {
    let resources = state["resources"].as_array().into_iter().flatten();
    let fitting = resources.filter(|resource| resource["mode"] == "managed" && resource["type"] == kind);
    let instances = fitting.flat_map(|resource| resource["instances"].as_array().into_iter().flatten());
    instances.filter_map(|instance| instance["attributes"][attribute].as_str().map(str::to_owned)).collect()
}

/// Delete every version and every delete marker.
async fn empty_bucket(client: &aws_sdk_s3::Client, bucket: &str) -> anyhow::Result<usize> {
    let mut deleted = 0;
    loop {
        // From the start each time: what was listed is gone.
        let page = match client.list_object_versions().bucket(bucket).send().await {
            Ok(page) => page,
            Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 404) => return Ok(deleted),
            Err(error) => return Err(error).with_context(|| format!("the versions in `{bucket}` can't be listed")),
        };
        let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
        let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        let mut objects = Vec::new();
        for (key, version) in versions.chain(markers) {
            let key = key.context("S3 listed a version without a key")?;
            objects.push(ObjectIdentifier::builder().key(key).set_version_id(version.map(str::to_owned)).build()?);
        }
        if objects.is_empty() {
            return Ok(deleted);
        }
        let count = objects.len();
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build()?;
        let answer = client.delete_objects().bucket(bucket).delete(delete).send().await;
        let answer = answer.with_context(|| format!("the versions in `{bucket}` can't be deleted"))?;
        if let [error, ..] = answer.errors() {
            bail!(
                "{} of {count} versions in `{bucket}` could not be deleted: {} ({})",
                answer.errors().len(),
                error.message().unwrap_or("no reason was given"),
                error.key().unwrap_or_default()
            );
        }
        deleted += count;
    }
}

/// Delete every image.
async fn empty_repository(sdk: &SdkConfig, repository: &str) -> anyhow::Result<usize> {
    let mut deleted = 0;
    loop {
        let page = match ECR.json(sdk, "ListImages", &json!({"repositoryName": repository, "maxResults": 100})).await {
            Ok(page) => page,
            Err(refused) if refused.is("RepositoryNotFoundException") => return Ok(deleted),
            Err(refused) => return Err(refused).with_context(|| format!("the images in `{repository}` can't be listed")),
        };
        // By digest: by tag an image with two would stay.
        let listed = page["imageIds"].as_array().into_iter().flatten();
        let mut digests: Vec<_> = listed.filter_map(|image| image["imageDigest"].as_str()).collect();
        digests.sort_unstable();
        digests.dedup();
        if digests.is_empty() {
            return Ok(deleted);
        }
        let images: Vec<_> = digests.iter().map(|digest| json!({"imageDigest": digest})).collect();
        let input = json!({"repositoryName": repository, "imageIds": images});
        let answer = ECR.json(sdk, "BatchDeleteImage", &input).await;
        let answer = answer.with_context(|| format!("the images in `{repository}` can't be deleted"))?;
        if let Some(failures @ [failure, ..]) = answer["failures"].as_array().map(Vec::as_slice) {
            bail!(
                "{} of {} images in `{repository}` could not be deleted: {}",
                failures.len(),
                digests.len(),
                failure["failureReason"].as_str().unwrap_or("no reason was given")
            );
        }
        deleted += digests.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_stack_made_is_emptied() {
        let bucket = |mode: &str, name: &str| json!({"mode": mode, "type": "aws_s3_bucket", "instances": [{"attributes": {"bucket": name}}]});
        let other = json!({"mode": "managed", "type": "aws_s3_object", "instances": [{"attributes": {"bucket": "z"}}]});
        let state = json!({"resources": [bucket("managed", "own"), bucket("data", "foreign"), other]});
        assert_eq!(attributes(&state, "aws_s3_bucket", "bucket"), ["own"]);
    }
}
