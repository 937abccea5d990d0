//! Typed values: what may be put into an argument, and what can be read from an attribute.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::expr::{Expr, Reference, Target};

/// A number; whole numbers stay whole in the output.
#[derive(Clone, Copy, Debug)]
pub enum Number {}
/// A list or set of `T`.
#[derive(Clone, Copy, Debug)]
pub struct List<T>(PhantomData<T>);
/// A set of `T`, as the type of a variable. Arguments take it as a list: [`Ref::widen`].
#[derive(Clone, Copy, Debug)]
pub struct Set<T>(PhantomData<T>);
/// A map from string to `T`.
#[derive(Clone, Copy, Debug)]
pub struct Map<T>(PhantomData<T>);
/// A value whose structure the bindings do not describe.
#[derive(Clone, Copy, Debug)]
pub enum Any {}
/// Text that the provider calls sensitive: it is never printed, only written to the configuration.
#[derive(Clone, Copy, Debug)]
pub enum Sensitive {}

/// A value of Terraform type `T`: a literal, a reference or an expression.
pub struct Val<T> {
    expr: Expr,
    kind: PhantomData<fn() -> T>,
}

impl<T> Val<T> {
    /// A value from any expression: the escape hatch. The caller is responsible for its type.
    pub fn raw(expr: Expr) -> Self {
        Self { expr, kind: PhantomData }
    }

    /// A value that its type refused, with the reason; synth reports it with the attribute's path.
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self::raw(Expr::Invalid(vec![reason.into()]))
    }

    /// A value that its type refused, with every reason.
    pub fn invalid_all(reasons: Vec<String>) -> Self {
        Self::raw(Expr::Invalid(reasons))
    }

    /// The expression inside.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    pub(crate) fn expr_mut(&mut self) -> &mut Expr {
        &mut self.expr
    }

    /// The expression inside, by value.
    pub fn into_expr(self) -> Expr {
        self.expr
    }

    /// The same value under another type. Nothing checks it: the caller is responsible.
    pub fn unchecked<U>(self) -> Val<U> {
        Val::raw(self.expr)
    }

    /// The same value under a wider type.
    pub fn widen<To>(self) -> Val<To>
    where
        T: Widen<To>,
    {
        self.unchecked()
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

/// A readable attribute of a resource, data source, module, variable or local.
///
/// It fits an argument of its own type. Use [`Ref::text`] for an argument of any text, and [`Ref::widen`] for one of a wider
/// type (any ARN instead of a role's).
pub struct Ref<T> {
    reference: Reference,
    kind: PhantomData<fn() -> T>,
}

impl<T> Ref<T> {
    /// The attribute at `path` of `target`; an empty path is the target itself.
    pub fn new(target: &Target, path: impl Into<Cow<'static, str>>) -> Self {
        Self { reference: Reference { target: target.clone(), path: path.into(), sensitive: false }, kind: PhantomData }
    }

    /// A sensitive attribute: an output of it is marked sensitive too.
    pub fn sensitive(target: &Target, path: impl Into<Cow<'static, str>>) -> Self {
        Self { reference: Reference { target: target.clone(), path: path.into(), sensitive: true }, kind: PhantomData }
    }

    /// The same attribute under another type. Nothing checks it: the caller is responsible.
    pub fn unchecked<U>(self) -> Ref<U> {
        Ref { reference: self.reference, kind: PhantomData }
    }

    pub(crate) fn of(reference: Reference) -> Self {
        Self { reference, kind: PhantomData }
    }

    pub(crate) fn reference(&self) -> &Reference {
        &self.reference
    }

    pub(crate) fn into_reference(self) -> Reference {
        self.reference
    }
}

/// Every value of this type is also one of type `To`: every ARN of a role is an ARN.
#[diagnostic::on_unimplemented(
    message = "not every `{Self}` is a `{To}`",
    note = "`.text()` makes plain text of a reference, and `.unchecked()` gives it any type, which nothing checks"
)]
pub trait Widen<To> {}

impl<T: StringLike> Widen<String> for T {}

impl<T> Widen<List<T>> for Set<T> {}

/// An argument of this type takes a reference to a `T` as it is, without [`Ref::text`] or [`Ref::widen`]: each type takes its own.
#[diagnostic::on_unimplemented(
    message = "an argument of type `{Self}` does not take a reference to `{T}`",
    label = "this refers to `{T}`, but the argument takes `{Self}`",
    note = "`.text()` makes plain text of a reference, `.widen()` gives it a wider type (any ARN instead of a role's), and \
            `.unchecked()` gives it any type, which nothing checks"
)]
pub trait Takes<T> {}

impl<T> Takes<T> for T {}

impl<T> Ref<T> {
    /// The same attribute under a wider type.
    pub fn widen<To>(&self) -> Ref<To>
    where
        T: Widen<To>,
    {
        self.clone().unchecked()
    }
}

impl<T: StringLike> Ref<T> {
    /// The same attribute as plain text, for arguments that take any string.
    pub fn text(&self) -> Ref<String> {
        self.clone().unchecked()
    }
}

impl Target {
    /// An attribute that the bindings do not describe, such as `command[0].name`: the escape hatch.
    pub fn attr<T>(&self, path: impl Into<Cow<'static, str>>) -> Ref<T> {
        Ref::new(self, path)
    }
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        Self { reference: self.reference.clone(), kind: PhantomData }
    }
}

impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.reference.target.stack(), self.reference.local())
    }
}

/// A type that is text in Terraform. Literals are checked when a value is made of them.
#[diagnostic::on_unimplemented(
    message = "text can't be used as `{Self}`",
    label = "this is text, but the argument takes `{Self}`",
    note = "give a value of that type, or a reference; `Val::raw` is the escape hatch"
)]
pub trait StringLike {
    /// The Terraform type whose resources such a text names, if it names any. A literal name of a resource that the
    /// app declares is then a mistake: a reference determines the order, a literal does not.
    const NAMES: Option<&'static str> = None;
    /// Whether the text must not be printed.
    const SENSITIVE: bool = false;

    /// Check a literal.
    ///
    /// # Errors
    /// The mistake, as a message that quotes the literal.
    fn check(literal: &str) -> Result<(), String>;
}

impl StringLike for String {
    fn check(_: &str) -> Result<(), String> {
        Ok(())
    }
}

impl StringLike for Sensitive {
    const SENSITIVE: bool = true;

    fn check(_: &str) -> Result<(), String> {
        Ok(())
    }
}

impl<T: StringLike> From<String> for Val<T> {
    fn from(value: String) -> Self {
        match (T::check(&value), T::NAMES) {
            (Err(reason), _) => Self::invalid(reason),
            (Ok(()), _) if T::SENSITIVE => Self::raw(Expr::Secret(value)),
            (Ok(()), Some(kind)) => Self::raw(Expr::Name(kind, value)),
            (Ok(()), None) => Self::raw(Expr::Str(value)),
        }
    }
}

impl<T: StringLike> Val<T> {
    /// The same value as plain text, for arguments that take any string.
    pub fn text(self) -> Val<String> {
        self.unchecked()
    }
}

/// A type whose Terraform spelling is known, for `variable` blocks.
pub trait TypeConstraint {
    /// The spelling, such as `list(string)`.
    fn constraint() -> String;
}

macro_rules! constraint {
    ($($kind:ty => $word:literal),+ $(,)?) => {$(
        impl TypeConstraint for $kind {
            fn constraint() -> String {
                $word.to_owned()
            }
        }
    )+};
}

constraint!(String => "string", Sensitive => "string", bool => "bool", Number => "number", Any => "any");

impl<T: TypeConstraint> TypeConstraint for List<T> {
    fn constraint() -> String {
        format!("list({})", T::constraint())
    }
}

impl<T: TypeConstraint> TypeConstraint for Set<T> {
    fn constraint() -> String {
        format!("set({})", T::constraint())
    }
}

macro_rules! tuples {
    ($(($($item:ident),+);)+) => {$(
        impl<$($item: TypeConstraint),+> TypeConstraint for ($($item,)+) {
            fn constraint() -> String {
                format!("tuple([{}])", [$($item::constraint()),+].join(", "))
            }
        }
    )+};
}

tuples! {
    (A);
    (A, B);
    (A, B, C);
    (A, B, C, D);
}

impl<T: TypeConstraint> TypeConstraint for Map<T> {
    fn constraint() -> String {
        format!("map({})", T::constraint())
    }
}
