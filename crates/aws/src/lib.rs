//! Typed AWS for `oleoduto-cdk`: bindings generated from the provider's schema, semantic types, IAM policies, state machines.

pub mod asl;
pub mod authorization;
pub mod calls;
/// Write your own stack in 10 minutes.
pub mod guide {
    #![doc = include_str!("../docs/guide.md")]
}
/// Which mistakes are found before Terraform starts, and by which test.
pub mod mistakes {
    #![doc = include_str!("../docs/mistakes.md")]
}
#[rustfmt::skip]
pub mod generated;
pub mod grants;
pub mod guards;
pub mod lookups;
mod nearest;
pub mod policy;
pub mod private_bucket;
pub mod types;

pub use generated::*;
