//! The example in the documentation of a type: a function that adds it with its required arguments.

use std::collections::{BTreeMap, BTreeSet};

use crate::bindings::Rules;
use crate::code::Code;
use crate::names::{first_free, snake};
use crate::plausible;
use crate::structs::{Field, Form, Holds, Struct};

/// Where an example finds the type, and how it adds it to a stack.
pub(crate) struct Usage<'a> {
    /// The path of the module, as a program writes it.
    pub(crate) module: &'a str,
    /// The method of `Stack`, and whether it takes an id.
    pub(crate) method: &'static str,
    pub(crate) has_id: bool,
}

impl Usage<'_> {
    /// The example of a type, for its documentation. `cargo test --doc` compiles it, unless the path is that of the crate itself, which
    /// no doc test can reach.
    pub(crate) fn example(&self, structs: &[Struct], rules: Option<&Rules>) -> String {
        let Some(root) = structs.last() else { return String::new() };
        let mut example = Example { structs, of: self.module, used: BTreeSet::new(), takes: BTreeMap::new(), deprecated: false };
        let built = example.build(root, &given_for(root, rules));
        let id = self.has_id.then(|| Code::word("\"example\""));
        let call = Code::call(&format!("stack.{}", self.method), id.into_iter().chain([built]));
        let stack = Code::word("stack: &mut oleoduto_cdk::Stack");
        let parameters = [stack].into_iter().chain(example.parameters());
        let function = Code::call("fn declare", parameters).lines(0, " {".len());
        let allowed = if example.deprecated { "#[allow(deprecated)]\n" } else { "" };
        let fence = if self.module.split("::").next() == Some("crate") { "text" } else { "" };
        format!("\n\n```{fence}\n{};\n\n{allowed}{function} {{\n    {};\n}}\n```", example.import(), call.lines(1, ";".len()))
    }
}

/// An example while it is written.
struct Example<'a> {
    structs: &'a [Struct],
    of: &'a str,
    /// Structs that the example names.
    used: BTreeSet<&'a str>,
    /// What only the program has: the type of a value to the name of a parameter.
    takes: BTreeMap<String, String>,
    /// Whether a setter is one that the compiler warns of.
    deprecated: bool,
}

impl<'a> Example<'a> {
    /// A struct with its required arguments, and those of these names.
    fn build(&mut self, item: &'a Struct, given: &BTreeSet<&str>) -> Code {
        self.used.insert(&item.name);
        let mut calls = Vec::new();
        for field in &item.fields {
            let is_whole = item.form == Form::Object && field.member.internal.is_none();
            if is_whole || is_required(field) || given.contains(field.name.as_str()) {
                self.deprecated |= field.member.internal.is_some();
                calls.push((field.member.identifier.clone(), self.value(field)));
            }
        }
        Code::Built { name: item.name.clone(), calls }
    }

    fn value(&mut self, field: &Field) -> Code {
        let structs = self.structs;
        let none = BTreeSet::new();
        match &field.holds {
            Holds::Value { rust_type, .. } => self.literal(rust_type, &field.name),
            Holds::Object { object, around, .. } => {
                let built = self.build(&structs[*object], &none);
                around.iter().rev().fold(built, |inner, collection| collected(collection, inner))
            }
            Holds::One { block, .. } => self.build(&structs[*block], &none),
            Holds::Many { block, min, .. } => {
                Code::list((0..*min.max(&1)).map(|_| self.build(&structs[*block], &none)).collect::<Vec<_>>())
            }
            Holds::Labeled { block, .. } => {
                Code::list([Code::tuple([Code::word("\"example\".to_owned()"), self.build(&structs[*block], &none)])])
            }
        }
    }

    /// A literal of a type; what a program has types of its own for is a parameter of the function.
    fn literal(&mut self, rust_type: &str, name: &str) -> Code {
        let inner = |collection: &str| rust_type.strip_prefix(collection)?.strip_prefix('<')?.strip_suffix('>');
        if let Some((collection, inner)) = ["List", "Map"].into_iter().find_map(|name| Some((name, inner(name)?))) {
            return collected(collection, self.literal(inner, name));
        }
        if let Some(literal) = plausible::literal(rust_type, name) {
            return Code::Word(literal);
        }
        let crate_name = self.of.split("::").next().unwrap_or("crate");
        let path = rust_type.strip_prefix("crate::").map_or_else(|| rust_type.to_owned(), |path| format!("{crate_name}::{path}"));
        if let Some(known) = self.takes.get(&path) {
            return Code::word(known);
        }
        let wanted = snake(path.rsplit("::").next().unwrap_or(&path));
        let parameter = first_free(&wanted, |name| name != "stack" && self.takes.values().all(|other| other != name));
        self.takes.insert(path, parameter.clone());
        Code::Word(parameter)
    }

    fn parameters(&self) -> impl Iterator<Item = Code> {
        self.takes.iter().map(|(path, name)| Code::Word(format!("{name}: &oleoduto_cdk::Val<{path}>")))
    }

    fn import(&self) -> String {
        let mut names = self.used.iter();
        if let (Some(name), None) = (names.next(), names.next()) {
            return format!("use {}::{name}", self.of);
        }
        Code::import(self.of, self.used.iter().copied()).lines(0, ";".len())
    }
}

fn is_required(field: &Field) -> bool {
    match &field.holds {
        Holds::Value { required, .. }
        | Holds::Object { required, .. }
        | Holds::One { required, .. }
        | Holds::Many { required, .. }
        | Holds::Labeled { required, .. } => *required,
    }
}

/// A list or map of one value.
fn collected(collection: &str, inner: Code) -> Code {
    if collection == "Map" { Code::list([Code::tuple([Code::word("\"key\""), inner])]) } else { Code::list([inner]) }
}

/// The optional arguments that the rules between arguments ask for.
fn given_for<'a>(root: &Struct, rules: Option<&'a Rules>) -> BTreeSet<&'a str> {
    let mut given = BTreeSet::new();
    let Some(rules) = rules else { return given };
    let is_given = |given: &BTreeSet<&str>, name: &String| {
        given.contains(name.as_str()) || root.fields.iter().any(|field| field.name == *name && is_required(field))
    };
    for set in rules.exactly_one_of.iter().chain(&rules.at_least_one_of) {
        if !set.iter().any(|name| is_given(&given, name)) {
            given.extend(set.first().map(String::as_str));
        }
    }
    given.extend(rules.required_unless.iter().flat_map(|rule| &rule.names).map(String::as_str));
    for (name, others) in &rules.required_with {
        if is_given(&given, name) {
            given.extend(others.iter().map(String::as_str));
        }
    }
    given
}
