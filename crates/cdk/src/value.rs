//! Typed values: what may be put into an attribute, and what can be read from one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use crate::expr::{Expr, Part, Reference, Target};

/// A number; whole numbers stay whole in the output.
#[derive(Clone, Copy, Debug)]
pub enum Number {}
/// A list or set of `T`.
#[derive(Clone, Copy, Debug)]
pub struct List<T>(PhantomData<T>);
/// A map from string to `T`.
#[derive(Clone, Copy, Debug)]
pub struct Map<T>(PhantomData<T>);
/// A value whose structure the bindings do not describe.
#[derive(Clone, Copy, Debug)]
pub enum Any {}

/// A value of Terraform type `T`: a literal, a reference or an expression.
pub struct Val<T> {
    expr: Expr,
    kind: PhantomData<fn() -> T>,
}

impl<T> Val<T> {
    /// A value from an expression whose type the caller answers for: the escape hatch.
    pub fn raw(expr: Expr) -> Self {
        Self { expr, kind: PhantomData }
    }

    /// A value that its type refused, with the reason; synth reports it with the attribute's path.
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self::raw(Expr::Invalid(reason.into()))
    }

    /// The expression inside.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The expression inside, taken out.
    pub fn into_expr(self) -> Expr {
        self.expr
    }
}

impl<T> Clone for Val<T> {
    fn clone(&self) -> Self {
        Self::raw(self.expr.clone())
    }
}

impl<T> fmt::Debug for Val<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

/// A readable attribute of a resource or data source.
pub struct Ref<T> {
    reference: Reference,
    kind: PhantomData<fn() -> T>,
}

impl<T> Ref<T> {
    /// The attribute at `path` of `target`.
    pub fn new(target: &Target, path: impl Into<Cow<'static, str>>) -> Self {
        Self { reference: Reference { target: target.clone(), path: path.into() }, kind: PhantomData }
    }
}

impl<T: StringLike> Ref<T> {
    /// The same attribute as plain text, for arguments that take any string.
    pub fn text(&self) -> Ref<String> {
        Ref { reference: self.reference.clone(), kind: PhantomData }
    }
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        Self { reference: self.reference.clone(), kind: PhantomData }
    }
}

impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.reference.target.stack, self.reference.local())
    }
}

impl<T> From<Ref<T>> for Val<T> {
    fn from(value: Ref<T>) -> Self {
        Self::raw(Expr::Ref(value.reference))
    }
}

impl<T> From<&Ref<T>> for Val<T> {
    fn from(value: &Ref<T>) -> Self {
        Self::raw(Expr::Ref(value.reference.clone()))
    }
}

impl<T> From<Ref<T>> for Expr {
    fn from(value: Ref<T>) -> Self {
        Self::Ref(value.reference)
    }
}

impl<T> From<&Ref<T>> for Expr {
    fn from(value: &Ref<T>) -> Self {
        Self::Ref(value.reference.clone())
    }
}

impl<T> From<Val<T>> for Expr {
    fn from(value: Val<T>) -> Self {
        value.expr
    }
}

impl<T> From<&Val<T>> for Expr {
    fn from(value: &Val<T>) -> Self {
        value.expr.clone()
    }
}

impl<T> From<&Val<T>> for Val<T> {
    fn from(value: &Val<T>) -> Self {
        value.clone()
    }
}

/// A type that is text in Terraform. Literals are checked when a value is made of them.
pub trait StringLike {
    /// Says what is wrong with a literal, if anything.
    fn check(literal: &str) -> Result<(), String>;
}

impl StringLike for String {
    fn check(_: &str) -> Result<(), String> {
        Ok(())
    }
}

impl<T: StringLike> From<String> for Val<T> {
    fn from(value: String) -> Self {
        match T::check(&value) {
            Ok(()) => Self::raw(Expr::Str(value)),
            Err(reason) => Self::invalid(reason),
        }
    }
}

impl<T: StringLike> From<&str> for Val<T> {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

impl<T: StringLike> From<&String> for Val<T> {
    fn from(value: &String) -> Self {
        value.clone().into()
    }
}

impl<T: StringLike> Val<T> {
    /// Text with references in it. References can't be checked before apply; literal parts are taken as they are.
    pub fn template(parts: impl IntoIterator<Item = Expr>) -> Self {
        Self::raw(Expr::Template(
            parts
                .into_iter()
                .map(|part| match part {
                    Expr::Str(text) => Part::Text(text),
                    other => Part::Interpolation(other),
                })
                .collect(),
        ))
    }
}

/// Text with references: `text!["s3://", bucket.bucket(), "/raw/"]`.
#[macro_export]
macro_rules! text {
    ($($part:expr),+ $(,)?) => {
        $crate::Val::template([$($crate::Expr::from($part)),+])
    };
}

impl From<&str> for Expr {
    fn from(value: &str) -> Self {
        Self::Str(value.to_owned())
    }
}

impl From<String> for Expr {
    fn from(value: String) -> Self {
        Self::Str(value)
    }
}

impl From<&String> for Expr {
    fn from(value: &String) -> Self {
        Self::Str(value.clone())
    }
}

impl From<bool> for Expr {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Expr {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Expr {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<bool> for Val<bool> {
    fn from(value: bool) -> Self {
        Self::raw(Expr::Bool(value))
    }
}

impl From<i32> for Val<Number> {
    fn from(value: i32) -> Self {
        Self::raw(Expr::Int(value.into()))
    }
}

impl From<i64> for Val<Number> {
    fn from(value: i64) -> Self {
        Self::raw(Expr::Int(value))
    }
}

impl From<f64> for Val<Number> {
    fn from(value: f64) -> Self {
        if value.is_finite() {
            Self::raw(Expr::Float(value))
        } else {
            Self::invalid(format!("{value} is not a number that JSON can hold"))
        }
    }
}

impl<T, V: Into<Val<T>>, const N: usize> From<[V; N]> for Val<List<T>> {
    fn from(values: [V; N]) -> Self {
        values.into_iter().collect::<Vec<_>>().into()
    }
}

impl<T, V: Into<Val<T>>> From<Vec<V>> for Val<List<T>> {
    fn from(values: Vec<V>) -> Self {
        Self::raw(Expr::Array(values.into_iter().map(|value| value.into().into_expr()).collect()))
    }
}

impl<T, K: Into<String>, V: Into<Val<T>>, const N: usize> From<[(K, V); N]> for Val<Map<T>> {
    fn from(pairs: [(K, V); N]) -> Self {
        Self::raw(Expr::object(pairs.map(|(key, value)| (key, value.into().into_expr()))))
    }
}

impl<T, V: Into<Val<T>>> From<BTreeMap<String, V>> for Val<Map<T>> {
    fn from(pairs: BTreeMap<String, V>) -> Self {
        Self::raw(Expr::object(pairs.into_iter().map(|(key, value)| (key, value.into().into_expr()))))
    }
}
