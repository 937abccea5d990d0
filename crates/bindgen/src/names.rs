//! From Terraform's names to Rust's: every name becomes an identifier, and no two become the same.

use std::collections::{BTreeMap, HashSet};

use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::schema::Block;
use crate::words::{NEVER_RAW, is_taken, may_be_raw};

/// ASCII words in snake case that begin with a letter, whatever the name is: `port_1`, `n1st` for `1st`, `uf6l` for `öl`.
pub(crate) fn snake(name: &str) -> String {
    if is_snake(name) {
        return name.to_owned();
    }
    let mut ascii = String::new();
    for letter in name.chars() {
        match letter {
            _ if letter.is_ascii_alphanumeric() => ascii.push(letter),
            _ if letter.is_alphanumeric() => ascii.push_str(&format!("u{:x}", u32::from(letter))),
            _ => ascii.push('_'),
        }
    }
    let words = ascii.to_snake_case();
    if words.starts_with(|first: char| first.is_ascii_alphabetic()) { words } else { format!("n{words}") }
}

fn is_snake(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.contains("__")
}

/// `RuleFilter` for `rule_filter`.
pub(crate) fn camel(name: &str) -> String {
    snake(name).to_upper_camel_case()
}

/// An identifier for words in snake case.
pub(crate) fn identifier(snake: &str) -> String {
    if may_be_raw(snake) {
        format!("r#{snake}")
    } else if NEVER_RAW.contains(&snake) {
        format!("{snake}_")
    } else {
        snake.to_owned()
    }
}

/// The names of one attribute or block of a struct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Member {
    /// The field, its setter and its accessor.
    pub(crate) identifier: String,
    /// The private setter that the one with the warning calls, if the provider calls the argument deprecated.
    pub(crate) internal: Option<String>,
}

impl Member {
    /// The name that bon gives to the field in the state of the builder.
    pub(crate) fn state(&self) -> String {
        state(&self.identifier)
    }
}

/// What bon makes of a field: as bon does it, not as heck does.
fn state(identifier: &str) -> String {
    let mut state = String::new();
    for word in identifier.trim_start_matches("r#").split('_') {
        let mut letters = word.chars();
        state.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        state.push_str(letters.as_str());
    }
    if state == "Self" { "Self_".to_owned() } else { state }
}

/// The module that bon makes for a struct's builder: as bon does it, not as heck does.
pub(crate) fn builder_module(name: &str) -> String {
    let mut module = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !module.is_empty() {
            module.push('_');
        }
        module.push(letter.to_ascii_lowercase());
    }
    module + "_builder"
}

/// Methods and states of one builder that are in use.
#[derive(Default)]
struct Claims {
    methods: HashSet<String>,
    states: HashSet<String>,
}

impl Claims {
    /// Claim an identifier with all that bon makes of it, if nothing of it is in use.
    fn claim(&mut self, identifier: &str, is_optional: bool) -> bool {
        let maybe = is_optional.then(|| format!("maybe_{}", identifier.trim_start_matches("r#")));
        let state = state(identifier);
        let is_free = !self.methods.contains(identifier)
            && maybe.as_ref().is_none_or(|maybe| !self.methods.contains(maybe))
            && !self.states.contains(&state);
        if is_free {
            self.methods.insert(identifier.to_owned());
            self.methods.extend(maybe);
            self.states.insert(state);
        }
        is_free
    }
}

/// The first identifier of `port`, `port_`, `port_2`, `port_3` and so on that is accepted.
pub(crate) fn first_free(snake: &str, mut accept: impl FnMut(&str) -> bool) -> String {
    let stem = snake.trim_end_matches('_');
    let mut candidate = identifier(snake);
    let mut number = 1;
    while !accept(&candidate) {
        candidate = if number == 1 { format!("{stem}_") } else { format!("{stem}_{number}") };
        number += 1;
    }
    candidate
}

/// What a name stands for, as far as it decides on names.
struct Named<'a> {
    name: &'a str,
    is_optional: bool,
    is_deprecated: bool,
}

/// The names of a block's attributes and blocks. Names that need no change get themselves, the shortest first.
pub(crate) fn members(block: &Block, is_root: bool) -> BTreeMap<&str, Member> {
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let is_settable = attribute.is_settable(name, is_root);
        let (is_optional, is_deprecated) = (is_settable && !attribute.required, is_settable && attribute.deprecated);
        Named { name, is_optional, is_deprecated }
    });
    let blocks = block.block_types.iter().map(|(name, nested)| {
        // A required block has no second setter, but may be optional in the next version.
        Named { name, is_optional: true, is_deprecated: nested.block.deprecated }
    });
    let all: Vec<Named<'_>> = attributes.chain(blocks).collect();
    if all.iter().all(|named| is_plain(named.name)) { plain(&all) } else { distinct(all) }
}

/// Whether nothing that is made of the name can be made of another plain name: so it is with nearly all that exist.
fn is_plain(name: &str) -> bool {
    let has_number_word = || name.as_bytes().windows(2).any(|pair| pair[0] == b'_' && pair[1].is_ascii_digit());
    is_snake(name)
        && !name.ends_with('_')
        && !has_number_word()
        && !name.starts_with("maybe_")
        && !name.ends_with("_deprecated")
        && name != "build"
        && !NEVER_RAW.contains(&name)
}

fn plain<'a>(all: &[Named<'a>]) -> BTreeMap<&'a str, Member> {
    let member = |named: &Named<'a>| {
        let internal = named.is_deprecated.then(|| format!("{}_deprecated", named.name));
        (named.name, Member { identifier: identifier(named.name), internal })
    };
    all.iter().map(member).collect()
}

fn distinct(mut all: Vec<Named<'_>>) -> BTreeMap<&str, Member> {
    all.sort_by_key(|named| (!is_snake(named.name), named.name.len(), named.name));
    let mut claims = Claims { methods: HashSet::from(["build".to_owned()]), ..Claims::default() };
    let mut members = BTreeMap::new();
    for named in &all {
        let identifier = first_free(&snake(named.name), |candidate| claims.claim(candidate, named.is_optional));
        members.insert(named.name, Member { identifier, internal: None });
    }
    for named in all.iter().filter(|named| named.is_deprecated) {
        let stem = snake(named.name);
        let wanted = format!("{}_deprecated", stem.trim_end_matches('_'));
        let internal = first_free(&wanted, |candidate| claims.claim(candidate, named.is_optional));
        if let Some(member) = members.get_mut(named.name) {
            member.internal = Some(internal);
        }
    }
    members
}

/// Names of the structs of a file, each with its builder.
pub(crate) struct StructNames(HashSet<String>);

impl StructNames {
    /// Those of the type itself.
    pub(crate) fn new(root: &str) -> Self {
        Self(HashSet::from([root.to_owned(), format!("{root}Builder"), format!("{root}Refs")]))
    }

    /// The struct of a block at a path; `Block` is added if the name is taken, then a number.
    pub(crate) fn claim(&mut self, path: &[String]) -> String {
        let name = self.free(path, "");
        self.0.extend([name.clone(), format!("{name}Builder")]);
        name
    }

    /// The struct of what can be read of a block at a path: the block's name with `Refs`.
    pub(crate) fn claim_view(&mut self, path: &[String]) -> String {
        let name = self.free(path, "Refs");
        self.0.insert(name.clone());
        name
    }

    fn free(&self, path: &[String], end: &str) -> String {
        let name: String = path.iter().map(|part| camel(part)).collect();
        let mut candidate = format!("{name}{end}");
        let mut number = 1;
        while is_taken(&candidate) || self.0.contains(&candidate) || self.0.contains(&format!("{candidate}Builder")) {
            candidate = if number == 1 { format!("{name}Block{end}") } else { format!("{name}Block{number}{end}") };
            number += 1;
        }
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_ascii_words() {
        for (name, wanted) in [
            ("port_1", "port_1"),
            ("1st", "n1st"),
            ("Self", "self"),
            ("a-b", "a_b"),
            ("_x__y", "x_y"),
            ("öl", "uf6l"),
            ("-", "n"),
        ] {
            assert_eq!(snake(name), wanted);
        }
    }

    #[test]
    fn keywords_are_made_usable() {
        for (word, wanted) in [("type", "r#type"), ("self", "self_"), ("name", "name")] {
            assert_eq!(identifier(word), wanted);
        }
    }

    #[test]
    fn plain_names_are_what_they_would_be_among_others() {
        let names = ["a", "ab", "a_b", "a_b1", "name", "old", "s3_key", "type", "x"];
        let all = || names.map(|name| Named { name, is_optional: true, is_deprecated: true });
        assert!(names.iter().all(|name| is_plain(name)));
        assert_eq!(plain(&all()), distinct(all().into()));
        for name in ["a_1", "a_", "maybe_a", "a_deprecated", "build", "self", "A", "1"] {
            assert!(!is_plain(name), "{name}");
        }
    }

    #[test]
    fn a_struct_never_takes_a_name_of_the_file() {
        let mut names = StructNames::new("Thing");
        let claims: [(&[&str], &str); 8] = [
            (&["rule", "filter"], "RuleFilter"),
            (&["map"], "MapBlock"),
            (&["thing"], "ThingBlock"),
            (&["thing_refs"], "ThingRefsBlock"),
            (&["a_b"], "AB"),
            (&["a", "b"], "ABBlock"),
            (&["ab", "block"], "AbBlock"),
            (&["a_b_builder"], "ABBuilderBlock"),
        ];
        for (path, wanted) in claims {
            let path: Vec<_> = path.iter().map(|&part| part.to_owned()).collect();
            assert_eq!(names.claim(&path), wanted);
        }
    }
}
