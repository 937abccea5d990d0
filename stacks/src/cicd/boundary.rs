//! The policy that limits the pipeline's roles, whatever policies they are given.

use oleoduto_aws::grants::{Bucket, Permissions};
use oleoduto_aws::lookups::Lookups;
use oleoduto_aws::policy::{Statement, policy};
use oleoduto_aws::types::PolicyDocument;
use oleoduto_cdk::{Expr, Stack, Val};

use crate::iam::Granted;
use crate::support::names::Names;
use crate::support::settings::Settings;
use crate::support::stack_name::StackName;

/// Everything that the roles together are granted, with the whole data bucket in the place of its folders, and never the
/// states: who may change them may take resources over.
pub(super) fn boundary(granted: &Granted, names: &Names, lookups: &Lookups, settings: &Settings) -> Val<PolicyDocument> {
    let mut limit: Permissions = granted.at(lookups);
    let data = Bucket::new(lookups.s3_arn(names.bucket_of::<String>(lookups)));
    limit.allow([data.read(""), data.write(""), data.delete("")]);
    let mut statements = limit.statements();
    if let Some(bucket) = settings.state_bucket() {
        let objects: Val<String> = lookups.s3_arn(format!("{bucket}/*"));
        statements.push(Statement::deny("KeepStates", &["s3:*"]).on(lookups.s3_arn::<String>(bucket)).on(objects));
    }
    policy(statements)
}

/// Have `plan` of the roles' stack compare the boundary in the account with the one that the stacks need now: a person applies
/// it, so it may be old, and what it lacks is cut off without a word.
pub(super) fn compare(stack: &mut Stack, granted: &Granted, names: &Names, settings: &Settings) {
    let here = granted.lookups();
    let wanted = boundary(granted, names, here, settings).into_expr();
    let applied = Expr::hcl("data.aws_iam_policy.boundary.policy");
    let same = Expr::Binary("==", Box::new((Expr::Call("jsondecode", vec![applied]), Expr::Call("jsondecode", vec![wanted]))));
    let look = Expr::object([("boundary", Expr::object([("arn", Expr::from(names.boundary_arn(here)))]))]);
    let message = format!(
        "The permissions boundary in the account is not the one that these stacks need: what it lacks fails at run time. A \
         person applies it: oleoduto apply {}",
        StackName::Cicd
    );
    let assert = Expr::object([("condition", same), ("error_message", message.into())]);
    stack.override_at("check.boundary", Expr::object([("data", Expr::object([("aws_iam_policy", look)])), ("assert", assert)]));
}
