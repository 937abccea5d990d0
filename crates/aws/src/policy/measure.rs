//! Lengths of policies as IAM counts them: characters without white space.

use oleoduto_cdk::{Expr, Key, Part};

use super::known;
use super::length::Length;
use super::statement::Statement;

/// What is known where a policy is measured.
#[derive(Clone, Copy, Debug)]
struct Scale<'a> {
    /// The region of the stack.
    region: Option<&'a str>,
    /// The most characters of a value of which nothing is known.
    unknown: usize,
}

impl Scale<'_> {
    fn any(self) -> Length {
        Length { least: 0, most: self.unknown }
    }
}

/// The length of a policy: a JSON text, or a document that Terraform encodes. A reference of which nothing is known counts
/// as nothing.
pub(super) fn of_policy(policy: &Expr, region: Option<&str>) -> Option<Length> {
    match policy {
        Expr::Str(text) => Some(Length::exact(visible(text))),
        Expr::Call("jsonencode", arguments) => arguments.first().map(|document| json(document, Scale { region, unknown: 0 })),
        _ => None,
    }
}

/// The most characters that a statement adds to a policy, in any region; a value of which nothing is known has `unknown`.
pub(crate) fn most_of_statement(statement: &Statement, unknown: usize) -> usize {
    // And the comma after it.
    json(&statement.document(), Scale { region: None, unknown }).most + 1
}

fn visible(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// The length of an expression as JSON.
fn json(expr: &Expr, scale: Scale<'_>) -> Length {
    let separators = |items: usize| Length::exact(2 + items.saturating_sub(1));
    match expr {
        Expr::Array(items) => separators(items.len()) + items.iter().map(|item| json(item, scale)).sum(),
        Expr::Object(pairs) => {
            let pair = |(key, value): &(Key, Expr)| Length::exact(quoted(key)) + Length::exact(1) + json(value, scale);
            separators(pairs.len()) + pairs.iter().map(pair).sum()
        }
        Expr::Bool(value) => Length::exact(value.to_string().len()),
        Expr::Int(value) => Length::exact(value.to_string().len()),
        Expr::Str(_) | Expr::Name(..) | Expr::Template(_) | Expr::Ref(_) => Length::exact(2) + text(expr, scale),
        _ => scale.any(),
    }
}

fn quoted(text: &str) -> usize {
    2 + escaped(text)
}

fn escaped(text: &str) -> usize {
    visible(text) + text.matches(['"', '\\']).count()
}

fn text(expr: &Expr, scale: Scale<'_>) -> Length {
    match expr {
        Expr::Str(literal) | Expr::Name(_, literal) => Length::exact(escaped(literal)),
        Expr::Ref(reference) => known::of(reference).map_or_else(|| scale.any(), |known| known.length(scale.region)),
        Expr::Template(parts) => {
            let part = |part: &Part| match part {
                Part::Text(literal) => Length::exact(escaped(literal)),
                Part::Interpolation(expr) => text(expr, scale),
            };
            parts.iter().map(part).sum()
        }
        _ => scale.any(),
    }
}
