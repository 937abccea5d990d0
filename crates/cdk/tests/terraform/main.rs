//! What the engine writes, as the real Terraform reads it. `test.sh --quick` leaves this program out by its name.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod access;
mod backends;
#[path = "../common/mod.rs"]
mod common;
mod evaluated;
mod provisioners;
mod text;
mod variables;
