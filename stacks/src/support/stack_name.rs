//! The names of the stacks.

use super::listed::listed;

listed!(
    /// A stack.
    pub(crate) enum StackName {
        Kms = "kms",
        S3 = "s3",
        Iam = "iam",
        Cicd = "cicd",
        Glue = "glue",
        Ecr = "ecr",
        Lambda = "lambda",
        Mlflow = "mlflow",
        Stepfunctions = "stepfunctions",
        Monitoring = "monitoring",
    }
);
