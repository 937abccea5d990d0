//! Rules about the sources of all crates: their imports, what the published ones offer, the keys of the configuration, what the READMEs
//! show, and the walks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod crate_files;
mod keys;
mod module_graph;
mod provider_upgrade;
mod public_api;
mod readme;
mod walks;
