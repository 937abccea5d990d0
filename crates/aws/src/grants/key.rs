//! Keys of KMS.

use oleoduto_cdk::{Expr, Val};

use super::grant::Grant;
use crate::lookups::Lookups;

/// A key of KMS.
#[derive(Clone, Debug)]
pub struct Key {
    arn: Expr,
    alias: Option<String>,
}

impl Key {
    /// The key with an ARN.
    pub fn new(arn: impl Into<Val<String>>) -> Self {
        Self { arn: arn.into().into_expr(), alias: None }
    }

    /// The key of an account and region that has an alias, `alias/NAME`. An alias is no resource of a policy: the key that
    /// has it is.
    /// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-resource-aliases>.
    pub fn with_alias(here: &Lookups, alias: &str) -> Self {
        Self { arn: here.arn::<String>("kms", "key/*").into(), alias: Some(alias.to_owned()) }
    }

    /// Decrypt, also what a service such as S3 encrypted with a data key of this key.
    pub fn decrypt(&self) -> Grant {
        self.grant("Decrypt", "Decrypt")
    }

    /// Encrypt, also by a service such as S3, which asks for a data key. An upload in parts also has to decrypt.
    pub fn encrypt(&self) -> Grant {
        self.grant("Encrypt", "Encrypt GenerateDataKey")
    }

    /// Have a service such as S3 or SQS encrypt, which asks for a data key.
    pub fn data_key(&self) -> Grant {
        self.grant("DataKey", "GenerateDataKey")
    }

    /// Have SageMaker encrypt the volumes of jobs.
    /// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms>.
    pub fn lend_to_volumes(&self) -> Grant {
        self.grant("LendKeyToVolumes", "CreateGrant")
    }

    /// Have ECR encrypt a repository that is created or deleted.
    /// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html>.
    pub fn lend_to_repository(&self) -> Grant {
        self.grant("LendKeyToRepository", "CreateGrant DescribeKey RetireGrant")
    }

    fn grant(&self, sid: &str, actions: &str) -> Grant {
        let grant = Grant::new(sid, "kms", actions).on(self.arn.clone());
        match &self.alias {
            Some(alias) => grant.when("ForAnyValue:StringEquals", "kms:ResourceAliases", alias.as_str()),
            None => grant,
        }
    }
}
