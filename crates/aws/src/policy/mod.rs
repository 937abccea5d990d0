//! IAM policy documents, checked at synth against AWS's own [table of actions](crate::authorization).
//!
//! What is refused, each with the statement and what to do:
//! - an action, or a pattern of actions, that does not exist; the nearest one is suggested;
//! - a resource for an action that takes only `*`, an action that takes none of the statement's resources, and a resource
//!   that no action of the statement takes. ARNs are compared field by field, and a reference whose value only Terraform will
//!   know fits everything in its field. Nothing is said of an ARN that begins with an unknown reference;
//! - an action of Glue's catalog, EC2 or KMS without one of the resources that AWS judges as well;
//! - an operator that does not exist, a condition key that the actions do not know, and a value that can't match;
//! - documents that are larger than AWS takes: the inline policies of a role together, managed, trust and bucket policies.

mod check;
mod document;
mod known;
mod length;
mod measure;
mod reading;
mod size;
mod statement;
mod text;
mod trust;

pub use document::{PolicyDocument, policy};
pub(crate) use measure::most_of_statement;
pub(crate) use size::{MANAGED_CHARACTERS, check_stack};
pub use statement::{Statement, TLS_ONLY, tls_only};
pub use trust::{WebIdentity, trust, trust_web_identity};
