//! Protection of a bucket: encryption, versioning, no public access, TLS only.

use oleoduto_cdk::{Stack, Val, text};

use crate::generated::s3_bucket::S3BucketRefs;
use crate::generated::s3_bucket_ownership_controls::{self as ownership, S3BucketOwnershipControls};
use crate::generated::s3_bucket_policy::S3BucketPolicy;
use crate::generated::s3_bucket_public_access_block::S3BucketPublicAccessBlock;
use crate::generated::s3_bucket_server_side_encryption_configuration::{
    self as encryption, S3BucketServerSideEncryptionConfiguration,
};
use crate::generated::s3_bucket_versioning::{S3BucketVersioning, S3BucketVersioningRefs, VersioningConfiguration};
use crate::policy::{Statement, policy, tls_only};

/// Encrypt a bucket (with S3's own key or a KMS key), turn on versioning, block public access, disable ACLs and require TLS.
/// `id` is the construct id of the five resources. Returns the versioning: resources that put objects depend on it.
pub fn protect(stack: &mut Stack, id: &str, bucket: &S3BucketRefs, kms_key: Option<Val<String>>) -> S3BucketVersioningRefs {
    protect_with(stack, id, bucket, kms_key, [])
}

/// Same as [`protect`], with more statements in the bucket's policy.
pub fn protect_with(
    stack: &mut Stack,
    id: &str,
    bucket: &S3BucketRefs,
    kms_key: Option<Val<String>>,
    statements: impl IntoIterator<Item = Statement>,
) -> S3BucketVersioningRefs {
    let default = encryption::RuleApplyServerSideEncryptionByDefault::builder();
    let rule = encryption::Rule::builder();
    let rule = match kms_key {
        // A bucket key saves most of the calls to KMS.
        Some(key) => rule
            .apply_server_side_encryption_by_default(default.sse_algorithm("aws:kms").kms_master_key_id(key).build())
            .bucket_key_enabled(true)
            .build(),
        None => rule.apply_server_side_encryption_by_default(default.sse_algorithm("AES256").build()).build(),
    };
    stack.add(id, S3BucketServerSideEncryptionConfiguration::builder().bucket(bucket.bucket()).rule([rule]).build());
    let access = S3BucketPublicAccessBlock::builder()
        .bucket(bucket.bucket())
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build();
    stack.add(id, access);
    let owner = ownership::Rule::builder().object_ownership("BucketOwnerEnforced").build();
    stack.add(id, S3BucketOwnershipControls::builder().bucket(bucket.bucket()).rule(owner).build());
    let arn = bucket.arn();
    let objects = text![&arn, "/*"];
    let tls_only = tls_only(&["s3:*"]).on(&arn).on(objects);
    stack.add(
        id,
        S3BucketPolicy::builder().bucket(bucket.bucket()).policy(policy([tls_only].into_iter().chain(statements))).build(),
    );
    let versioning = VersioningConfiguration::builder().status("Enabled").build();
    stack.add(id, S3BucketVersioning::builder().bucket(bucket.bucket()).versioning_configuration(versioning).build())
}
