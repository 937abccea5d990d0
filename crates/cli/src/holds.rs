//! What a destroy would stop at: buckets with objects and repositories with images that Terraform may not empty, and policies
//! that somebody outside uses (`holds_iam.rs`).
//!
//! It is looked at before anything is destroyed. Otherwise a bucket loses its protections before AWS refuses to delete it.

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use oleoduto_runner::{AwsAccess, Runner, Selection, StateResource};
use serde_json::json;

use crate::aws_call::ECR;
use crate::holds_iam::Policies;

/// Refuse if something would stop the destroy; nothing is touched then.
pub(crate) async fn look(runner: &Runner, selection: &Selection, region: &str, help: &str) -> anyhow::Result<()> {
    let resources = runner.resources(selection).await?;
    let kept: Vec<&StateResource> = resources.iter().filter(|resource| keeps(resource)).collect();
    let used = Policies::of(&resources);
    if kept.is_empty() && used.is_empty() {
        return Ok(());
    }
    let access = AwsAccess { region, profile: None, role: None, endpoint: None, keys: None, timeouts: None };
    let config = access.config().await;
    let s3 = aws_sdk_s3::Client::new(&config);
    let mut held = Vec::new();
    for resource in kept {
        let found = match resource.kind.as_str() {
            BUCKET => objects(&s3, name(resource, "bucket")).await,
            _ => images(&config, name(resource, "name")).await,
        };
        let found = found.with_context(|| format!("whether `{}` is empty could not be looked at", resource.address))?;
        held.extend(found.map(|what| format!("  {}: {} holds {what}", resource.stack, resource.address)));
    }
    let data = if held.is_empty() { String::new() } else { format!("\n  help: {help}") };
    let from_outside = used.used_from_outside(&config).await?;
    let detach = if from_outside.is_empty() { "" } else { "\n  help: detach the policies, and destroy again" };
    held.extend(from_outside);
    if held.is_empty() {
        return Ok(());
    }
    bail!("nothing was destroyed, because AWS would refuse a part of it:\n{}{data}{detach}", held.join("\n"))
}

const BUCKET: &str = "aws_s3_bucket";

/// Whether Terraform may not empty it.
fn keeps(resource: &StateResource) -> bool {
    let allowed = match resource.kind.as_str() {
        BUCKET => &resource.attributes["force_destroy"],
        "aws_ecr_repository" => &resource.attributes["force_delete"],
        _ => return false,
    };
    allowed.as_bool() != Some(true)
}

/// An attribute that is a text.
fn name<'a>(resource: &'a StateResource, attribute: &str) -> &'a str {
    resource.attributes[attribute].as_str().unwrap_or_default()
}

/// A bucket that is gone holds nothing.
async fn objects(s3: &aws_sdk_s3::Client, bucket: &str) -> anyhow::Result<Option<&'static str>> {
    match s3.list_object_versions().bucket(bucket).max_keys(1).send().await {
        Ok(page) if page.versions().is_empty() && page.delete_markers().is_empty() => Ok(None),
        Ok(_) => Ok(Some("objects or versions of objects")),
        Err(error) if error.as_service_error().and_then(|error| error.meta().code()) == Some("NoSuchBucket") => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A repository that is gone holds nothing.
async fn images(sdk: &SdkConfig, repository: &str) -> anyhow::Result<Option<&'static str>> {
    match ECR.json(sdk, "ListImages", &json!({"repositoryName": repository, "maxResults": 1})).await {
        Ok(page) => Ok(page["imageIds"].as_array().is_some_and(|images| !images.is_empty()).then_some("images")),
        Err(refused) if refused.is("RepositoryNotFoundException") => Ok(None),
        Err(refused) => Err(refused.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws_call::fake::Service;

    #[tokio::test]
    async fn a_repository_holds_images_until_it_is_empty_or_gone() {
        let full = r#"{"imageIds": [{"imageDigest": "sha256:1", "imageTag": "a"}], "nextToken": "t"}"#;
        let gone = r#"{"__type": "RepositoryNotFoundException", "message": "none"}"#;
        let denied = r#"{"__type": "AccessDeniedException", "message": "no"}"#;
        let service = Service::with(&[(200, full), (200, r#"{"imageIds": []}"#), (400, gone), (400, denied)]).await;
        for expected in [Some("images"), None, None] {
            assert_eq!(images(&service.sdk, "ml").await.unwrap(), expected);
        }
        assert_eq!(images(&service.sdk, "ml").await.unwrap_err().to_string(), "no (AccessDeniedException)");
        let asked = &service.asked()[0];
        assert!(asked.head.contains("x-amz-target: amazonec2containerregistry_v20150921.listimages"), "{}", asked.head);
        assert_eq!(asked.body, r#"{"maxResults":1,"repositoryName":"ml"}"#);
    }
}
