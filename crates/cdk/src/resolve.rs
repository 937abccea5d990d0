//! From expressions to the JSON that Terraform reads.

use serde_json::{Number as JsonNumber, Value as Json};

use crate::diagnostics::Diagnostic;
use crate::expr::{Expr, Part, Reference};
use crate::names;

/// Renders expressions for one stack and remembers what it needs of other stacks.
#[derive(Debug)]
pub(crate) struct Resolver {
    stack: String,
    /// References to other stacks, in the order of first use, each once.
    pub(crate) imports: Vec<Reference>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Resolver {
    pub(crate) fn new(stack: &str) -> Self {
        Self { stack: stack.to_owned(), imports: Vec::new(), diagnostics: Vec::new() }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The JSON form: references become `${...}` strings.
    pub(crate) fn json(&mut self, expr: &Expr, path: &str) -> Json {
        match expr {
            Expr::Null => Json::Null,
            Expr::Bool(value) => Json::Bool(*value),
            Expr::Int(value) => Json::Number((*value).into()),
            Expr::Float(value) => JsonNumber::from_f64(*value).map_or(Json::Null, Json::Number),
            Expr::Str(text) => Json::String(escape_template(text)),
            Expr::Template(parts) => Json::String(self.template(parts, path)),
            Expr::Ref(_) | Expr::Raw(_) | Expr::Call(..) => Json::String(format!("${{{}}}", self.hcl(expr, path))),
            Expr::Array(items) => Json::Array(items.iter().map(|item| self.json(item, path)).collect()),
            Expr::Object(pairs) => {
                Json::Object(pairs.iter().map(|(key, value)| (key.clone(), self.json(value, &format!("{path}.{key}")))).collect())
            }
            Expr::Invalid(reason) => {
                self.report(Diagnostic::error(path, reason.clone(), "correct the value"));
                Json::Null
            }
        }
    }

    fn template(&mut self, parts: &[Part], path: &str) -> String {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(literal) => text.push_str(&escape_template(literal)),
                // A template within a template is flattened: Terraform would accept the nesting, people would not.
                Part::Interpolation(Expr::Template(inner)) => text.push_str(&self.template(inner, path)),
                Part::Interpolation(Expr::Str(literal)) => text.push_str(&escape_template(literal)),
                Part::Interpolation(expr) => {
                    text.push_str("${");
                    text.push_str(&self.hcl(expr, path));
                    text.push('}');
                }
            }
        }
        text
    }

    /// The form inside `${...}`: references are bare, strings are quoted.
    fn hcl(&mut self, expr: &Expr, path: &str) -> String {
        match expr {
            Expr::Null => "null".to_owned(),
            Expr::Bool(value) => value.to_string(),
            Expr::Int(value) => value.to_string(),
            Expr::Float(value) => value.to_string(),
            Expr::Str(text) => format!("\"{}\"", escape_quoted(&escape_template(text))),
            Expr::Template(parts) => self.quoted_template(parts, path),
            Expr::Ref(reference) => self.reference(reference),
            Expr::Raw(text) => text.clone(),
            Expr::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.hcl(item, path)).collect();
                format!("[{}]", items.join(", "))
            }
            Expr::Object(pairs) => {
                let pairs: Vec<_> = pairs
                    .iter()
                    .map(|(key, value)| {
                        let key_text = escape_quoted(&escape_template(key));
                        format!("\"{key_text}\" = {}", self.hcl(value, &format!("{path}.{key}")))
                    })
                    .collect();
                format!("{{{}}}", pairs.join(", "))
            }
            Expr::Call(name, arguments) => {
                let arguments: Vec<_> = arguments.iter().map(|argument| self.hcl(argument, path)).collect();
                format!("{name}({})", arguments.join(", "))
            }
            Expr::Invalid(reason) => {
                self.report(Diagnostic::error(path, reason.clone(), "correct the value"));
                "null".to_owned()
            }
        }
    }

    fn quoted_template(&mut self, parts: &[Part], path: &str) -> String {
        let mut text = String::from("\"");
        self.push_quoted(&mut text, parts, path);
        text.push('"');
        text
    }

    fn push_quoted(&mut self, text: &mut String, parts: &[Part], path: &str) {
        for part in parts {
            match part {
                Part::Text(literal) | Part::Interpolation(Expr::Str(literal)) => {
                    text.push_str(&escape_quoted(&escape_template(literal)));
                }
                Part::Interpolation(Expr::Template(inner)) => self.push_quoted(text, inner, path),
                Part::Interpolation(expr) => {
                    text.push_str("${");
                    text.push_str(&self.hcl(expr, path));
                    text.push('}');
                }
            }
        }
    }

    fn reference(&mut self, reference: &Reference) -> String {
        let local = reference.local();
        if *reference.target.stack == *self.stack {
            return local;
        }
        if !self.imports.contains(reference) {
            self.imports.push(reference.clone());
        }
        format!(
            "data.terraform_remote_state.{}.outputs.{}",
            names::cross_stack_input(&reference.target.stack),
            names::strip(&names::cross_stack_output(&local))
        )
    }
}

/// `${` and `%{` open an interpolation in every Terraform string: doubled, they are text.
fn escape_template(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

fn escape_quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}
