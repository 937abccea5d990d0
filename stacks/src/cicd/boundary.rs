//! The policy that limits the pipeline's roles, whatever policies they are given.

use oleoduto_aws::grants::{Bucket, GlueJob, Grant, LogGroup, Network, Permissions};
use oleoduto_aws::lookups::Lookups;
use oleoduto_aws::policy::{Statement, policy};
use oleoduto_aws::types::PolicyDocument;
use oleoduto_cdk::{Expr, Stack, Val};

use crate::iam::Granted;
use crate::support::names::Names;
use crate::support::settings::Settings;
use crate::support::stack_name::StackName;

/// Everything that the roles together are granted, and never the states: who may change them may take resources over.
pub(super) fn boundary(granted: &Granted, names: &Names, lookups: &Lookups, settings: &Settings) -> Val<PolicyDocument> {
    let mut limit: Permissions = granted.at(lookups);
    limit.allow(wider(names, lookups));
    if settings.parameters.network.is_some() {
        let connections = [lookups.arn::<String>("glue", "catalog"), own_of_glue("connection", names, lookups)];
        let connect = Grant::new("Connect", "glue", "GetConnection");
        limit.allow(connections.into_iter().fold(connect, |grant, arn| grant.on(arn)));
        limit.allow(Network::of_all_anywhere(lookups));
    }
    let mut statements = limit.statements();
    if let Some(bucket) = settings.state_bucket() {
        let objects: Val<String> = lookups.s3_arn(format!("{bucket}/*"));
        statements.push(Statement::deny("KeepStates", &["s3:*"]).on(lookups.s3_arn::<String>(bucket)).on(objects));
    }
    policy(statements)
}

/// Every own job or connection of Glue.
fn own_of_glue(kind: &str, names: &Names, lookups: &Lookups) -> Val<String> {
    lookups.arn("glue", format!("{kind}/{}", names.any()))
}

/// Patterns in the places of several resources of the pipeline, because a boundary is one policy: the whole data bucket instead
/// of its folders, every own job of Glue, the groups and rules of SageMaker's jobs.
fn wider(names: &Names, lookups: &Lookups) -> Vec<Grant> {
    let data = Bucket::new(lookups.s3_arn(names.bucket_of::<String>(lookups)));
    let rules = lookups.arn::<String>("events", "rule/StepFunctionsGetEventsForSageMaker*");
    vec![
        data.read(""),
        data.write(""),
        data.delete(""),
        GlueJob::new(own_of_glue("job", names, lookups)).run(),
        LogGroup::new(lookups.arn("logs", "log-group:/aws/sagemaker/*")).create_after_look(),
        Grant::new("ManagedRules", "events", "DescribeRule PutRule PutTargets").on(rules),
    ]
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
