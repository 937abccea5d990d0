//! Terraform expressions as a tree; rendering is in `resolve`.

use std::borrow::Cow;
use std::sync::Arc;

/// Where a resource or data source lives: its stack and its address (`aws_s3_bucket.data`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    pub(crate) stack: Arc<str>,
    pub(crate) address: Arc<str>,
}

impl Target {
    /// The Terraform address, such as `aws_s3_bucket.data` or `data.aws_region.current`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The name of the stack that declares it.
    pub fn stack(&self) -> &str {
        &self.stack
    }
}

/// An attribute of a target: `aws_s3_bucket.data.arn`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    pub(crate) target: Target,
    pub(crate) path: Cow<'static, str>,
}

impl Reference {
    /// The expression as written inside the stack that owns the target.
    pub(crate) fn local(&self) -> String {
        format!("{}.{}", self.target.address, self.path)
    }
}

/// A piece of a string template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Literal text; `${` and `%{` in it are escaped when rendered.
    Text(String),
    /// An interpolated expression.
    Interpolation(Expr),
}

/// A Terraform expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Literal text.
    Str(String),
    /// Text with interpolations.
    Template(Vec<Part>),
    /// An attribute of a resource or data source.
    Ref(Reference),
    /// HCL written by hand: the escape hatch.
    Raw(String),
    /// A list.
    Array(Vec<Expr>),
    /// An object; keys in the order given.
    Object(Vec<(String, Expr)>),
    /// A Terraform function.
    Call(&'static str, Vec<Expr>),
    /// A value that its type refused; reported at synth with the attribute's path.
    Invalid(String),
}

impl Expr {
    /// An object from pairs.
    pub fn object<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Expr)>) -> Self {
        Self::Object(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// `jsonencode(self)`: JSON text of a document that may hold references.
    pub fn jsonencode(self) -> Self {
        Self::Call("jsonencode", vec![self])
    }
}
