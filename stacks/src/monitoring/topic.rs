//! The topic that alarms notify.

use oleoduto_aws::lookups::Lookups;
use oleoduto_aws::policy::{Statement, policy, tls_only};
use oleoduto_aws::sns_topic::SnsTopic;
use oleoduto_aws::sns_topic_subscription::SnsTopicSubscription;
use oleoduto_aws::types::Arn;
use oleoduto_cdk::{Stack, Val};

use crate::parameters::{Email, Recipient};
use crate::support::names::Single;
use crate::support::settings::Settings;

/// The ARN of the topic: of an existing one, or of a new one with an address as its subscriber.
pub(super) fn topic(
    stack: &mut Stack,
    settings: &Settings,
    here: &Lookups,
    recipient: Recipient<'_>,
    key: Option<&Val<String>>,
) -> Val<String> {
    match recipient {
        Recipient::Topic(topic) => topic.as_str().into(),
        Recipient::Email(email) => of_email(stack, settings, here, email, key),
    }
}

fn of_email(stack: &mut Stack, settings: &Settings, here: &Lookups, email: &Email, key: Option<&Val<String>>) -> Val<String> {
    let name = settings.names().of(Single::Topic);
    // By name: a resource can't refer to itself.
    let own: Val<Arn> = here.arn("sns", &name);
    let publish = |sid: &str, service: &str| {
        Statement::allow(sid, &["sns:Publish"]).for_service(service).on(own.clone()).when(
            "StringEquals",
            "aws:SourceAccount",
            &here.account,
        )
    };
    let tls_only = tls_only(&["sns:Publish"]).on(own.clone());
    let mut statements = vec![tls_only, publish("Alarms", "cloudwatch.amazonaws.com")];
    if settings.parameters.alarms.as_ref().is_some_and(|alarms| alarms.budget.is_some()) {
        statements.push(publish("Budgets", "budgets.amazonaws.com"));
    }
    let topic = SnsTopic::builder().name(name).policy(policy(statements)).maybe_kms_master_key_id(key.cloned()).build();
    let topic = stack.add("alarms", topic);
    let mail = SnsTopicSubscription::builder().topic_arn(topic.arn()).protocol("email").endpoint(email.as_str()).build();
    stack.add("alarms", mail);
    topic.arn().text().into()
}
