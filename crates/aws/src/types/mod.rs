//! Types where the provider's schema only says "string" or "number". Literals are checked when a value is made of
//! them; a mistake is reported at synth with the argument's path.

mod arn;
mod definition;
mod names;
mod schedule;
mod string_like;
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
