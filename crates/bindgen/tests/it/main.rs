//! The generator: what it writes, what of that compiles, and what it leaves alone. One program: each would be linked on its own.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod examples;
mod folder;
mod generate;
mod modules;
mod odd_names;
