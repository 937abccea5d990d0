//! How an environment is encrypted, and in which network its jobs run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::newtypes::{DataKey, LogBucketName, SecurityGroupId, SubnetId};

/// The most subnets that SageMaker and Lambda take.
pub(super) const MAX_SUBNETS: usize = 16;
/// The most security groups that SageMaker and Lambda take.
pub(super) const MAX_SECURITY_GROUPS: usize = 5;

/// What protects the data besides the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Security {
    /// The KMS key of the bucket, the topic, the queue, the logs, the repository and the jobs: `create`, or the ARN of a key
    /// [default: keys of AWS].
    pub kms_key: Option<DataKey>,
    /// An existing bucket of the account and region that receives the access logs of the data bucket [default: none].
    pub access_logs: Option<LogBucketName>,
}

/// The network of jobs and function: subnets of one VPC, and what may reach them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["subnets", "security_groups"]))]
pub struct Network {
    /// Subnets of one VPC, at most 16.
    #[schemars(length(min = 1, max = 16))]
    pub subnets: Vec<SubnetId>,
    /// Security groups of that VPC, at most 5.
    #[schemars(length(min = 1, max = 5))]
    pub security_groups: Vec<SecurityGroupId>,
}

impl Network {
    /// The network as grants and jobs name it.
    pub(crate) fn grants(&self) -> oleoduto_aws::grants::Network {
        oleoduto_aws::grants::Network {
            subnets: self.subnets.iter().map(ToString::to_string).collect(),
            security_groups: self.security_groups.iter().map(ToString::to_string).collect(),
        }
    }
}
