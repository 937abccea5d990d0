//! The account, region and partition that Terraform looks up, and the ARNs that contain them.

use std::fmt::Display;

use oleoduto_aws::data_caller_identity::CallerIdentityData;
use oleoduto_aws::data_partition::PartitionData;
use oleoduto_aws::data_region::RegionData;
use oleoduto_cdk::{Ref, Stack, StringLike, Val, text};

/// The lookups of one stack.
pub(crate) struct Lookups {
    pub(crate) account: Ref<String>,
    pub(crate) region: Ref<String>,
    pub(crate) partition: Ref<String>,
}

impl Lookups {
    /// Add them to a stack.
    pub(crate) fn add(stack: &mut Stack) -> Self {
        Self {
            account: stack.data("current", CallerIdentityData::builder().build()).account_id(),
            region: stack.data("current", RegionData::builder().build()).name(),
            partition: stack.data("current", PartitionData::builder().build()).partition(),
        }
    }

    /// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
    pub(crate) fn arn(&self, service: &str, resource: impl Display) -> Val<String> {
        text!["arn:", &self.partition, format!(":{service}:"), &self.region, ":", &self.account, format!(":{resource}")]
    }

    /// `arn:PARTITION:iam::ACCOUNT:RESOURCE`: IAM has no regions.
    pub(crate) fn iam_arn<T: StringLike>(&self, resource: impl Display) -> Val<T> {
        text!["arn:", &self.partition, ":iam::", &self.account, format!(":{resource}")]
    }

    /// `arn:PARTITION:s3:::RESOURCE`, of a bucket or of objects in it.
    pub(crate) fn s3_arn(&self, resource: impl Display) -> Val<String> {
        text!["arn:", &self.partition, format!(":s3:::{resource}")]
    }
}
