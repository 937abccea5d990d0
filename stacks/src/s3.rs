//! `s3`: the data bucket, with the scripts and packages that the jobs run.

use oleoduto_aws::private_bucket::protect;
use oleoduto_aws::s3_bucket::{S3Bucket, S3BucketRefs};
use oleoduto_aws::s3_bucket_lifecycle_configuration::{self as lifecycle, S3BucketLifecycleConfiguration};
use oleoduto_aws::s3_bucket_logging::S3BucketLogging;
use oleoduto_aws::s3_bucket_versioning::S3BucketVersioningRefs;
use oleoduto_aws::s3_object::{OverrideProvider, OverrideProviderDefaultTags, S3Object};
use oleoduto_cdk::{App, Asset, Expr, Meta, Ref, Stack, StringLike, Val, func, text};

use crate::parameters::KeyMistake;
use crate::support::files::Files;
use crate::support::folders::Folder;
use crate::support::jobs::PerJob;
use crate::support::names::{package_key, requirements_key, script_key, series_key};
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;

/// What other stacks use of the bucket.
pub(crate) struct Exports {
    pub(crate) bucket: Ref<String>,
    /// Keys of the entry scripts.
    pub(crate) scripts: PerJob<Ref<String>>,
    /// Keys of the files with what pip installs for each job.
    pub(crate) requirements: PerJob<Ref<String>>,
    /// Key of the jobs package.
    pub(crate) package: Ref<String>,
    /// Key of the file of series, if the environment has one.
    pub(crate) series: Option<Ref<String>>,
}

impl Exports {
    /// The URI of a key.
    pub(crate) fn uri<T: StringLike>(&self, key: impl Into<Expr>) -> Val<T> {
        let key: Expr = key.into();
        text!["s3://", &self.bucket, "/", key].into()
    }

    /// The URI of a folder.
    pub(crate) fn folder_uri<T: StringLike>(&self, folder: Folder) -> Val<T> {
        self.uri(format!("{folder}/"))
    }
}

pub(crate) fn stack(app: &mut App, settings: &Settings, files: &Files, key: Option<&Val<String>>) -> Exports {
    let (stack, lookups) = stack::add(app, settings, StackName::S3);
    let parameters = &settings.parameters;
    let of_security = parameters.mistake_of_security(Some(&settings.account), Some(&settings.region));
    for mistake in [parameters.mistake_of_place(Some(&settings.region)), of_security].into_iter().flatten() {
        stack.report(settings.diagnostic(mistake));
    }
    let name = settings.names().bucket_of(&lookups);
    let bucket = S3Bucket::builder().bucket(name).force_destroy(settings.parameters.disposable).build();
    let bucket = stack.add("data", bucket);
    let versioning = protect(stack, "data", &bucket, key.cloned());
    log_access(stack, settings, &bucket);
    let plain = settings.parameters.tags.fit_an_object();
    let mut upload = |id: &str, key: &str, asset: &Asset| {
        let source = stack.asset(asset.clone());
        let object = object(&bucket, key, source, plain);
        // Versioning stays on for as long as the bucket has objects: an object that was created before it, or deleted
        // after it was suspended, leaves a version that prevents the bucket from being destroyed.
        stack.add_with(id, object, Meta::new().depends_on(&versioning)).key().text()
    };
    let scripts = files.scripts.map(|job, asset| upload(job.as_str(), &script_key(job), asset));
    let requirements =
        files.requirements.map(|job, asset| upload(&format!("requirements_{job}"), &requirements_key(job, asset.hash()), asset));
    let package = upload("package", &package_key(files.package.hash()), &files.package);
    let series = files.series.as_ref().map(|codes| upload("series", &series_key(codes.hash()), codes));
    expire(stack, settings, &bucket, &versioning);
    stack.output("bucket", bucket.bucket().text());
    Exports { bucket: bucket.bucket().text(), scripts, requirements, package, series }
}

/// Have another bucket receive who reads and writes what, if the environment names one.
fn log_access(stack: &mut Stack, settings: &Settings, bucket: &S3BucketRefs) {
    let Some(target) = &settings.parameters.security.access_logs else { return };
    let own = settings.names().bucket(&settings.account, &settings.region);
    if target.as_str() == own {
        stack.report(settings.diagnostic(KeyMistake {
            keys: vec!["security", "access_logs"],
            message: format!("`{target}` is the data bucket itself: each log would be logged"),
            help: "name another bucket".to_owned(),
        }));
    }
    let logging = S3BucketLogging::builder()
        .bucket(bucket.bucket())
        .target_bucket(target.as_str())
        .target_prefix(format!("{own}/"))
        .build();
    stack.add("data", logging);
}

/// Remove old versions after some days, if the environment says so.
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

/// An object with the default tags, or with none: an object can have fewer tags than any other resource. It then has not
/// even our own, because the provider removes those that are among the default ones.
fn object(bucket: &S3BucketRefs, key: &str, source: String, default_tags: bool) -> S3Object {
    let hash = func::filemd5(&source);
    let object = S3Object::builder().bucket(bucket.bucket()).key(key).source(source).source_hash(hash);
    if default_tags { object.build() } else { object.override_provider(no_default_tags()).build() }
}

/// The provider accepts an empty map here and no other.
fn no_default_tags() -> OverrideProvider {
    let none: [(&str, &str); 0] = [];
    OverrideProvider::builder().default_tags(OverrideProviderDefaultTags::builder().tags(none).build()).build()
}
