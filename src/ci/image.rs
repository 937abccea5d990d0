//! `ci image`: the repository of the image, its tag, and the digest that was pushed with that tag.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use oleoduto_cdk::Synthesized;
use serde_json::{Value as Json, json};

use super::states::States;
use crate::global::Global;
use crate::synth::{OUT, synthesize};
use oleoduto_cli::ECR;
use oleoduto_cli::aws::{PATIENT, Place};

/// The outputs with the repository and the tag of the image.
const URL: &str = "repository_url";
const TAG: &str = "image_tag";
/// The variable of the stacks that run the image.
const DIGEST: &str = "image_digest";

/// The stack with the repository of the image, if a stack has one.
pub(super) fn producer(output: &Synthesized) -> anyhow::Result<Option<String>> {
    let has = |json: &Json| json["output"].get(URL).is_some() && json["output"].get(TAG).is_some();
    Ok(stacks_where(output, has)?.into_iter().next())
}

/// The stacks that run the image by its digest.
pub(super) fn consumers(output: &Synthesized) -> anyhow::Result<Vec<String>> {
    stacks_where(output, |json| json["variable"].get(DIGEST).is_some())
}

fn stacks_where(output: &Synthesized, fits: impl Fn(&Json) -> bool) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for stack in &output.stacks {
        let json = serde_json::from_str(&stack.json).with_context(|| format!("the output of stack `{}`", stack.name))?;
        if fits(&json) {
            found.push(stack.name.clone());
        }
    }
    Ok(found)
}

/// Print lines for `$GITHUB_OUTPUT`; the digest is empty until an image is pushed.
pub(super) async fn print(global: &Global) -> anyhow::Result<ExitCode> {
    let config = global.config()?;
    let settings = config.settings(&config.root().join(OUT)).await?;
    let output = synthesize(&settings)?;
    let Some(stack) = producer(&output)? else { bail!("no stack has the outputs `{URL}` and `{TAG}`") };
    let state = States::of(config, &settings).await?.state(&stack).await?;
    let outputs = state.as_ref().map(|state| &state["outputs"]);
    let text = |name: &str| outputs.and_then(|outputs| outputs[name]["value"].as_str()).unwrap_or_default().to_owned();
    let url = text(URL);
    // Of this commit, not of the state: the stack may not have been applied since.
    let tag = tag(&output, &stack)?;
    let digest = match url.split_once('/') {
        Some((_, repository)) => {
            let sdk = Place::of(&settings.region, PATIENT).config().await;
            digest(&sdk, repository, &tag).await?
        }
        None => None,
    };
    outln!("url={url}\ntag={tag}\ndigest={}", digest.unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

fn tag(output: &Synthesized, stack: &str) -> anyhow::Result<String> {
    let json = output.stacks.iter().find(|found| found.name == stack).map(|found| serde_json::from_str::<Json>(&found.json));
    let json = json.transpose()?.unwrap_or_default();
    let tag = json["output"][TAG]["value"].as_str();
    Ok(tag.with_context(|| format!("the output `{TAG}` of stack `{stack}` is not a text"))?.to_owned())
}

/// The digest of the image with a tag; none if there is no such image.
async fn digest(sdk: &SdkConfig, repository: &str, tag: &str) -> anyhow::Result<Option<String>> {
    let input = json!({"repositoryName": repository, "imageIds": [{"imageTag": tag}]});
    match ECR.json(sdk, "DescribeImages", &input).await {
        Ok(found) => Ok(found["imageDetails"][0]["imageDigest"].as_str().map(ToOwned::to_owned)),
        Err(refused) if refused.is("ImageNotFoundException") || refused.is("RepositoryNotFoundException") => Ok(None),
        Err(refused) => Err(refused).with_context(|| format!("the image {repository}:{tag} can't be looked up")),
    }
}
