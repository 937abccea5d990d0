//! Lengths of policies as IAM counts them: characters without white space.

use oleoduto_cdk::{Expr, Key, Part};

use super::known;
use super::length::Length;

/// The length of a policy: a JSON text, or a document that Terraform encodes.
pub(super) fn of_policy(policy: &Expr, region: Option<&str>) -> Option<Length> {
    match policy {
        Expr::Str(text) => Some(Length::exact(visible(text))),
        Expr::Call("jsonencode", arguments) => arguments.first().map(|document| json(document, region)),
        _ => None,
    }
}

fn visible(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// The length of an expression as JSON.
fn json(expr: &Expr, region: Option<&str>) -> Length {
    let separators = |items: usize| Length::exact(2 + items.saturating_sub(1));
    match expr {
        Expr::Array(items) => separators(items.len()) + items.iter().map(|item| json(item, region)).sum(),
        Expr::Object(pairs) => {
            let pair = |(key, value): &(Key, Expr)| Length::exact(quoted(key)) + Length::exact(1) + json(value, region);
            separators(pairs.len()) + pairs.iter().map(pair).sum()
        }
        Expr::Bool(value) => Length::exact(value.to_string().len()),
        Expr::Int(value) => Length::exact(value.to_string().len()),
        Expr::Str(_) | Expr::Name(..) | Expr::Template(_) | Expr::Ref(_) => Length::exact(2) + text(expr, region),
        _ => Length::default(),
    }
}

fn quoted(text: &str) -> usize {
    2 + escaped(text)
}

fn escaped(text: &str) -> usize {
    visible(text) + text.matches(['"', '\\']).count()
}

fn text(expr: &Expr, region: Option<&str>) -> Length {
    match expr {
        Expr::Str(literal) | Expr::Name(_, literal) => Length::exact(escaped(literal)),
        Expr::Ref(reference) => known::of(reference).map_or_else(Length::default, |known| known.length(region)),
        Expr::Template(parts) => {
            let part = |part: &Part| match part {
                Part::Text(literal) => Length::exact(escaped(literal)),
                Part::Interpolation(expr) => text(expr, region),
            };
            parts.iter().map(part).sum()
        }
        _ => Length::default(),
    }
}
