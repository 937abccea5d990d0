//! AWS's service authorization table: the actions of every service, with the resource types and the condition keys that each
//! takes.
//!
//! Source and date are in the header of `authorization/table.txt`. The text is part of the program; a service's lines are
//! read when something asks for the service.
//!
//! ```
//! use oleoduto_aws::authorization::{AccessLevel, action};
//!
//! let start = action("glue:StartJobRun").unwrap();
//! assert_eq!(start.level(), AccessLevel::Write);
//! let job = start.resources().next().unwrap();
//! assert!(job.required);
//! assert_eq!(job.resource.arn(), "arn:${Partition}:glue:${Region}:${Account}:job/${JobName}");
//! assert!(job.resource.keys().any(|key| key.to_string() == "aws:ResourceTag/${TagKey}"));
//! // Actions without a resource type take only the resource `*`.
//! assert_eq!(action("sns:Unsubscribe").unwrap().resources().count(), 0);
//! ```

mod action;
mod key;
mod pattern;
mod resource_type;
mod service;

pub use action::{AccessLevel, Action, ActionResource};
pub use key::ConditionKey;
pub use pattern::{ArnPattern, Pattern};
pub use resource_type::ResourceType;
pub use service::{Service, action, global_keys, service, services};
