//! From trees to the text that Terraform reads: JSON with sorted keys and two spaces, as cdktf writes it.

use std::fmt::Write as _;

use crate::expr::{Expr, Key, Part, Reference};
use crate::names;

/// Writes JSON for one stack. Everything was checked before: rendering can't fail.
pub(crate) struct Renderer<'a> {
    stack: &'a str,
    pub(crate) out: String,
    scratch: String,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(stack: &'a str) -> Self {
        Self { stack, out: String::new(), scratch: String::new() }
    }

    pub(crate) fn newline(&mut self, indent: usize) {
        const SPACES: &str = "                                ";
        self.out.push('\n');
        let mut left = indent;
        while left > 0 {
            let some = left.min(SPACES.len());
            self.out.push_str(&SPACES[..some]);
            left -= some;
        }
    }

    /// `"text": `
    pub(crate) fn key(&mut self, text: &str) {
        push_json(&mut self.out, text);
        self.out.push_str(": ");
    }

    pub(crate) fn text(&mut self, text: &str) {
        push_json(&mut self.out, text);
    }

    /// Write an object; `write` writes each member. Keys must be sorted.
    pub(crate) fn members<T>(
        &mut self,
        indent: usize,
        items: impl IntoIterator<Item = (T, impl AsRef<str>)>,
        mut write: impl FnMut(&mut Self, T, usize),
    ) {
        let mut any = false;
        self.out.push('{');
        for (item, key) in items {
            self.separate(&mut any, indent + 2);
            self.key(key.as_ref());
            write(self, item, indent + 2);
        }
        self.close(any, indent, '}');
    }

    fn separate(&mut self, any: &mut bool, indent: usize) {
        if *any {
            self.out.push(',');
        }
        *any = true;
        self.newline(indent);
    }

    fn close(&mut self, any: bool, indent: usize, bracket: char) {
        if any {
            self.newline(indent);
        }
        self.out.push(bracket);
    }

    pub(crate) fn value(&mut self, expr: &Expr, indent: usize) {
        match expr {
            Expr::Null | Expr::Invalid(_) => self.out.push_str("null"),
            Expr::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Expr::Int(value) => push(&mut self.out, value),
            Expr::Float(value) => push_float(&mut self.out, *value),
            Expr::Str(text) | Expr::Name(_, text) | Expr::Secret(text) if !needs_template_escape(text) => {
                push_json(&mut self.out, text);
            }
            Expr::Array(items) => {
                let mut any = false;
                self.out.push('[');
                for item in items {
                    self.separate(&mut any, indent + 2);
                    self.value(item, indent + 2);
                }
                self.close(any, indent, ']');
            }
            Expr::Object(pairs) => self.pairs(pairs, indent),
            _ => {
                let mut scratch = std::mem::take(&mut self.scratch);
                scratch.clear();
                template(&mut scratch, expr, self.stack);
                push_json(&mut self.out, &scratch);
                self.scratch = scratch;
            }
        }
    }

    fn pairs(&mut self, pairs: &[(Key, Expr)], indent: usize) {
        if is_sorted(pairs) {
            return self
                .members(indent, pairs.iter().map(|(key, value)| (value, key)), |r, value, indent| r.value(value, indent));
        }
        self.members(indent, sorted(pairs).into_iter().map(|(key, value)| (value, key)), |r, value, indent| {
            r.value(value, indent)
        });
    }
}

/// Whether pairs are in the order of their keys.
pub(crate) fn is_sorted(pairs: &[(Key, Expr)]) -> bool {
    pairs.is_sorted_by(|a, b| a.0 <= b.0)
}

/// Pairs in the order of their keys.
pub(crate) fn sorted(pairs: &[(Key, Expr)]) -> Vec<&(Key, Expr)> {
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    sorted
}

/// The content of a JSON string that Terraform reads as a template: expressions are in `${...}`.
fn template(out: &mut String, expr: &Expr, stack: &str) {
    match expr {
        Expr::Str(text) | Expr::Name(_, text) | Expr::Secret(text) => push_template_text(out, text),
        Expr::Template(parts) => {
            for part in parts {
                match part {
                    Part::Text(text) => push_template_text(out, text),
                    // A template within a template is flattened: Terraform accepts the nesting, but it is hard to read.
                    Part::Interpolation(inner) => template(out, inner, stack),
                }
            }
        }
        other => between(out, "${", '}', |out| hcl(out, other, stack)),
    }
}

/// The form inside `${...}`: references are bare, strings are quoted.
fn hcl(out: &mut String, expr: &Expr, stack: &str) {
    match expr {
        Expr::Null | Expr::Invalid(_) => out.push_str("null"),
        Expr::Bool(value) => push(out, value),
        Expr::Int(value) => push(out, value),
        Expr::Float(value) => push_float(out, *value),
        Expr::Str(text) | Expr::Name(_, text) | Expr::Secret(text) => between(out, "\"", '"', |out| push_quoted_text(out, text)),
        Expr::Template(parts) => between(out, "\"", '"', |out| quoted_template(out, parts, stack)),
        Expr::Ref(reference) => push_reference(out, reference, stack),
        Expr::Raw(parts) => raw(out, parts, stack),
        Expr::Array(items) => between(out, "[", ']', |out| separated(out, items, |out, item| hcl(out, item, stack))),
        Expr::Object(pairs) => between(out, "{", '}', |out| separated(out, pairs, |out, pair| member(out, pair, stack))),
        Expr::Call(name, arguments) => {
            out.push_str(name);
            between(out, "(", ')', |out| separated(out, arguments, |out, argument| hcl(out, argument, stack)));
        }
        Expr::Binary(operator, sides) => between(out, "(", ')', |out| {
            hcl(out, &sides.0, stack);
            push(out, format_args!(" {operator} "));
            hcl(out, &sides.1, stack);
        }),
        Expr::Conditional(parts) => between(out, "(", ')', |out| {
            hcl(out, &parts.0, stack);
            out.push_str(" ? ");
            hcl(out, &parts.1, stack);
            out.push_str(" : ");
            hcl(out, &parts.2, stack);
        }),
    }
}

fn between(out: &mut String, open: &str, close: char, write: impl FnOnce(&mut String)) {
    out.push_str(open);
    write(out);
    out.push(close);
}

fn separated<T>(out: &mut String, items: &[T], write: impl Fn(&mut String, &T)) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
}

fn raw(out: &mut String, parts: &[Part], stack: &str) {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Interpolation(inner) => hcl(out, inner, stack),
        }
    }
}

fn member(out: &mut String, pair: &(Key, Expr), stack: &str) {
    let (key, value) = pair;
    between(out, "\"", '"', |out| push_quoted_text(out, key));
    out.push_str(" = ");
    hcl(out, value, stack);
}

fn quoted_template(out: &mut String, parts: &[Part], stack: &str) {
    for part in parts {
        match part {
            Part::Text(text) | Part::Interpolation(Expr::Str(text) | Expr::Name(_, text) | Expr::Secret(text)) => {
                push_quoted_text(out, text);
            }
            Part::Interpolation(Expr::Template(inner)) => quoted_template(out, inner, stack),
            Part::Interpolation(inner) => between(out, "${", '}', |out| hcl(out, inner, stack)),
        }
    }
}

fn push_reference(out: &mut String, reference: &Reference, stack: &str) {
    if reference.target.stack() == stack {
        return reference.push_local(out);
    }
    out.push_str("data.terraform_remote_state.");
    out.push_str(&names::cross_stack_input(reference.target.stack()));
    out.push_str(".outputs.");
    out.push_str(&names::strip(&names::cross_stack_output(&reference.local())));
}

/// Writing to a `String` can't fail.
fn push(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}");
}

/// As JavaScript writes it: whole numbers without a fraction.
fn push_float(out: &mut String, value: f64) {
    if value.fract() == 0.0 && value.abs() < 1e15 { push(out, value as i64) } else { push(out, value) }
}

fn needs_template_escape(text: &str) -> bool {
    // Almost no text has a brace: one pass without branches finds out.
    let braces = text.bytes().fold(false, |found, byte| found | (byte == b'{'));
    braces && (text.contains("${") || text.contains("%{"))
}

/// `${` and `%{` open an interpolation in every Terraform string: doubled, they are text.
fn push_template_text(out: &mut String, text: &str) {
    if needs_template_escape(text) {
        out.push_str(&text.replace("${", "$${").replace("%{", "%%{"));
    } else {
        out.push_str(text);
    }
}

/// Text between the quotes of an HCL string.
fn push_quoted_text(out: &mut String, text: &str) {
    let start = out.len();
    push_template_text(out, text);
    if out[start..].contains(['\\', '"', '\n', '\r', '\t']) {
        let escaped = out[start..].replace('\\', "\\\\").replace('"', "\\\"");
        let escaped = escaped.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
        out.truncate(start);
        out.push_str(&escaped);
    }
}

/// A JSON string with its quotes.
fn push_json(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    // Without branches in it, this loop is vectorized; what follows rarely runs.
    let is_plain = !text.bytes().fold(false, |found, byte| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\'));
    if is_plain {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[start..index]);
        start = index + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            other => push(out, format_args!("\\u{other:04x}")),
        }
    }
    out.push_str(&text[start..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(expr: &Expr) -> String {
        let mut renderer = Renderer::new("s");
        renderer.value(expr, 0);
        renderer.out
    }

    #[test]
    fn strings_are_what_serde_json_writes() {
        for text in ["", "plain", "quote \" slash \\", "line\n\r\t", "\u{8}\u{c}\u{1f}\u{0}", "execução ☕"] {
            assert_eq!(json(&text.into()), serde_json::to_string(text).unwrap());
        }
    }

    #[test]
    fn templates_are_escaped_once_for_terraform_and_once_for_json() {
        assert_eq!(json(&"${x} %{y}".into()), r#""$${x} %%{y}""#);
        let nested = Expr::object([("a", Expr::from("\"${x}\"\n"))]).jsonencode();
        assert_eq!(json(&nested), r#""${jsonencode({\"a\" = \"\\\"$${x}\\\"\\n\"})}""#);
    }

    #[test]
    fn numbers_are_as_short_as_javascripts() {
        assert_eq!(json(&Expr::Array(vec![Expr::Float(2.0), Expr::Float(0.5), Expr::Int(-3)])), "[\n  2,\n  0.5,\n  -3\n]");
    }
}
