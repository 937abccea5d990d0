//! Types where the provider's schema only says "string" or "number". Literals are checked when a value is made of
//! them; a mistake is reported at synth with the argument's path.

mod arn;
mod definition;
mod names;
mod schedule;
mod words;

pub use crate::policy::PolicyDocument;
pub use arn::{Arn, BucketArn, FunctionArn, LogGroupArn, PolicyArn, QueueArn, RoleArn, StateMachineArn};
pub use definition::Definition;
pub use names::{
    BucketName, FunctionName, GlueDatabaseName, GlueJobName, GlueTableName, LogGroupName, PolicyName, QueueName, RepositoryName,
    RoleName, S3Key, S3Uri, StateMachineName,
};
pub use schedule::ScheduleExpression;
pub use words::{ExecutionClass, LambdaRuntime, RetentionDays, SfnType, TagMutability, WorkerType};

/// A marker type with a check of its literals. `names "aws_x"` says that it holds names of that Terraform type.
macro_rules! string_like {
    ($(#[$doc:meta])* $name:ident $(names $kind:literal)?, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl oleoduto_cdk::StringLike for $name {
            $(const NAMES: Option<&'static str> = Some($kind);)?

            fn check(literal: &str) -> Result<(), String> {
                let check: fn(&str) -> Result<(), String> = $check;
                check(literal)
            }
        }
    };
}

use string_like;
