//! A Rust CDK for Terraform: typed stacks, synthesised to CDK-for-Terraform-compatible JSON.
//!
//! An [`App`] holds [`Stack`]s; a stack holds resources, data sources, outputs, a provider and a backend.
//! A [`Ref`] is a typed value that serialises itself to `${...}`. Using a reference of another stack adds the
//! output there, the `terraform_remote_state` data source here, and the dependency in the manifest.

mod app;
mod asset;
mod backend;
mod block;
mod diagnostics;
mod expr;
mod graph;
mod manifest;
mod names;
mod resolve;
mod stack;
mod value;
mod write;

pub use app::{App, Synthesised, SynthesisedStack};
pub use asset::Asset;
pub use backend::Backend;
pub use block::{Block, BlockWriter, DataSource, Provider, Resource};
pub use diagnostics::{Diagnostic, SynthError};
pub use expr::{Expr, Part, Reference, Target};
pub use manifest::{Manifest, ManifestStack};
pub use stack::{Meta, Stack};
pub use value::{Any, List, Map, Number, Ref, StringLike, Val};
pub use write::WriteError;

/// The version of the cdktf output format that the files follow.
pub const FORMAT_VERSION: &str = "0.24.0";
