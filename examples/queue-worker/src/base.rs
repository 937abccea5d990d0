//! What both stacks have in common.

use oleoduto_aws::provider::AwsProvider;
use oleoduto_cdk::{App, Backend, Stack};

/// A stack with its provider and a local state.
pub(crate) fn stack<'a>(app: &'a mut App, region: &str, name: &str) -> &'a mut Stack {
    let stack = app.stack(name, Backend::Local { path: format!("../../../terraform.{name}.tfstate").into() });
    stack.provider(AwsProvider::builder().region(region).build());
    stack
}
