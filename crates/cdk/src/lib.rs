//! A Rust CDK for Terraform: typed stacks, synthesized to CDK-for-Terraform-compatible JSON.
//!
//! An [`App`] holds [`Stack`]s; a stack holds resources, data sources, outputs, providers and a backend. The types of
//! resources come from generated bindings (`oleoduto-bindgen` writes them, `oleoduto-aws` holds those of AWS).
//!
//! - A [`Val`] is what an argument takes; a [`Ref`] is what can be read. Both carry the Terraform type, so that a map
//!   does not go into a string, nor the ARN of a bucket where that of a role belongs.
//! - A reference to another stack adds the output there, the `terraform_remote_state` data source here, and the
//!   dependency in the manifest.
//! - [`App::synth`] reports every mistake at once, with its place; [`Synthesized::write`] leaves a folder that the
//!   stock Terraform and the stock cdktn command line run.
//! - [`App::aspect`] and [`App::each_stack`] change what was declared; a [`Guard`] is a rule over all stacks.
//! - Escape hatches: [`Expr`] and [`hcl!`] for any expression, [`func`] for Terraform's functions, [`Meta`] for
//!   meta-arguments and overrides, [`Stack::add_raw`] for types without bindings.

mod access;
mod app;
mod assemble;
mod asset;
mod backend;
mod backends;
mod block;
mod blocks;
mod constant;
mod contents;
pub mod context;
mod convert;
mod diagnostics;
mod each;
mod element;
mod ephemeral;
mod escape;
mod exports;
mod expr;
pub mod func;
mod graph;
mod guard;
mod hcl;
mod identity;
mod lookup;
mod manifest;
mod meta;
mod modules;
mod names;
mod nested;
mod object;
mod operators;
mod outputs;
mod overrides;
mod providers;
mod provisioners;
mod remote;
mod render;
mod repeat;
mod resolve;
mod sections;
mod shipped;
mod stack;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod text;
mod value;
mod view;
mod write;

pub use app::{App, Synthesized, SynthesizedStack};
pub use asset::Asset;
pub use backend::{Backend, S3Backend};
pub use backends::{
    AzurermBackend, CloudBackend, ConsulBackend, CosBackend, GcsBackend, HttpBackend, KubernetesBackend, OssBackend, PgBackend,
};
pub use block::{Block, BlockWriter, DataSource, EphemeralResource, Provider, Resource};
pub use blocks::Blocks;
pub use diagnostics::{Diagnostic, Level, SynthError};
pub use each::Each;
pub use element::ElementView;
pub use expr::{Expr, Key, MAX_DEPTH, Part, Reference, Target};
pub use guard::{Advice, AppView, Except, Guard, guard};
pub use manifest::{Annotation, FORMAT_VERSION, Manifest, ManifestError, ManifestStack};
pub use meta::{Meta, ProviderAlias};
pub use modules::{ChangedCall, Module, ModuleCall, ModuleRefs};
pub use nested::{Nested, NestedList, NestedMap, NestedSet};
pub use object::{Object, ObjectWriter};
pub use outputs::Output;
pub use provisioners::{Connection, Provisioner};
pub use remote::{RemoteState, RemoteStateRefs};
pub use repeat::{Counted, Keyed};
pub use sections::Variable;
pub use stack::Stack;
pub use text::Text;
pub use value::{Any, List, Map, Number, Ref, Sensitive, Set, StringLike, Takes, TypeConstraint, Val, Widen};
pub use view::{NamedView, ProviderView, ResourceView, StackView};
pub use write::WriteError;
