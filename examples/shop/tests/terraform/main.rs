//! The commands of programs with stacks, through the real Terraform. `test.sh --quick` leaves this program out by its name.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod commands;
mod other_backends;
mod provider_process;
mod warehouse;
mod watching;
mod words;
