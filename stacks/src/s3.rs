//! `s3`: the data bucket, with the scripts and packages that the jobs run.

use oleoduto_aws::private_bucket::protect;
use oleoduto_aws::s3_bucket::{S3Bucket, S3BucketRefs};
use oleoduto_aws::s3_bucket_lifecycle_configuration::{self as lifecycle, S3BucketLifecycleConfiguration};
use oleoduto_aws::s3_bucket_versioning::S3BucketVersioningRefs;
use oleoduto_aws::s3_object::{OverrideProvider, OverrideProviderDefaultTags, S3Object};
use oleoduto_aws::types::BucketArn;
use oleoduto_cdk::{App, Asset, Meta, Ref, Stack, func, text};

use crate::files::Files;
use crate::settings::Settings;
use crate::shared;

/// What other stacks use of the bucket.
pub(crate) struct Exports {
    pub(crate) bucket: Ref<String>,
    pub(crate) arn: Ref<BucketArn>,
    /// Keys of the entry scripts, by job.
    pub(crate) scripts: Vec<(&'static str, Ref<String>)>,
    /// Key of the jobs package.
    pub(crate) package: Ref<String>,
}

pub(crate) fn stack(app: &mut App, settings: &Settings, files: &Files) -> Exports {
    let (stack, shared) = shared::stack(app, settings, "s3");
    let name = text![settings.prefix(), "-", &shared.account, "-", &shared.region];
    let bucket = stack.add("data", S3Bucket::builder().bucket(name).force_destroy(settings.parameters.disposable).build());
    let versioning = protect(stack, "data", &bucket, None);

    let mut upload = |id: &str, key: &str, asset: &Asset| upload(stack, settings, &bucket, &versioning, (id, key, asset));
    let scripts = files.scripts.iter().map(|(job, asset)| (*job, upload(job, &format!("scripts/{job}.py"), asset))).collect();
    // The hash in the key makes a running job keep the package it started with.
    let package_key = format!("packages/oleoduto_jobs-{}.zip", files.package.hash().to_ascii_lowercase());
    let package = upload("package", &package_key, &files.package);
    expire(stack, settings, &bucket, &versioning);
    stack.output("bucket", bucket.bucket().text());
    Exports { bucket: bucket.bucket().text(), arn: bucket.arn(), scripts, package }
}

/// Remove old versions after a while, where the environment says so.
fn expire(stack: &mut Stack, settings: &Settings, bucket: &S3BucketRefs, versioning: &S3BucketVersioningRefs) {
    let Some(days) = settings.parameters.retention.noncurrent_days else { return };
    let expiration = lifecycle::RuleNoncurrentVersionExpiration::builder().noncurrent_days(i64::from(days)).build();
    let uploads = lifecycle::RuleAbortIncompleteMultipartUpload::builder().days_after_initiation(7).build();
    let rule = lifecycle::Rule::builder()
        .id("noncurrent-versions")
        .status("Enabled")
        .filter([lifecycle::RuleFilter::builder().prefix("").build()])
        .noncurrent_version_expiration([expiration])
        .abort_incomplete_multipart_upload([uploads])
        .build();
    let rules = S3BucketLifecycleConfiguration::builder().bucket(bucket.bucket()).rule([rule]).build();
    stack.add_with("data", rules, Meta::new().depends_on(versioning));
}

/// Upload a file. Versioning stays on for as long as there are objects: an object that was put before it, or deleted
/// after it was suspended, leaves a version that keeps the bucket from being destroyed.
fn upload(
    stack: &mut Stack,
    settings: &Settings,
    bucket: &S3BucketRefs,
    versioning: &S3BucketVersioningRefs,
    (id, key, asset): (&str, &str, &Asset),
) -> Ref<String> {
    let source = stack.asset(asset.clone());
    let hash = func::filemd5(&source);
    let object = S3Object::builder().bucket(bucket.bucket()).key(key).source(source).source_hash(hash);
    let object = match settings.parameters.tags.fit_an_object() {
        true => object.build(),
        // An object takes fewer tags than anything else. Not even ours then: the provider takes those away that are
        // among the default ones.
        false => object.override_provider(no_default_tags()).build(),
    };
    stack.add_with(id, object, Meta::new().depends_on(versioning)).key().text()
}

/// The provider takes an empty map here and no other.
fn no_default_tags() -> OverrideProvider {
    let none: [(&str, &str); 0] = [];
    OverrideProvider::builder().default_tags(OverrideProviderDefaultTags::builder().tags(none).build()).build()
}
