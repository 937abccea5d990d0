//! Ready guards for AWS: rules over all stacks of an app, which synth enforces.
//!
//! ```
//! use oleoduto_aws::guards::{AllowedRegions, Encryption, PrivateBuckets, RequiredTags, RunningCosts};
//! use oleoduto_aws::provider::AwsProvider;
//! use oleoduto_aws::s3_bucket::S3Bucket;
//! use oleoduto_cdk::{App, Backend, Guard};
//!
//! let mut app = App::new();
//! let stack = app.stack("site", Backend::Local { path: "site.tfstate".into() });
//! stack.provider(AwsProvider::builder().region("us-east-1").build());
//! stack.add("pages", S3Bucket::builder().bucket("acme-pages").build());
//!
//! app.guard(RequiredTags::new(["Team"]).one_of("Environment", ["dev", "prod"]));
//! app.guard(PrivateBuckets::new().except("site/aws_s3_bucket.pages", "the public pages"));
//! app.guard(AllowedRegions::new(["sa-east-1"]));
//! app.guard(Encryption::new());
//! app.guard(RunningCosts::new().advice());
//!
//! let mistakes = app.synth().unwrap_err().to_string();
//! assert!(mistakes.contains("`aws_s3_bucket.pages` has no tags `Environment` and `Team`"));
//! assert!(mistakes.contains("(guard `allowed-regions`)"));
//! assert!(!mistakes.contains("error: bucket `aws_s3_bucket.pages`"));
//! ```
//!
//! A guard of one's own is an [`oleoduto_cdk::Guard`], or a function in [`oleoduto_cdk::guard`].

mod buckets;
mod costs;
mod encryption;
mod quoted;
mod regions;
mod tags;

pub use buckets::PrivateBuckets;
pub use costs::RunningCosts;
pub use encryption::Encryption;
pub use regions::AllowedRegions;
pub use tags::RequiredTags;
