//! The account, region and partition that Terraform looks up, and the ARNs that contain them.

use std::fmt::Display;

use oleoduto_cdk::{Expr, Provider as _, Ref, Stack, StringLike, Val, text};

use crate::generated::data_caller_identity::CallerIdentityData;
use crate::generated::data_partition::PartitionData;
use crate::generated::data_region::RegionData;
use crate::generated::provider::AwsProvider;

/// The attribute with the region's name: version 6 of the provider deprecates the one that version 5 has.
const REGION: &str = if is_version_5(AwsProvider::VERSION) { "name" } else { "region" };

const fn is_version_5(version: &str) -> bool {
    matches!(version.as_bytes(), [b'5', b'.', ..])
}

/// The lookups of one stack.
#[derive(Clone, Debug)]
pub struct Lookups {
    /// The account's id.
    pub account: Ref<String>,
    /// The region's name.
    pub region: Ref<String>,
    /// The partition: `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: Ref<String>,
}

impl Lookups {
    /// Add them to a stack, as data sources with the id `current`.
    pub fn add(stack: &mut Stack) -> Self {
        Self {
            account: stack.data("current", CallerIdentityData::builder().build()).account_id(),
            region: Ref::new(stack.data("current", RegionData::builder().build()).as_ref(), REGION),
            partition: stack.data("current", PartitionData::builder().build()).partition(),
        }
    }

    /// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
    pub fn arn<T: StringLike>(&self, service: &str, resource: impl Display) -> Val<T> {
        text!["arn:", &self.partition, format!(":{service}:"), &self.region, ":", &self.account, format!(":{resource}")].into()
    }

    /// `arn:PARTITION:SERVICE::ACCOUNT:RESOURCE`, of a service without regions.
    pub fn global_arn<T: StringLike>(&self, service: &str, resource: impl Display) -> Val<T> {
        text!["arn:", &self.partition, format!(":{service}::"), &self.account, format!(":{resource}")].into()
    }

    /// `arn:PARTITION:iam::ACCOUNT:RESOURCE`: IAM has no regions.
    pub fn iam_arn<T: StringLike>(&self, resource: impl Display) -> Val<T> {
        self.global_arn("iam", resource)
    }

    /// `arn:PARTITION:s3:::RESOURCE`, of a bucket or of objects in it.
    pub fn s3_arn<T: StringLike>(&self, resource: impl Into<Expr>) -> Val<T> {
        text!["arn:", &self.partition, ":s3:::", resource.into()].into()
    }
}
