//! The argument of `jsonencode` as JSON, read from the HCL that the renderer writes.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Map, Value as Json};

/// What `${jsonencode(...)}` encodes, or what a text of JSON says. References and calls in it are texts: `${...}`.
pub(super) fn decode(text: &str) -> Option<Json> {
    let Some(inner) = text.strip_prefix("${jsonencode(").and_then(|rest| rest.strip_suffix(")}")) else {
        return serde_json::from_str(text).ok();
    };
    let mut reader = Reader { rest: inner.chars().peekable() };
    let value = reader.value()?;
    reader.rest.next().is_none().then_some(value)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Json> {
        let is_for = self.rest.clone().skip(1).take(4).eq("for ".chars());
        match self.rest.peek()? {
            '{' | '[' if is_for => Some(self.bare()),
            '{' => self.object(),
            '[' => self.list(),
            '"' => self.quoted().map(Json::String),
            _ => Some(self.bare()),
        }
    }

    fn skip(&mut self, wanted: &[char]) {
        while self.rest.next_if(|next| wanted.contains(next)).is_some() {}
    }

    fn object(&mut self) -> Option<Json> {
        let mut pairs = Map::new();
        self.rest.next();
        while *self.rest.peek()? != '}' {
            let key = self.quoted()?;
            self.skip(&[' ', '=']);
            pairs.insert(key, self.value()?);
            self.skip(&[',', ' ']);
        }
        self.rest.next();
        Some(Json::Object(pairs))
    }

    fn list(&mut self) -> Option<Json> {
        let mut items = Vec::new();
        self.rest.next();
        while *self.rest.peek()? != ']' {
            items.push(self.value()?);
            self.skip(&[',', ' ']);
        }
        self.rest.next();
        Some(Json::Array(items))
    }

    /// Text in quotes; interpolations in it stay as they are.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        self.rest.next_if_eq(&'"')?;
        loop {
            match self.rest.next()? {
                '"' => return Some(text),
                '\\' => text.push(match self.rest.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => self.unicode(4)?,
                    'U' => self.unicode(8)?,
                    other => other,
                }),
                // `$${` is the text `${`.
                mark @ ('$' | '%') if self.rest.next_if_eq(&mark).is_some() => {
                    text.push(mark);
                    if self.rest.peek() != Some(&'{') {
                        text.push(mark);
                    }
                }
                mark @ ('$' | '%') if self.rest.peek() == Some(&'{') => {
                    text.push(mark);
                    self.nested(&mut text);
                }
                other => text.push(other),
            }
        }
    }

    fn unicode(&mut self, digits: usize) -> Option<char> {
        let code: String = self.rest.by_ref().take(digits).collect();
        char::from_u32(u32::from_str_radix(&code, 16).ok()?)
    }

    /// An expression in brackets, with the brackets: brackets within texts do not count.
    fn nested(&mut self, text: &mut String) {
        let (mut depth, mut is_text) = (0_usize, false);
        while let Some(next) = self.rest.next() {
            text.push(next);
            match next {
                '\\' if is_text => text.extend(self.rest.next()),
                '"' => is_text = !is_text,
                '{' | '[' | '(' if !is_text => depth += 1,
                '}' | ']' | ')' if !is_text => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// A number, `true`, `false`, `null`, a reference or a call.
    fn bare(&mut self) -> Json {
        let mut text = String::new();
        while let Some(next) = self.rest.peek().copied() {
            match next {
                ',' | '}' | ']' | ')' => break,
                '(' | '[' | '{' => self.nested(&mut text),
                '"' => text.extend(self.quoted().map(|inner| format!("\"{inner}\""))),
                _ => text.extend(self.rest.next()),
            }
        }
        serde_json::from_str(&text).unwrap_or_else(|_| Json::String(format!("${{{text}}}")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;
    use crate::expr::{Expr, Reference, Target};
    use crate::hcl::Scope;
    use crate::render::Renderer;
    use crate::{Val, func, text};

    fn rendered(expr: Expr) -> String {
        let outputs = HashMap::new();
        let mut renderer = Renderer::new(Scope { stack: "s", outputs: &outputs });
        renderer.value(&expr.jsonencode(), 0);
        serde_json::from_str(&renderer.out).unwrap()
    }

    #[test]
    fn literals_are_what_they_were() {
        let document = json!({
            "a b": ["x", 1, -2.5, true, null, [], {}],
            "${k}": "${v} %{w} $$ $",
            "\"q\"\\": "line\nend\ttab\r\u{1}☕",
            "nested": { "deep": [{ "er": "," }, "}"] },
        });
        assert_eq!(decode(&rendered(Expr::from(&document))), Some(document));
    }

    #[test]
    fn references_and_calls_are_texts() {
        let target = Target::new(&"s".into(), "test_thing.a".to_owned());
        let arn = Expr::Ref(Reference { target, path: "arn".into(), sensitive: false });
        let objects: Val<String> = text![arn.clone(), "/*"];
        let upper = Val::<String>::raw(func::upper(Val::raw(arn.clone())).into_expr());
        let document = Expr::object([
            ("arn", arn),
            ("list", vec![objects.into_expr(), upper.into_expr()].into()),
            ("raw", Expr::hcl("[for x in var.l : \"a,${x}\"]")),
        ]);
        let expected = json!({
            "arn": "${test_thing.a.arn}",
            "list": ["${test_thing.a.arn}/*", "${upper(test_thing.a.arn)}"],
            "raw": "${[for x in var.l : \"a,${x}\"]}",
        });
        assert_eq!(decode(&rendered(document)), Some(expected));
    }

    #[test]
    fn other_texts_are_json_or_nothing() {
        assert_eq!(decode("{\"a\": 1}"), Some(json!({ "a": 1 })));
        for text in ["", "plain", "${jsonencode({)}", "${upper(\"x\")}", "${jsonencode({\"a\" = 1} x)}"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
