//! Rules about the sources of all crates: their imports, what the published ones offer, and what the READMEs show.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod crate_files;
mod module_graph;
mod provider_upgrade;
mod public_api;
mod readme;
