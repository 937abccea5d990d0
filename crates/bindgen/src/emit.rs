//! The text of one type's module.

use std::fmt::Write as _;

use crate::bindings::{Bindings, Rules};
use crate::error::Error;
use crate::example::Usage;
use crate::folder::MARK;
use crate::names::builder_module;
use crate::place::{Kind, Place};
use crate::readable;
use crate::schema::Block;
use crate::structs::{Field, Form, Holds, Struct, Structs, notes};

/// The module's text.
pub(crate) fn file(kind: Kind, name: &str, place: &Place, block: &Block, bindings: &Bindings) -> Result<String, Error> {
    // Types of several kinds may have one name: in the bindings file they stand as `data.NAME` and `ephemeral.NAME`.
    let key = match kind {
        Kind::DataSource => format!("data.{name}"),
        Kind::Ephemeral => format!("ephemeral.{name}"),
        Kind::Resource | Kind::Provider | Kind::Functions => name.to_owned(),
    };
    check_bindings(&key, block, bindings)?;
    let root = place.root.as_str();
    let mut structs = Structs::new(&key, root, block, bindings)?;
    let interface = if kind == Kind::Provider {
        structs.imports.insert("Provider");
        provider(root, name, bindings)
    } else {
        readable::text(kind, name, root, block, &mut structs)?
    };
    let mut body = String::new();
    let deprecated = if block.deprecated { " The provider calls it deprecated." } else { "" };
    let rules = bindings.rules.get(&key);
    let (method, has_id) = kind.method();
    let usage = Usage { module: &format!("{}::{}", bindings.path(), place.module), method, has_id };
    let example = usage.example(&structs.all, rules);
    structures(&mut body, &structs, &format!("The `{name}` {}.{deprecated}{example}", kind.words()), rules);
    body.push_str(&interface);
    let mut used = structs.imports;
    used.extend(["Block", "BlockWriter"]);
    let used: Vec<_> = used.into_iter().collect();
    let maps = if body.contains("BTreeMap<") { "use std::collections::BTreeMap;\n\n" } else { "" };
    Ok(format!(
        "//! `{name}`, {MARK} from {} {}. Do not edit.\n\n{maps}use oleoduto_cdk::{{{}}};\n{body}",
        bindings.source(),
        bindings.version,
        used.join(", "),
    ))
}

/// All structs of a type, the type itself first.
pub(crate) fn structures(out: &mut String, structs: &Structs<'_>, doc: &str, rules: Option<&Rules>) {
    let mut order: Vec<&Struct> = structs.all.iter().collect();
    order.sort_by_key(|item| (item.path.len(), item.path.clone()));
    for item in order {
        let path = item.path.join(".");
        match item.form {
            _ if item.path.is_empty() => structure(out, item, doc, &structs.all, rules),
            Form::Object | Form::Nested => structure(out, item, &format!("An object of `{path}`."), &structs.all, None),
            Form::Block => structure(out, item, &format!("The `{path}` block."), &structs.all, None),
        }
    }
}

/// Every semantic type and every rule must name what exists.
fn check_bindings(name: &str, block: &Block, bindings: &Bindings) -> Result<(), Error> {
    for path in bindings.types.get(name).into_iter().flat_map(|types| types.keys()) {
        let mut at = block;
        let mut parts: Vec<&str> = path.split('.').collect();
        let last = parts.pop().unwrap_or_default();
        let missing = || Error::Attribute(name.to_owned(), path.clone());
        for part in parts {
            at = &at.block_types.get(part).ok_or_else(missing)?.block;
        }
        at.attributes.get(last).ok_or_else(missing)?;
    }
    for argument in bindings.rules.get(name).into_iter().flat_map(Rules::names) {
        let settable = block.attributes.get(argument).is_some_and(|attribute| attribute.is_settable(argument, true));
        if !settable && !block.block_types.contains_key(argument) {
            return Err(Error::Attribute(name.to_owned(), argument.clone()));
        }
    }
    Ok(())
}

/// A struct with its builder and its writer.
fn structure(out: &mut String, item: &Struct, doc: &str, all: &[Struct], rules: Option<&Rules>) {
    let name = &item.name;
    let has_deprecated = item.fields.iter().any(|field| field.member.internal.is_some());
    // A deprecated setter is written by hand below, and names the types of the builder's state.
    let state = if has_deprecated { ", state_mod(vis = \"pub\")" } else { "" };
    out.push('\n');
    for line in doc.lines() {
        let _ = writeln!(out, "{}", format!("/// {line}").trim_end());
    }
    let _ = write!(out, "#[derive(Clone, Debug, bon::Builder)]\n#[builder(on(_, into){state})]\npub struct {name} {{\n");
    let mut writes = String::new();
    for field in &item.fields {
        let (attribute, kind, how) = field_type(field, all);
        let notes = notes(field.member.internal.is_some(), field.sensitive, field.write_only);
        let _ = writeln!(out, "    /// `{}` ({how}).{notes}", field.name);
        let mut settings: Vec<String> = attribute.into_iter().map(str::to_owned).collect();
        if let Some(internal) = &field.member.internal {
            settings.push(format!("setters(name = {internal}, vis = \"pub(crate)\")"));
        }
        if !settings.is_empty() {
            let _ = writeln!(out, "    #[builder({})]", settings.join(", "));
        }
        let _ = writeln!(out, "    {}: {kind},", field.member.identifier);
        let _ = writeln!(writes, "        {}", write_call(field, item.form));
    }
    if let Some(rules) = rules {
        writes.push_str(&rule_calls(rules));
    }
    let writer = if writes.is_empty() { "_w" } else { "w" };
    let (implemented, signature) = match item.form {
        Form::Block => ("Block", format!("&mut self, {writer}: &mut BlockWriter<'_>")),
        // By their paths: a provider may have an `object` of its own.
        Form::Object | Form::Nested => ("oleoduto_cdk::Object", format!("self, {writer}: &mut oleoduto_cdk::ObjectWriter")),
    };
    let _ = write!(out, "}}\n\nimpl {implemented} for {name} {{\n    fn write({signature}) {{\n{writes}    }}\n}}\n");
    if has_deprecated {
        deprecated_setters(out, item, all);
    }
}

/// Builder setting, type, and words for the documentation.
fn field_type(field: &Field, all: &[Struct]) -> (Option<&'static str>, String, String) {
    match &field.holds {
        Holds::Value { rust_type, words, required: true } => (None, format!("Val<{rust_type}>"), format!("{words}, required")),
        Holds::Value { rust_type, words, required: false } => {
            (None, format!("Option<Val<{rust_type}>>"), format!("{words}, optional"))
        }
        Holds::Object { object, around, words, required } => {
            let kind = around.iter().rev().fold(all[*object].name.clone(), |kind, collection| format!("{collection}<{kind}>"));
            if *required {
                (None, format!("Val<{kind}>"), format!("{words}, required"))
            } else {
                (None, format!("Option<Val<{kind}>>"), format!("{words}, optional"))
            }
        }
        Holds::One { block, required: true } => (None, all[*block].name.clone(), "block, required".to_owned()),
        Holds::One { block, required: false } => (None, format!("Option<{}>", all[*block].name), "block, optional".to_owned()),
        Holds::Many { block, min, max, required } => {
            let (least, most) = (
                if *required { format!("at least {}", min.max(&1)) } else { "any number".to_owned() },
                match max {
                    0 => String::new(),
                    max => format!(", at most {max}"),
                },
            );
            (
                (!required).then_some("default"),
                format!("oleoduto_cdk::Blocks<{}>", all[*block].name),
                format!("blocks, {least}{most}"),
            )
        }
        Holds::Labeled { block, required } => {
            ((!required).then_some("default"), format!("BTreeMap<String, {}>", all[*block].name), "blocks by label".to_owned())
        }
    }
}

fn write_call(field: &Field, form: Form) -> String {
    let (name, own) = (&field.name, &field.member.identifier);
    match &field.holds {
        _ if form == Form::Object => format!("w.value({name:?}, self.{own});"),
        Holds::Value { required: true, .. } | Holds::Object { required: true, .. } if form == Form::Nested => {
            format!("w.value({name:?}, Some(self.{own}));")
        }
        _ if form == Form::Nested => format!("w.opt({name:?}, self.{own});"),
        Holds::Value { required: true, .. } | Holds::Object { required: true, .. } if field.write_only => {
            format!("w.write_only({name:?}, Some(&mut self.{own}));")
        }
        _ if field.write_only => format!("w.write_only({name:?}, self.{own}.as_mut());"),
        Holds::Value { required: true, .. } | Holds::Object { required: true, .. } => {
            format!("w.attr({name:?}, &mut self.{own});")
        }
        Holds::Value { required: false, .. } | Holds::Object { required: false, .. } => {
            format!("w.opt({name:?}, &mut self.{own});")
        }
        Holds::One { required: true, .. } => format!("w.block({name:?}, &mut self.{own});"),
        Holds::One { required: false, .. } => format!("w.opt_block({name:?}, &mut self.{own});"),
        Holds::Many { min, max, .. } => format!("w.blocks({name:?}, &mut self.{own}, {min}, {max});"),
        Holds::Labeled { .. } => format!("w.block_map({name:?}, &mut self.{own});"),
    }
}

fn rule_calls(rules: &Rules) -> String {
    let mut calls = String::new();
    for (method, sets) in
        [("conflicts", &rules.conflicts), ("exactly_one_of", &rules.exactly_one_of), ("at_least_one_of", &rules.at_least_one_of)]
    {
        for names in sets {
            let _ = writeln!(calls, "        w.{method}(&{names:?});");
        }
    }
    for (name, others) in &rules.required_with {
        let _ = writeln!(calls, "        w.required_with({name:?}, &{others:?});");
    }
    for rule in &rules.required_unless {
        let _ = writeln!(calls, "        w.required_unless(&{:?}, {:?}, {:?});", rule.names, rule.argument, rule.is);
    }
    calls
}

/// Setters that the compiler warns of: the builder's own are private, these call them.
fn deprecated_setters(out: &mut String, item: &Struct, all: &[Struct]) {
    let module = builder_module(&item.name);
    let _ = write!(out, "\nimpl<S: {module}::State> {}Builder<S> {{", item.name);
    let deprecated = item.fields.iter().filter_map(|field| Some((field, field.member.internal.as_ref()?)));
    for (position, (field, internal)) in deprecated.enumerate() {
        let kind = field_type(field, all).1;
        let inner = kind.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(&kind);
        let (setter, state) = (&field.member.identifier, field.member.state());
        let gap = if position == 0 { "" } else { "\n" };
        let _ = write!(
            out,
            "{gap}\n    /// Set `{name}`, which the provider calls deprecated.\n    \
             #[deprecated = \"the provider calls `{name}` deprecated\"]\n    \
             pub fn {setter}(self, value: impl Into<{inner}>) -> {builder}Builder<{module}::Set{state}<S>>\n    where\n        \
             S::{state}: {module}::IsUnset,\n    {{\n        self.{internal}(value)\n    }}",
            name = field.name,
            builder = item.name,
        );
    }
    out.push_str("\n}\n");
}

/// The implementation of the trait `Provider`.
fn provider(root: &str, name: &str, bindings: &Bindings) -> String {
    let check = bindings.check.as_ref().map_or_else(String::new, |check| {
        format!(
            "\n    fn check(stack: &oleoduto_cdk::StackView<'_>) -> Vec<oleoduto_cdk::Diagnostic> {{\n        {check}(stack)\n    }}\n"
        )
    });
    format!(
        "\nimpl Provider for {root} {{\n    const NAME: &'static str = {name:?};\n    const SOURCE: &'static str = {:?};\n    \
         const VERSION: &'static str = {:?};\n{check}}}\n",
        bindings.source(),
        bindings.version
    )
}
