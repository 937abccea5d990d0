//! Expressions as HCL: inside `${...}` of a JSON string.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::escape::{push, push_float, push_quoted_text, push_template_text};
use crate::expr::{Expr, Key, Part, Reference};
use crate::names;

/// Ids of outputs that carry references to other stacks, by the producer and the expression there, where they are not what
/// [`names::cross_stack_output`] makes of it.
pub(crate) type OutputIds = HashMap<String, HashMap<String, String>>;

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) stack: &'a str,
    pub(crate) outputs: &'a OutputIds,
}

/// A piece of a flat template: texts are whole, so that two never stand side by side.
enum Piece<'a> {
    Text(Cow<'a, str>),
    Value(&'a Expr),
}

/// The content of a JSON string that Terraform reads as a template: expressions are in `${...}`.
pub(crate) fn template(out: &mut String, expr: &Expr, scope: Scope<'_>) {
    match expr {
        Expr::Str(text) | Expr::Name(_, text) | Expr::Secret(text) => push_template_text(out, text),
        Expr::Template(parts) => match flat(parts).as_slice() {
            [Piece::Value(only)] => {
                out.push_str("${");
                text_of(out, only, scope);
                out.push('}');
            }
            pieces => interpolated(out, pieces, scope, push_template_text),
        },
        other => {
            out.push_str("${");
            hcl(out, other, scope);
            out.push('}');
        }
    }
}

/// The form inside `${...}`: references are bare, strings are quoted.
fn hcl(out: &mut String, expr: &Expr, scope: Scope<'_>) {
    match expr {
        Expr::Null | Expr::Invalid(_) => out.push_str("null"),
        Expr::Bool(value) => push(out, value),
        Expr::Int(value) => push(out, value),
        Expr::Float(value) => push_float(out, *value),
        Expr::Str(text) | Expr::Name(_, text) | Expr::Secret(text) => quoted(out, text),
        Expr::Template(parts) => match flat(parts).as_slice() {
            [Piece::Value(only)] => text_of(out, only, scope),
            pieces => {
                out.push('"');
                interpolated(out, pieces, scope, push_quoted_text);
                out.push('"');
            }
        },
        Expr::Ref(reference) => push_reference(out, reference, scope),
        Expr::Raw(parts) => raw(out, parts, scope),
        Expr::Array(items) => list(out, ["[", "]"], items, scope),
        Expr::Object(pairs) => object(out, pairs, scope),
        Expr::Call(name, arguments) => {
            out.push_str(name);
            list(out, ["(", ")"], arguments, scope);
        }
        Expr::Binary(operator, sides) => operators(out, &[("(", &sides.0), (operator, &sides.1)], scope),
        Expr::Conditional(parts) => operators(out, &[("(", &parts.0), ("?", &parts.1), (":", &parts.2)], scope),
        Expr::Constant(inner) => hcl(out, inner, scope),
    }
}

/// A template is text, even with a single value in it: Terraform would keep the type of `${number}`.
fn text_of(out: &mut String, expr: &Expr, scope: Scope<'_>) {
    if let Expr::Call("tostring", _) = expr {
        return hcl(out, expr, scope);
    }
    out.push_str("tostring(");
    hcl(out, expr, scope);
    out.push(')');
}

/// A template within a template is one template, and literals in it are text: only then is it known what has to be escaped.
fn flat(parts: &[Part]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::with_capacity(parts.len());
    flatten(parts, &mut pieces);
    pieces
}

fn flatten<'a>(parts: &'a [Part], pieces: &mut Vec<Piece<'a>>) {
    for part in parts {
        match part {
            Part::Text(text) | Part::Interpolation(Expr::Str(text) | Expr::Name(_, text) | Expr::Secret(text)) => {
                match pieces.last_mut() {
                    _ if text.is_empty() => {}
                    Some(Piece::Text(before)) => before.to_mut().push_str(text),
                    _ => pieces.push(Piece::Text(text.into())),
                }
            }
            Part::Interpolation(Expr::Template(inner)) => flatten(inner, pieces),
            Part::Interpolation(value) => pieces.push(Piece::Value(value)),
        }
    }
}

fn interpolated(out: &mut String, pieces: &[Piece<'_>], scope: Scope<'_>, push_text: fn(&mut String, &str)) {
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            // `$` before `${` would escape it.
            Piece::Text(text) if text.ends_with('$') && index + 1 < pieces.len() => {
                let (start, dollars) = text.split_at(text.trim_end_matches('$').len());
                push_text(out, start);
                out.extend(["${\"", dollars, "\"}"]);
            }
            Piece::Text(text) => push_text(out, text),
            Piece::Value(expr) => {
                out.push_str("${");
                hcl(out, expr, scope);
                out.push('}');
            }
        }
    }
}

/// Text in quotes.
pub(crate) fn quoted(out: &mut String, text: &str) {
    out.push('"');
    push_quoted_text(out, text);
    out.push('"');
}

fn list(out: &mut String, brackets: [&str; 2], items: &[Expr], scope: Scope<'_>) {
    out.push_str(brackets[0]);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        hcl(out, item, scope);
    }
    out.push_str(brackets[1]);
}

fn object(out: &mut String, pairs: &[(Key, Expr)], scope: Scope<'_>) {
    out.push('{');
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        quoted(out, key);
        out.push_str(" = ");
        hcl(out, value, scope);
    }
    out.push('}');
}

/// Operands, each after its operator, in the parenthesis that the first one opens.
fn operators(out: &mut String, operands: &[(&str, &Expr)], scope: Scope<'_>) {
    for (index, (operator, operand)) in operands.iter().enumerate() {
        match index {
            0 => out.push_str(operator),
            _ => out.extend([" ", operator, " "]),
        }
        self::operand(out, operand, scope);
    }
    out.push(')');
}

/// An expression beside operators: hand-written HCL may have operators of its own.
fn operand(out: &mut String, expr: &Expr, scope: Scope<'_>) {
    match expr {
        Expr::Raw(parts) if !is_path(parts) => {
            out.push('(');
            raw(out, parts, scope);
            out.push(')');
        }
        other => hcl(out, other, scope),
    }
}

/// Whether hand-written HCL is a name or an attribute of one, such as `each.value.id`.
fn is_path(parts: &[Part]) -> bool {
    let [Part::Text(text)] = parts else { return false };
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
}

fn raw(out: &mut String, parts: &[Part], scope: Scope<'_>) {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Interpolation(inner) => operand(out, inner, scope),
        }
    }
}

fn push_reference(out: &mut String, reference: &Reference, scope: Scope<'_>) {
    let producer = reference.target.stack();
    if producer == scope.stack {
        return reference.push_local(out);
    }
    out.extend(["data.terraform_remote_state.", &names::cross_stack_input(producer), ".outputs."]);
    let local = reference.local();
    match scope.outputs.get(producer).and_then(|ids| ids.get(&local)) {
        Some(id) => out.push_str(id),
        None => out.push_str(&names::strip(&names::cross_stack_output(&local))),
    }
}
