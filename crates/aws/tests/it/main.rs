//! AWS for the engine, as its users see it. One program: each would be linked on its own.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod asl;
mod authorization;
mod compiler;
mod golden;
mod guards;
mod mistakes;
mod policy;
