//! The bucket that the stacks of a program name as their backend.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use oleoduto_cdk::Synthesized;
use serde_json::Value as Json;

use super::bucket_place::BucketPlace;
use super::target::{BackendTarget, BackendWords};
use crate::caller::Caller;
use crate::jsonencode::configuration;
use crate::program::Program;

/// The arguments of an S3 backend that do not differ between the stacks of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    place: BucketPlace,
    kms_key_id: Option<String>,
    dynamodb_table: Option<String>,
}

/// A program whose stacks have their states in a bucket.
pub trait BucketProgram: Program {
    /// The bucket of its states; `wanted` chooses one of several. Unless a program knows more, its stacks say it.
    ///
    /// # Errors
    /// No stack has its state in a bucket, several have, or the credentials are of another account.
    fn backend(&self, settings: &Self::Settings, wanted: Option<&str>) -> impl Future<Output = anyhow::Result<BackendTarget>> {
        of_stacks(self, settings, wanted)
    }
}

/// The bucket that the stacks name.
async fn of_stacks<P: Program + ?Sized>(
    program: &P,
    settings: &P::Settings,
    wanted: Option<&str>,
) -> anyhow::Result<BackendTarget> {
    let Found { place, kms_key_id, dynamodb_table } = choose(&found(&program.synthesize(settings)?)?, wanted)?;
    let caller = Caller::ask(&place.region, None).await?;
    let expected = program.owner(settings).account;
    if !expected.is_empty() && caller.account != expected {
        bail!(
            "the credentials belong to account {} ({}), not to {expected}: log in to {expected} (AWS_PROFILE chooses a profile), or give \
             another --account. Nothing was done",
            caller.account,
            caller.arn
        );
    }
    Ok(BackendTarget {
        account: caller.account,
        kms_key_id,
        dynamodb_table,
        // The same for every program with states in the bucket: they must agree on its own state.
        project: place.name.clone(),
        place,
        root: program.root()?,
        terraform: program.terraform().to_owned(),
        words: BackendWords { program: program.name().to_owned(), setting: "the stacks' backend".to_owned(), next: None },
    })
}

/// The buckets of the stacks, by name.
fn found(output: &Synthesized) -> anyhow::Result<BTreeMap<String, Found>> {
    let mut buckets: BTreeMap<String, Found> = BTreeMap::new();
    for stack in &output.stacks {
        let json = configuration(stack)?;
        let Some(bucket) = bucket(&json["terraform"]["backend"]["s3"]) else { continue };
        let name = bucket.place.name.clone();
        match buckets.get(&name) {
            Some(other) if *other != bucket => bail!(
                "stack `{}` reaches the bucket `{name}` with another region, profile, role, key or lock table than the stacks before it: \
                 give all of them the same",
                stack.name
            ),
            _ => drop(buckets.insert(name, bucket)),
        }
    }
    Ok(buckets)
}

/// The bucket in the arguments of an S3 backend.
fn bucket(arguments: &Json) -> Option<Found> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let place = BucketPlace {
        name: text(&arguments["bucket"])?,
        region: text(&arguments["region"])?,
        profile: text(&arguments["profile"]),
        role_arn: text(&arguments["assume_role"]["role_arn"]),
    };
    Some(Found { place, kms_key_id: text(&arguments["kms_key_id"]), dynamodb_table: text(&arguments["dynamodb_table"]) })
}

fn choose(buckets: &BTreeMap<String, Found>, wanted: Option<&str>) -> anyhow::Result<Found> {
    let names = || buckets.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (wanted, buckets.values().collect::<Vec<_>>().as_slice()) {
        (_, []) => bail!("no stack has a backend `s3` with a bucket and a region: declare the stacks with `Backend::S3`"),
        (None, [one]) => Ok((*one).clone()),
        (None, _) => bail!("the stacks have their states in several buckets ({}): choose one with --bucket", names()),
        (Some(name), _) => buckets
            .get(name)
            .cloned()
            .with_context(|| format!("no stack has its state in the bucket `{name}`, but in {}", names())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use oleoduto_cdk::{App, Backend, S3Backend};

    fn buckets(states: &[Backend]) -> anyhow::Result<BTreeMap<String, Found>> {
        let mut app = App::new();
        for (index, state) in states.iter().enumerate() {
            app.stack(&format!("stack{index}"), state.clone());
        }
        found(&app.synth()?)
    }

    fn refusal(buckets: &BTreeMap<String, Found>, wanted: Option<&str>) -> String {
        choose(buckets, wanted).unwrap_err().to_string()
    }

    fn s3(bucket: &str, key: &str) -> S3Backend {
        S3Backend::new(bucket, key, "eu-west-1")
    }

    #[test]
    fn the_stacks_say_which_bucket_it_is() {
        let local = || Backend::Local { path: "x.tfstate".into() };
        let one = buckets(&[s3("a", "1").kms_key_id("k").into(), s3("a", "2").kms_key_id("k").into(), local()]).unwrap();
        let chosen = choose(&one, None).unwrap();
        assert_eq!((chosen.place.name.as_str(), chosen.place.region.as_str()), ("a", "eu-west-1"));
        assert_eq!(chosen.kms_key_id.as_deref(), Some("k"));
        assert!(refusal(&BTreeMap::new(), None).contains("no stack has a backend `s3`"));
        let two = buckets(&[s3("a", "1").into(), s3("b", "1").profile("p").into()]).unwrap();
        assert!(refusal(&two, None).contains("several buckets (`a`, `b`): choose one with --bucket"));
        assert!(refusal(&two, Some("c")).contains("no stack has its state in the bucket `c`, but in `a`, `b`"));
        assert_eq!(choose(&two, Some("b")).unwrap().place.profile.as_deref(), Some("p"));
    }

    #[test]
    fn one_bucket_is_reached_in_one_way() {
        let error = buckets(&[s3("a", "1").into(), s3("a", "2").dynamodb_table("locks").into()]).unwrap_err().to_string();
        assert!(error.contains("stack `stack1` reaches the bucket `a` with another region"), "{error}");
    }
}
