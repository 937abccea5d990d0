//! Log groups.

use oleoduto_aws::cloudwatch_log_group::CloudwatchLogGroup;
use oleoduto_cdk::Val;

use super::settings::Settings;

/// A log group of the pipeline, with the environment's retention and key.
pub(crate) fn group(settings: &Settings, name: String, key: Option<&Val<String>>) -> CloudwatchLogGroup {
    CloudwatchLogGroup::builder().name(name).retention_in_days(settings.log_retention()).maybe_kms_key_id(key.cloned()).build()
}
