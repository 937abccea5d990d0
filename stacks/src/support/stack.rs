//! A new stack: its backend, the provider and the lookups.

use oleoduto_aws::lookups::Lookups;
use oleoduto_aws::provider::{AwsProvider, DefaultTags};
use oleoduto_cdk::{App, Stack};

use super::settings::Settings;
use super::stack_name::StackName;

/// Add a stack. The provider refuses any account but the configured one.
pub(crate) fn add<'a>(app: &'a mut App, settings: &Settings, name: StackName) -> (&'a mut Stack, Lookups) {
    let stack = app.stack(name.as_str(), settings.backend(name));
    let own = [settings.environment.as_str(), "oleoduto", settings.project.as_str(), settings.series.as_str(), name.as_str()];
    let provider = AwsProvider::builder()
        .region(settings.region.as_str())
        .allowed_account_ids([settings.account.as_str()])
        .default_tags([DefaultTags::builder().tags(settings.parameters.tags.with_own(own)).build()])
        .build();
    stack.provider(provider);
    let lookups = Lookups::add(stack);
    (stack, lookups)
}
