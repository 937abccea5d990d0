//! The names of the stacks.

use super::listed::listed;

listed!(
    /// A stack. A new one needs its permissions in `cicd/permissions.rs`.
    pub(crate) enum StackName {
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
