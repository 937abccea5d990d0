//! Expressions as far as their text is known.

use oleoduto_cdk::{Expr, Part, Reference};

use super::known;
use crate::authorization::{ArnPattern, Pattern};

/// A resource of a statement.
#[derive(Debug)]
pub(super) enum Resource {
    /// ARNs, or `*`.
    Arn(ArnPattern),
    /// Only Terraform will know it.
    Unknown,
    /// Neither an ARN nor `*`.
    NoArn,
}

/// What is known of a resource.
pub(super) fn resource(expr: &Expr) -> Resource {
    let arn = match expr {
        Expr::Str(text) | Expr::Name(_, text) => ArnPattern::new(text),
        Expr::Ref(_) | Expr::Template(_) => {
            let mut pattern = Pattern::default();
            let mut start = true;
            if !push(expr, &mut pattern, &mut start) {
                return Resource::Unknown;
            }
            ArnPattern::from_pattern(&pattern)
        }
        _ => return Resource::Unknown,
    };
    arn.map_or(Resource::NoArn, Resource::Arn)
}

/// Append what is known of a text; false if its begin is unknown.
fn push(expr: &Expr, pattern: &mut Pattern, start: &mut bool) -> bool {
    // Before the sixth field of an ARN a reference stands for one field, or a part of it.
    let but = (pattern.colons() < 5).then_some(':');
    match expr {
        Expr::Str(text) | Expr::Name(_, text) => pattern.push_wildcards(text, |_| None),
        Expr::Int(number) => pattern.push_wildcards(&number.to_string(), |_| None),
        Expr::Template(parts) => {
            return parts.iter().all(|part| match part {
                Part::Text(text) => {
                    pattern.push_wildcards(text, |_| None);
                    *start = *start && text.is_empty();
                    true
                }
                Part::Interpolation(expr) => push(expr, pattern, start),
            });
        }
        Expr::Ref(reference) => match known::of(reference) {
            Some(known) => pattern.push_format(known.form()),
            None if *start => return false,
            None => pattern.push_unknown(but, false),
        },
        _ if *start => return false,
        _ => pattern.push_unknown(but, true),
    }
    *start = false;
    true
}

/// The text for messages, with references as Terraform writes them.
pub(super) fn shown(expr: &Expr) -> String {
    match expr {
        Expr::Str(text) | Expr::Name(_, text) => text.clone(),
        Expr::Ref(reference) => shown_reference(reference),
        Expr::Template(parts) => {
            let shown = parts.iter().map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Interpolation(expr) => shown(expr),
            });
            shown.collect()
        }
        other => format!("{other:?}"),
    }
}

fn shown_reference(reference: &Reference) -> String {
    format!("${{{}.{}}}", reference.target().address(), reference.path())
}

/// The literals of one value or an array.
pub(super) fn literals(expr: &Expr) -> Vec<&str> {
    match expr {
        Expr::Array(items) => items.iter().filter_map(Expr::literal).collect(),
        one => one.literal().into_iter().collect(),
    }
}
