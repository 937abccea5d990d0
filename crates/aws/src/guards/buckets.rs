//! Buckets that nobody outside the account can read.

use oleoduto_cdk::{AppView, Diagnostic, Expr, Guard, ResourceView};

/// Every bucket has an `aws_s3_bucket_public_access_block` with its four switches on, and no ACL gives it to everybody.
#[derive(Clone, Copy, Debug, Default)]
pub struct PrivateBuckets(());

/// The arguments of the block.
const SWITCHES: [&str; 4] = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
/// ACLs for everybody, or for everybody with an account of AWS.
const PUBLIC: [&str; 3] = ["public-read", "public-read-write", "authenticated-read"];
const HELP: &str = "use private_bucket::protect, or set the four switches of an aws_s3_bucket_public_access_block";

impl PrivateBuckets {
    /// The rule.
    pub fn new() -> Self {
        Self(())
    }
}

impl Guard for PrivateBuckets {
    fn name(&self) -> &str {
        "private-buckets"
    }

    fn check(&self, app: &AppView<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for resource in app.resources() {
            match resource.type_name() {
                "aws_s3_bucket" => found.extend(unblocked(app, &resource)),
                "aws_s3_bucket_acl" => {}
                _ => continue,
            }
            if let Some(acl) = resource.get("acl").and_then(Expr::literal).filter(|acl| PUBLIC.contains(acl)) {
                let message = format!("the ACL `{acl}` of `{}` is for everybody", resource.address());
                let help = "remove it: ACLs are off if an aws_s3_bucket_ownership_controls says `BucketOwnerEnforced`";
                found.push(Diagnostic::error(format!("{}.acl", resource.place()), message, help));
            }
        }
        found
    }
}

/// What is missing between a bucket and the public.
fn unblocked(app: &AppView<'_>, bucket: &ResourceView<'_>) -> Option<Diagnostic> {
    let own_name = bucket.get("bucket").and_then(Expr::literal);
    let names_it = |block: &ResourceView<'_>| {
        let named = block.get("bucket");
        named.is_some_and(|named| match named.literal() {
            Some(literal) => own_name == Some(literal),
            None => named.references().iter().any(|reference| reference.target().is_of(bucket.target())),
        })
    };
    let mut blocks = app.resources().filter(|resource| resource.type_name() == "aws_s3_bucket_public_access_block");
    let Some(block) = blocks.find(names_it) else {
        let message = format!("bucket `{}` has no public access block", bucket.address());
        return Some(Diagnostic::error(bucket.place(), message, HELP));
    };
    let off = SWITCHES.into_iter().find(|switch| match block.get(switch) {
        None | Some(Expr::Null | Expr::Bool(false)) => true,
        Some(other) => !other.is_dynamic() && *other != Expr::Bool(true),
    })?;
    let message = format!("`{off}` of bucket `{}` is off", bucket.address());
    Some(Diagnostic::error(format!("{}.{off}", block.place()), message, HELP))
}
