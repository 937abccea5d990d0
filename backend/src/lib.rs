//! The bucket that stores Terraform state: encrypted, versioned, private, TLS only, locked by S3 itself.
//!
//! One per account and region, a key per state. Its own state starts as a local file and is moved into the bucket.

use oleoduto_aws::dynamodb_table::{Attribute, DynamodbTable, PointInTimeRecovery, ServerSideEncryption};
use oleoduto_aws::policy::Statement;
use oleoduto_aws::private_bucket::protect_with;
use oleoduto_aws::provider::{AwsProvider, DefaultTags};
use oleoduto_aws::s3_bucket::S3Bucket;
use oleoduto_cdk::{App, Backend};

/// The stack's name.
pub const STACK: &str = "backend";

/// What differs between accounts.
#[derive(Clone, Debug)]
pub struct StateBackend {
    /// Project name, for the tags.
    pub project: String,
    /// Account id; the provider refuses every other.
    pub account: String,
    /// Region of the bucket.
    pub region: String,
    /// The bucket's name.
    pub bucket: String,
    /// The KMS key for encryption; without it, S3's own key.
    pub kms_key_id: Option<String>,
    /// The DynamoDB table for locks, which Terraform before 1.10 needs.
    pub dynamodb_table: Option<String>,
    /// The bucket exists already: import it.
    pub adopt: bool,
    /// The table exists already: import it.
    pub adopt_table: bool,
    /// Statements of the existing bucket policy, which are kept.
    pub statements: Vec<serde_json::Value>,
    /// The bucket is about to be destroyed with everything in it.
    pub disposable: bool,
}

/// The app: one stack, with its own state in `state`. `lock_file` is the content of `.terraform.lock.hcl`.
pub fn app(settings: &StateBackend, state: Backend, lock_file: Option<&str>) -> App {
    let mut app = App::new();
    if let Some(text) = lock_file {
        app.lock_file(text);
    }
    let stack = app.stack(STACK, state);
    let tags = [("ManagedBy", "oleoduto"), ("Project", settings.project.as_str()), ("Stack", STACK)];
    let provider = AwsProvider::builder()
        .region(settings.region.as_str())
        .allowed_account_ids([settings.account.as_str()])
        .default_tags([DefaultTags::builder().tags(tags).build()])
        .build();
    stack.provider(provider);
    let bucket = S3Bucket::builder().bucket(settings.bucket.as_str()).force_destroy(settings.disposable).build();
    let bucket = stack.add("states", bucket);
    let statements = settings.statements.iter().map(Statement::verbatim);
    protect_with(stack, "states", &bucket, settings.kms_key_id.as_deref().map(Into::into), statements);
    if settings.adopt {
        stack.import(settings.bucket.as_str(), &bucket);
    }
    if let Some(name) = &settings.dynamodb_table {
        let table = DynamodbTable::builder()
            .name(name.as_str())
            .billing_mode("PAY_PER_REQUEST")
            // The name that Terraform's backend requires.
            .hash_key("LockID")
            .attribute([Attribute::builder().name("LockID").r#type("S").build()])
            .point_in_time_recovery(PointInTimeRecovery::builder().enabled(true).build())
            .server_side_encryption(ServerSideEncryption::builder().enabled(true).build())
            .build();
        let table = stack.add("locks", table);
        if settings.adopt_table {
            stack.import(name.as_str(), &table);
        }
    }
    stack.output("bucket", bucket.bucket().text());
    app
}
