//! `kms`: the key of the data, if the environment asks for one. A person applies this stack, never a workflow: who may change a
//! key's policy or delete it has all of the data.

use oleoduto_aws::grants::Key;
use oleoduto_aws::kms_alias::KmsAlias;
use oleoduto_aws::kms_key::KmsKey;
use oleoduto_aws::lookups::Lookups;
use oleoduto_aws::policy::{Statement, policy};
use oleoduto_cdk::{App, Expr, Val};
use serde_json::json;

use crate::support::names::{Names, Single};
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;

/// Days until a key is gone that Terraform destroys, the fewest and the most that KMS offers: nothing that it encrypts can be
/// read afterwards.
const DISPOSABLE_DAYS: i64 = 7;
const KEPT_DAYS: i64 = 30;
/// What services that encrypt for others call.
const OF_SERVICES: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey*"];
const THIS_KEY: &str = "the policy of a key is about that key";

/// The key of the data as policies name it, if the environment has one: by its alias if the pipeline creates it, because only
/// AWS knows its id.
pub(crate) fn named(settings: &Settings, here: &Lookups) -> Option<Key> {
    let key = settings.parameters.security.kms_key.as_ref()?;
    Some(match key.arn() {
        Some(arn) => Key::new(arn),
        None => Key::with_alias(here, &settings.names().key_alias()),
    })
}

/// Add the stack if the environment asks for a key. Returns the ARN of the key of the data, if there is one.
pub(crate) fn stack(app: &mut App, settings: &Settings) -> Option<Val<String>> {
    let key = settings.parameters.security.kms_key.as_ref()?;
    if let Some(arn) = key.arn() {
        return Some(arn.into());
    }
    let (stack, here) = stack::add(app, settings, StackName::Kms);
    let names = settings.names();
    let statements = [Statement::verbatim(&account(settings)), logs(settings, &here, &names)];
    let alarms = settings.parameters.alarms.as_ref().filter(|alarms| alarms.email.is_some());
    let publishers = alarms.map(|_| ["cloudwatch", "budgets"]).into_iter().flatten();
    let statements = statements.into_iter().chain(publishers.map(|service| publish(service, &here)));
    let key = KmsKey::builder()
        .description(format!("The data of {}", names.prefix()))
        .enable_key_rotation(true)
        .deletion_window_in_days(if settings.parameters.disposable { DISPOSABLE_DAYS } else { KEPT_DAYS })
        .policy(policy(statements))
        .build();
    let key = stack.add("data", key);
    stack.add("data", KmsAlias::builder().name(names.key_alias()).target_key_id(key.key_id()).build());
    stack.output("key_arn", key.arn());
    Some(key.arn().into())
}

/// The policies of the account decide, as for every key that has AWS's default policy.
/// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>.
fn account(settings: &Settings) -> serde_json::Value {
    let root = format!("arn:{}:iam::{}:root", settings.region.partition(), settings.account);
    json!({"Sid": "PoliciesOfTheAccount", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"})
}

/// CloudWatch encrypts the pipeline's own log groups.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>.
fn logs(settings: &Settings, here: &Lookups, names: &Names) -> Statement {
    let groups = [
        format!("{}/*", names.glue_logs()),
        Names::function_logs(&names.of(Single::Function)),
        Names::pipeline_logs(&names.of(Single::Pipeline)),
    ];
    let groups = groups.map(|group| Expr::from(here.arn::<String>("logs", format!("log-group:{group}"))));
    let suffix = if settings.region.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
    Statement::allow("Logs", &actions).for_service(&format!("logs.{}.{suffix}", settings.region)).on_any_because(THIS_KEY).when(
        "ArnLike",
        "kms:EncryptionContext:aws:logs:arn",
        Expr::Array(groups.to_vec()),
    )
}

/// A service publishes to the topic.
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services>.
fn publish(service: &str, here: &Lookups) -> Statement {
    let sid = if service == "budgets" { "Budgets" } else { "Alarms" };
    Statement::allow(sid, &OF_SERVICES).for_service(&format!("{service}.amazonaws.com")).on_any_because(THIS_KEY).when(
        "StringEquals",
        "aws:SourceAccount",
        &here.account,
    )
}
