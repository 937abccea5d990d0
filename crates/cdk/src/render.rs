//! From trees to the text that Terraform reads: JSON with sorted keys and two spaces, as cdktf writes it.

use crate::escape::{needs_template_escape, push, push_float, push_json, push_template_text};
use crate::expr::{Expr, Key, Part};
use crate::hcl::{self, Scope};

/// Writes JSON for one stack. Everything was checked before: rendering can't fail.
pub(crate) struct Renderer<'a> {
    scope: Scope<'a>,
    pub(crate) out: String,
    scratch: String,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(scope: Scope<'a>) -> Self {
        Self { scope, out: String::new(), scratch: String::new() }
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
            Expr::Constant(inner) => self.constant(inner, indent),
            _ => self.composed(|scratch, scope| hcl::template(scratch, expr, scope)),
        }
    }

    /// A JSON string of what `write` writes.
    fn composed(&mut self, write: impl FnOnce(&mut String, Scope<'_>)) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        write(&mut scratch, self.scope);
        push_json(&mut self.out, &scratch);
        self.scratch = scratch;
    }

    /// Terraform evaluates keys as it does values: `${` in them is escaped too.
    fn pairs(&mut self, pairs: &[(Key, Expr)], indent: usize) {
        let mut any = false;
        self.out.push('{');
        in_order(pairs, |(key, value)| {
            self.separate(&mut any, indent + 2);
            if needs_template_escape(key) {
                self.composed(|scratch, _| push_template_text(scratch, key));
                self.out.push_str(": ");
            } else {
                self.key(key);
            }
            self.value(value, indent + 2);
        });
        self.close(any, indent, '}');
    }

    /// A value in which nothing is escaped, since Terraform does not look for templates in it.
    fn constant(&mut self, expr: &Expr, indent: usize) {
        let mut any = false;
        match expr {
            Expr::Str(text) | Expr::Name(_, text) | Expr::Secret(text) => push_json(&mut self.out, text),
            Expr::Template(parts) => self.composed(|scratch, _| push_texts(scratch, parts)),
            Expr::Constant(inner) => self.constant(inner, indent),
            Expr::Array(items) => {
                self.out.push('[');
                for item in items {
                    self.separate(&mut any, indent + 2);
                    self.constant(item, indent + 2);
                }
                self.close(any, indent, ']');
            }
            Expr::Object(pairs) => {
                self.out.push('{');
                in_order(pairs, |(key, value)| {
                    self.separate(&mut any, indent + 2);
                    self.key(key);
                    self.constant(value, indent + 2);
                });
                self.close(any, indent, '}');
            }
            other => self.value(other, indent),
        }
    }
}

/// The texts of a template. It has nothing else, or the walk has refused it.
fn push_texts(out: &mut String, parts: &[Part]) {
    for part in parts {
        match part {
            Part::Text(text) | Part::Interpolation(Expr::Str(text) | Expr::Name(_, text) | Expr::Secret(text)) => {
                out.push_str(text)
            }
            Part::Interpolation(Expr::Template(inner)) => push_texts(out, inner),
            Part::Interpolation(_) => {}
        }
    }
}

/// Visit pairs in the order of their keys.
fn in_order<'a>(pairs: &'a [(Key, Expr)], visit: impl FnMut(&'a (Key, Expr))) {
    if is_sorted(pairs) { pairs.iter().for_each(visit) } else { sorted(pairs).into_iter().for_each(visit) }
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn json(expr: &Expr) -> String {
        let outputs = HashMap::new();
        let mut renderer = Renderer::new(Scope { stack: "s", outputs: &outputs });
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
