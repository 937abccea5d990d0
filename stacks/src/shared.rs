//! What every stack starts with: the provider, and the account, region and partition that Terraform looks up.

use oleoduto_aws::data_caller_identity::CallerIdentityData;
use oleoduto_aws::data_partition::PartitionData;
use oleoduto_aws::data_region::RegionData;
use oleoduto_aws::provider::{AwsProvider, DefaultTags};
use oleoduto_cdk::{App, Ref, Stack};

use crate::settings::Settings;

/// The lookups of one stack.
pub(crate) struct Shared {
    pub(crate) account: Ref<String>,
    pub(crate) region: Ref<String>,
    pub(crate) partition: Ref<String>,
}

/// What every resource of a stack is tagged with, whatever the user's own tags are.
pub(crate) fn own_tags<'a>(settings: &'a Settings, stack: &'a str) -> [(&'static str, &'a str); 5] {
    [
        ("Environment", settings.environment.as_str()),
        ("ManagedBy", "oleoduto"),
        ("Project", settings.project.as_str()),
        ("Series", settings.series.as_str()),
        ("Stack", stack),
    ]
}

/// A new stack with the provider and the lookups. The provider refuses any account but the configured one.
pub(crate) fn stack<'a>(app: &'a mut App, settings: &Settings, name: &str) -> (&'a mut Stack, Shared) {
    let stack = app.stack(name, settings.backend(name));
    let tags = own_tags(settings, name)
        .into_iter()
        .chain(settings.parameters.tags.iter())
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let tags: std::collections::BTreeMap<String, String> = tags.collect();
    let provider = AwsProvider::builder()
        .region(settings.region.as_str())
        .allowed_account_ids([settings.account.as_str()])
        .default_tags([DefaultTags::builder().tags(tags).build()])
        .build();
    stack.provider(provider);
    let shared = Shared {
        account: stack.data("current", CallerIdentityData::builder().build()).account_id(),
        region: stack.data("current", RegionData::builder().build()).name(),
        partition: stack.data("current", PartitionData::builder().build()).partition(),
    };
    (stack, shared)
}
