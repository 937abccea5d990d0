//! From Terraform's names to Rust's.

use heck::ToUpperCamelCase;

/// Names that a generated file imports or takes from the prelude: a block must not take one of them.
const TAKEN: [&str; 26] = [
    "Any",
    "AsRef",
    "BTreeMap",
    "Block",
    "BlockWriter",
    "Clone",
    "DataSource",
    "Debug",
    "Default",
    "From",
    "Into",
    "List",
    "Map",
    "None",
    "Number",
    "Option",
    "Provider",
    "Ref",
    "Resource",
    "Sensitive",
    "Some",
    "String",
    "Target",
    "Val",
    "Vec",
    "Send",
];

/// A Rust identifier for a Terraform name.
pub(crate) fn identifier(name: &str) -> String {
    match name {
        // These can't be raw identifiers.
        "self" | "super" | "crate" => format!("{name}_"),
        // `build` is the builder's own.
        "build" => "build_".to_owned(),
        "as" | "async" | "await" | "box" | "break" | "const" | "continue" | "do" | "dyn" | "else" | "enum" | "extern"
        | "false" | "final" | "fn" | "for" | "gen" | "if" | "impl" | "in" | "let" | "loop" | "macro" | "match" | "mod"
        | "move" | "mut" | "override" | "priv" | "pub" | "ref" | "return" | "static" | "struct" | "trait" | "true" | "try"
        | "type" | "typeof" | "unsafe" | "unsized" | "use" | "virtual" | "where" | "while" | "yield" | "abstract" | "become" => {
            format!("r#{name}")
        }
        _ if name.starts_with(|c: char| c.is_ascii_digit()) => format!("_{name}"),
        _ => name.replace('-', "_"),
    }
}

/// The struct of a block at a path; `Block` is added where the name is taken.
pub(crate) fn block(path: &[String], root: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let name: String = path.iter().map(|part| part.to_upper_camel_case()).collect();
    let refused = |name: &str| name == root || name == format!("{root}Refs") || TAKEN.contains(&name) || is_taken(name);
    if !refused(&name) {
        return name;
    }
    let with_block = format!("{name}Block");
    if !refused(&with_block) {
        return with_block;
    }
    (2..).map(|number| format!("{name}Block{number}")).find(|name| !refused(name)).unwrap_or(with_block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_the_builders_own_names_are_made_usable() {
        assert_eq!(identifier("type"), "r#type");
        assert_eq!(identifier("self"), "self_");
        assert_eq!(identifier("build"), "build_");
        assert_eq!(identifier("name"), "name");
    }

    #[test]
    fn a_block_never_takes_a_name_of_the_file() {
        let path = |parts: &[&str]| parts.iter().map(|&part| part.to_owned()).collect::<Vec<_>>();
        assert_eq!(block(&path(&["rule", "filter"]), "Thing", |_| false), "RuleFilter");
        assert_eq!(block(&path(&["map"]), "Thing", |_| false), "MapBlock");
        assert_eq!(block(&path(&["thing"]), "Thing", |_| false), "ThingBlock");
        assert_eq!(block(&path(&["a_b"]), "Thing", |name| name == "AB" || name == "ABBlock"), "ABBlock2");
    }
}
