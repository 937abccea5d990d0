//! Typed AWS for the engine: bindings generated from the provider's schema, semantic types, IAM policies, state machines.

pub mod asl;
#[rustfmt::skip]
pub mod generated;
pub mod policy;
pub mod types;

pub use generated::*;
