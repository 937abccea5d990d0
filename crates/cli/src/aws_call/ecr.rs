//! Amazon ECR, the service of image repositories.

use super::call::AwsService;
use super::protocol::AwsProtocol;

const PROTOCOL: AwsProtocol = AwsProtocol::Json { version: "1.1", prefix: "AmazonEC2ContainerRegistry_V20150921" };

/// Amazon ECR, which answers in JSON.
pub const ECR: AwsService = AwsService { id: "ECR", name: "ecr", protocol: PROTOCOL };
