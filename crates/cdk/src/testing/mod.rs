//! Helpers for the tests of a program: what a stack declares, compared with what is wanted (feature `testing`).
//!
//! A [`Template`] is a stack as Terraform will read it. Its assertions panic and say what differs; [`validates`] and [`plans`] ask
//! the real Terraform.
//!
//! ```
//! use oleoduto_cdk::testing::{Matcher, Template};
//! use oleoduto_cdk::{App, Backend, Expr, Meta, Ref, Val, Variable, text};
//! use serde_json::json;
//!
//! let mut app = App::new();
//! let stack = app.stack("shop", Backend::Local { path: "shop.tfstate".into() });
//! let order = stack.add_raw("terraform_data", "order", [("input", Expr::from("an order"))], Meta::new());
//! let policy = Expr::object([("Allow", vec![Ref::<String>::new(&order, "id").into()].into())]).jsonencode();
//! stack.add_raw("terraform_data", "policy", [("input", policy)], Meta::new());
//! stack.output::<String>("number", Ref::new(&order, "id"));
//!
//! let template = Template::of(app, "shop");
//! template.assert_count_of("terraform_data", 2);
//! // Whatever else an object has is not compared.
//! template.assert_resource_of("terraform_data", json!({ "input": "an *" }));
//! // The text that `jsonencode` makes is compared as what it encodes.
//! let allowed = Matcher::encoded(json!({ "Allow": ["${terraform_data.order.id}"] }));
//! template.assert_resource_of("terraform_data", Matcher::object([("input", allowed)]));
//! template.assert_output("number", Matcher::refers_to("terraform_data.order"));
//! assert_eq!(template.resource_of("terraform_data", "order")["input"], "an order");
//! ```
//!
//! With bindings, the compiler checks what is wanted: [`Template::assert_has`] takes a resource, and compares the arguments that it
//! sets. [`any`] stands for an argument of any value, and [`Template::refs`] gives the references of a resource in the stack:
//!
//! ```ignore
//! template.assert_has(S3Bucket::builder().bucket("orders").build());
//! let bucket = template.refs::<S3Bucket>("data");
//! template.assert_has(S3BucketPolicy::builder().bucket(bucket.bucket()).policy(any()).build());
//! template.assert_resource::<S3Bucket>(json!({ "tags": { "Team": "orders" } }));
//! template.assert_count::<S3Bucket>(1);
//! ```
//!
//! [`Template::snapshot`] is the whole stack as text without what changes with every asset, for `insta::assert_snapshot!`.

#![allow(clippy::panic, reason = "an assertion that fails panics")]

mod encoded;
mod matcher;
mod template;
mod terraform;
mod wanted;

pub use matcher::{Matcher, Mismatch};
pub use template::Template;
pub use terraform::{Change, Plan, plans, plans_assuming, validates};
pub use wanted::any;
