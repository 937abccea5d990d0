//! Permissions that follow from use: whoever declares a use of a resource declares the permission for it.
//!
//! A resource makes a [`Grant`], a [`Role`] collects grants while stacks are declared, and the role's policy is written when
//! all of them are known. Grants that overlap become one statement.
//!
//! ```
//! use oleoduto_aws::grants::{Bucket, Queue, Role};
//! use oleoduto_aws::iam_role::IamRole;
//! use oleoduto_aws::lookups::Lookups;
//! use oleoduto_aws::policy::trust;
//! use oleoduto_aws::s3_bucket::S3Bucket;
//! use oleoduto_aws::sqs_queue::SqsQueue;
//! use oleoduto_cdk::{App, Backend};
//!
//! let mut app = App::new();
//! let stack = app.stack("worker", Backend::Local { path: "worker.tfstate".into() });
//! # stack.provider(oleoduto_aws::provider::AwsProvider::builder().region("sa-east-1").build());
//! let here = Lookups::add(stack);
//! let role = IamRole::builder().name("worker").assume_role_policy(trust("lambda.amazonaws.com", &here.account)).build();
//! let mut role = Role::add(stack, "worker", role);
//!
//! let orders = stack.add("orders", SqsQueue::builder().name("orders").build());
//! role.allow(Queue::new(orders.arn()).consume());
//! let results = stack.add("results", S3Bucket::builder().bucket("results-of-orders").build());
//! let results = Bucket::new(results.arn());
//! role.allow([results.read("done/"), results.write("done/")]);
//!
//! let permissions = role.write(stack, "worker");
//! assert!(permissions.actions().contains("sqs:ReceiveMessage"));
//! // Reading and writing the same folder is one statement.
//! assert_eq!(permissions.statements().len(), 2);
//! app.synth()?;
//! # Ok::<(), oleoduto_cdk::SynthError>(())
//! ```
//!
//! A role and its users often live in different stacks. References from the role's policy to their resources and from the
//! resources to the role would be a circle of stacks: then make the ARN of the name, with the lookups of the role's stack
//! ([`crate::lookups::Lookups::arn`]).
//!
//! A [`crate::asl::Task`] names what its call needs ([`crate::asl::Task::needs`]), a SageMaker job knows what its role needs
//! ([`crate::asl::ProcessingJob::grants`]).

mod compute;
mod entry;
mod grant;
mod key;
mod logging;
mod messages;
mod network;
mod pattern;
mod permissions;
mod role;
mod storage;

pub use compute::{Function, GlueJob, Machine, Repository, SagemakerJobs};
pub use grant::Grant;
pub use key::Key;
pub use logging::{LogGroup, Metrics, deliver_logs, trace, trace_and_sample};
pub use messages::{Queue, Topic};
pub use network::Network;
pub use permissions::Permissions;
pub use role::{Role, pass_role};
pub use storage::{Bucket, Table};
