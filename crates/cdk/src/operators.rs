//! Terraform's operators, typed.

use crate::expr::Expr;
use crate::value::{Number, Val};

/// `condition ? yes : no`.
pub fn conditional<T>(condition: impl Into<Val<bool>>, yes: impl Into<Val<T>>, no: impl Into<Val<T>>) -> Val<T> {
    let parts = (condition.into().into_expr(), yes.into().into_expr(), no.into().into_expr());
    Val::raw(Expr::Conditional(Box::new(parts)).checked())
}

macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident<$($generic:ident)?>($kind:ty) -> $result:ty = $operator:literal;)+) => {$(
        $(#[$doc])*
        pub fn $name$(<$generic>)?(left: impl Into<Val<$kind>>, right: impl Into<Val<$kind>>) -> Val<$result> {
            Val::raw(Expr::Binary($operator, Box::new((left.into().into_expr(), right.into().into_expr()))).checked())
        }
    )+};
}

operators! {
    /// `left == right`.
    eq<T>(T) -> bool = "==";
    /// `left != right`.
    ne<T>(T) -> bool = "!=";
    /// `left && right`.
    and<>(bool) -> bool = "&&";
    /// `left || right`.
    or<>(bool) -> bool = "||";
    /// `left < right`.
    lt<>(Number) -> bool = "<";
    /// `left <= right`.
    le<>(Number) -> bool = "<=";
    /// `left > right`.
    gt<>(Number) -> bool = ">";
    /// `left >= right`.
    ge<>(Number) -> bool = ">=";
    /// `left + right`.
    add<>(Number) -> Number = "+";
    /// `left - right`.
    sub<>(Number) -> Number = "-";
    /// `left * right`.
    mul<>(Number) -> Number = "*";
    /// `left / right`.
    div<>(Number) -> Number = "/";
    /// `left % right`.
    rem<>(Number) -> Number = "%";
}

/// `!value`.
pub fn not(value: impl Into<Val<bool>>) -> Val<bool> {
    Val::raw(crate::hcl!["!", value.into()])
}
