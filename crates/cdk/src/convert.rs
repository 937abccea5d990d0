//! What may be written where a value is wanted.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::expr::{Expr, Part};
use crate::value::{Any, List, Map, Number, Ref, StringLike, Takes, Val};

macro_rules! conversions {
    ($($from:ty => $to:ty $(where $generic:ident $(: $bound:ident)?)?, |$value:ident| $result:expr;)+) => {$(
        impl$(<$generic $(: $bound)?>)? From<$from> for $to {
            fn from($value: $from) -> Self {
                $result
            }
        }
    )+};
}

conversions! {
    &str => Expr, |value| Expr::Str(value.to_owned());
    String => Expr, |value| Expr::Str(value);
    &String => Expr, |value| Expr::Str(value.clone());
    bool => Expr, |value| Expr::Bool(value);
    f64 => Expr, |value| Expr::Float(value);
    f32 => Expr, |value| Expr::Float(shortest(value));
    u64 => Expr, |value| i64::try_from(value).map_or_else(|_| Expr::hcl(value.to_string()), Expr::Int);
    usize => Expr, |value| (value as u64).into();
    isize => Expr, |value| Expr::Int(value as i64);
    Vec<Expr> => Expr, |value| Expr::Array(value).checked();
    Ref<T> => Expr where T, |value| Expr::Ref(value.into_reference());
    &Ref<T> => Expr where T, |value| Expr::Ref(value.reference().clone());
    Val<T> => Expr where T, |value| value.into_expr();
    &Val<T> => Expr where T, |value| value.expr().clone();
    &Val<T> => Val<T> where T, |value| value.clone();
    &str => Val<T> where T: StringLike, |value| value.to_owned().into();
    &String => Val<T> where T: StringLike, |value| value.clone().into();
    bool => Val<bool>, |value| Val::raw(value.into());
    Expr => Val<Any>, |value| Val::raw(value);
    Json => Val<Any>, |value| Val::raw(value.into());
    &Json => Val<Any>, |value| Val::raw(value.into());
    Json => Expr, |value| json(&value);
    &Json => Expr, |value| json(value);
    &str => Val<Any>, |value| Val::raw(value.into());
    String => Val<Any>, |value| Val::raw(value.into());
    bool => Val<Any>, |value| Val::raw(value.into());
    &str => Part, |value| Part::Text(value.to_owned());
    String => Part, |value| Part::Text(value);
    &String => Part, |value| Part::Text(value.clone());
    bool => Part, |value| Part::Interpolation(value.into());
    Expr => Part, |value| Part::Interpolation(value);
    Ref<T> => Part where T, |value| Part::Interpolation(value.into());
    &Ref<T> => Part where T, |value| Part::Interpolation(value.into());
    Val<T> => Part where T, |value| Part::Interpolation(value.into());
    &Val<T> => Part where T, |value| Part::Interpolation(value.into());
}

macro_rules! whole_numbers {
    ($($whole:ty),+) => {$(
        impl From<$whole> for Expr {
            fn from(value: $whole) -> Self {
                Self::Int(value.into())
            }
        }
    )+};
}

whole_numbers!(i64, i32, i16, i8, u32, u16, u8);

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl From<$number> for Val<Number> {
            fn from(value: $number) -> Self {
                Self::raw(value.into())
            }
        }

        impl From<$number> for Val<Any> {
            fn from(value: $number) -> Self {
                Self::raw(value.into())
            }
        }

        impl From<$number> for Part {
            fn from(value: $number) -> Self {
                Self::Interpolation(value.into())
            }
        }
    )+};
}

numbers!(i64, i32, i16, i8, isize, u64, u32, u16, u8, usize, f64, f32);

/// The number that is written like it: `0.1`, not `0.10000000149011612`.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::NAN)
}

fn json(value: &Json) -> Expr {
    match value {
        Json::Null => Expr::Null,
        Json::Bool(value) => Expr::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Expr::Int(whole),
            (None, Some(large)) => large.into(),
            (None, None) => Expr::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Expr::Str(text.clone()),
        Json::Array(items) => Expr::Array(items.iter().map(json).collect()),
        Json::Object(pairs) => Expr::of_pairs(pairs.iter().map(|(key, value)| (key.clone(), json(value)))),
    }
}

impl<V: Into<Expr>, const N: usize> From<[V; N]> for Expr {
    fn from(values: [V; N]) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect()).checked()
    }
}

impl<T: Takes<U>, U> From<Ref<U>> for Val<T> {
    fn from(value: Ref<U>) -> Self {
        Self::raw(value.into())
    }
}

impl<T: Takes<U>, U> From<&Ref<U>> for Val<T> {
    fn from(value: &Ref<U>) -> Self {
        Self::raw(value.into())
    }
}

/// `None` is `null`: Terraform takes it as an argument that is not set.
impl<T, V: Into<Val<T>>> From<Option<V>> for Val<T> {
    fn from(value: Option<V>) -> Self {
        value.map_or_else(|| Self::raw(Expr::Null), Into::into)
    }
}

impl<T, V: Into<Val<T>>> FromIterator<V> for Val<List<T>> {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        Self::raw(Expr::Array(values.into_iter().map(|value| value.into().into_expr()).collect()).checked())
    }
}

impl<T, V: Into<Val<T>>, const N: usize> From<[V; N]> for Val<List<T>> {
    fn from(values: [V; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<T, V: Into<Val<T>>> From<Vec<V>> for Val<List<T>> {
    fn from(values: Vec<V>) -> Self {
        values.into_iter().collect()
    }
}

impl<T, V: Clone + Into<Val<T>>> From<&[V]> for Val<List<T>> {
    fn from(values: &[V]) -> Self {
        values.iter().cloned().collect()
    }
}

impl<T, V: Clone + Into<Val<T>>> From<&Vec<V>> for Val<List<T>> {
    fn from(values: &Vec<V>) -> Self {
        values.iter().cloned().collect()
    }
}

impl<T, K: Into<String>, V: Into<Val<T>>> FromIterator<(K, V)> for Val<Map<T>> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self::raw(Expr::object(pairs.into_iter().map(|(key, value)| (key.into(), value.into().into_expr()))))
    }
}

impl<T, K: Into<String>, V: Into<Val<T>>, const N: usize> From<[(K, V); N]> for Val<Map<T>> {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

macro_rules! maps {
    ($($(#[$doc:meta])* $map:ty $(, $hasher:ident)?;)+) => {$(
        impl<T, K: Into<String>, V: Into<Val<T>> $(, $hasher)?> From<$map> for Val<Map<T>> {
            fn from(pairs: $map) -> Self {
                pairs.into_iter().collect()
            }
        }
    )+};
}

maps! {
    BTreeMap<K, V>;
    HashMap<K, V, S>, S;
    IndexMap<K, V, S>, S;
    Vec<(K, V)>;
}
