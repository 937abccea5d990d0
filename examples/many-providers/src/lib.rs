//! Four stacks of four providers: a random name, a release, a bucket on AWS that has the name, and a namespace on Kubernetes whose
//! programs find the bucket.

#[rustfmt::skip]
mod bindings;

use bindings::kubernetes::config_map_v1::{ConfigMapV1, Metadata};
use bindings::kubernetes::namespace_v1::{Metadata as NamespaceMetadata, NamespaceV1};
use bindings::kubernetes::provider::KubernetesProvider;
use bindings::random::provider::RandomProvider;
use bindings::random::string::{RandomString, RandomStringRefs};
use bindings::terraform::data::{Data, DataRefs};
use oleoduto_aws::private_bucket::protect;
use oleoduto_aws::provider::AwsProvider;
use oleoduto_aws::s3_bucket::{S3Bucket, S3BucketRefs};
use oleoduto_cdk::{App, Backend, Expr, text};

/// What is released.
const RELEASE: &str = "1.0.0";

/// The app: what `main` runs and the tests look at. `state` is the backend of a stack.
pub fn app(region: &str, state: impl Fn(&str) -> Backend) -> App {
    let mut app = App::new();
    let suffix = names(&mut app, state("names"));
    let release = release(&mut app, state("release"));
    let bucket = storage(&mut app, state("storage"), region, &suffix);
    cluster(&mut app, state("cluster"), &release, &bucket);
    app
}

/// hashicorp/random: the end of names that the whole world shares.
fn names(app: &mut App, state: Backend) -> RandomStringRefs {
    let stack = app.stack("names", state);
    stack.provider(RandomProvider::builder().build());
    stack.add("suffix", RandomString::builder().length(8).special(false).upper(false).build())
}

/// Terraform's own provider, which needs no configuration.
fn release(app: &mut App, state: Backend) -> DataRefs {
    let stack = app.stack("release", state);
    let release = stack.add("release", Data::builder().input(Expr::from(RELEASE)).build());
    stack.output("release", release.output());
    release
}

/// hashicorp/aws: a bucket with the random name.
fn storage(app: &mut App, state: Backend, region: &str, suffix: &RandomStringRefs) -> S3BucketRefs {
    let stack = app.stack("storage", state);
    stack.provider(AwsProvider::builder().region(region).build());
    let bucket = stack.add("files", S3Bucket::builder().bucket(text!["files-", suffix.result()]).build());
    protect(stack, "files", &bucket, None);
    bucket
}

/// hashicorp/kubernetes: where programs find the bucket and the release.
fn cluster(app: &mut App, state: Backend, release: &DataRefs, bucket: &S3BucketRefs) {
    let stack = app.stack("cluster", state);
    stack.provider(KubernetesProvider::builder().build());
    let namespace = NamespaceV1::builder().metadata(NamespaceMetadata::builder().name("shop").build());
    let namespace = stack.add("shop", namespace.build());
    let metadata = Metadata::builder().name("files").namespace(namespace.metadata().at(0).name());
    let data = [("BUCKET", bucket.bucket().text()), ("RELEASE", release.output().unchecked::<String>())];
    stack.add("files", ConfigMapV1::builder().metadata(metadata.build()).data(data).build());
}
