//! The text of the module of a provider's functions.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::bindings::Bindings;
use crate::error::Error;
use crate::folder::MARK;
use crate::names::{first_free, snake};
use crate::schema::{Block, Function, Parameter};
use crate::structs::{Structs, words};

/// The module's text: a Rust function for each.
pub(crate) fn file(functions: &[(&String, &Function)], bindings: &Bindings) -> Result<String, Error> {
    let mut taken = BTreeSet::new();
    let mut body = String::new();
    let mut imports = BTreeSet::from(["Val"]);
    for (name, function) in functions {
        // The types of a function are those of attributes.
        let mut types = Structs::new(name, "", &Block::default(), bindings)?;
        let identifier = first_free(&snake(name), |candidate| taken.insert(candidate.to_owned()));
        body.push_str(&text(name, &identifier, function, &mut types, bindings)?);
        imports.extend(types.imports);
    }
    let imports: Vec<_> = imports.into_iter().chain(["func"]).collect();
    Ok(format!(
        "//! Functions of `{}`, {MARK} from {} {}. Do not edit.\n//!\n\
         //! A stack that calls one configures the provider.\n\nuse oleoduto_cdk::{{{}}};\n{body}",
        bindings.local_name(),
        bindings.source(),
        bindings.version,
        imports.join(", "),
    ))
}

fn text(
    name: &str,
    identifier: &str,
    function: &Function,
    types: &mut Structs<'_>,
    bindings: &Bindings,
) -> Result<String, Error> {
    let call = format!("provider::{}::{name}", bindings.local_name());
    let mut taken = BTreeSet::new();
    let mut argument = |parameter: &Parameter| {
        let name = if parameter.name.is_empty() { "value" } else { &parameter.name };
        first_free(&snake(name), |candidate| taken.insert(candidate.to_owned()))
    };
    let mut parameters = Vec::new();
    let mut arguments = Vec::new();
    for parameter in &function.parameters {
        let argument = argument(parameter);
        let kind = rust_type(&parameter.r#type, name, types)?;
        parameters.push(format!("{argument}: impl Into<Val<{kind}>>"));
        arguments.push(format!("{argument}.into().into_expr()"));
    }
    let mut values = format!("[{}]", arguments.join(", "));
    if let Some(parameter) = &function.variadic_parameter {
        let argument = argument(parameter);
        let kind = rust_type(&parameter.r#type, name, types)?;
        parameters.push(format!("{argument}: impl IntoIterator<Item = impl Into<Val<{kind}>>>"));
        let rest = format!("{argument}.into_iter().map(|value| value.into().into_expr())");
        values = if arguments.is_empty() { rest } else { format!("{values}.into_iter().chain({rest})") };
    }
    let result = rust_type(&function.return_type, name, types)?;
    let summary = function.summary.as_deref().map_or_else(String::new, |summary| format!(": {}", one_line(summary)));
    let mut out = format!("\n/// `{call}` ({}){summary}.\n", words(&function.return_type));
    if let Some(message) = &function.deprecation_message {
        let _ = writeln!(out, "#[deprecated = {message:?}]");
    }
    let _ = write!(
        out,
        "pub fn {identifier}({}) -> Val<{result}> {{\n    func::call({call:?}, {values})\n}}\n",
        parameters.join(", ")
    );
    Ok(out)
}

fn rust_type(kind: &serde_json::Value, name: &str, types: &mut Structs<'_>) -> Result<String, Error> {
    types.plain_type(kind, false, name)
}

/// Text for one line of a comment, in which rustdoc sees no links and no tags. Rust refuses comments with letters that turn the
/// direction of text, and some controls.
pub(crate) fn one_line(text: &str) -> String {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_shown = |letter: &char| !letter.is_control() && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text.chars().filter(is_shown).collect();
    text.trim_end_matches('.').replace('[', "\\[").replace('<', "\\<")
}
