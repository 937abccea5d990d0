//! The engine without Terraform: what stacks become, and what synth refuses. One program: each would be linked on its own.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod checks;
#[path = "../common/mod.rs"]
mod common;
mod conversions;
mod dynamic;
mod ephemeral;
mod guards;
mod identity;
mod nested;
mod synth;
