//! Words that have a meaning in a generated file already.

/// Types and traits that a generated file imports, takes from the prelude, or has as a parameter: no struct has such a name.
const TAKEN: [&str; 71] = [
    "Any",
    "AsMut",
    "AsRef",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "BTreeMap",
    "Block",
    "BlockWriter",
    "Box",
    "Clone",
    "Copy",
    "DataSource",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Expr",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "List",
    "Map",
    "Nested",
    "NestedList",
    "NestedMap",
    "NestedSet",
    "None",
    "Number",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Provider",
    "Ref",
    "Resource",
    "Result",
    "S",
    "Self",
    "Send",
    "Sensitive",
    "Sized",
    "Some",
    "State",
    "String",
    "StringLike",
    "Sync",
    "T",
    "Target",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "TypeConstraint",
    "Unpin",
    "Val",
    "Vec",
    "Widen",
];

/// Keywords that may be raw identifiers.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum", "extern",
    "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override",
    "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Keywords that may not.
pub(crate) const NEVER_RAW: [&str; 3] = ["crate", "self", "super"];

/// Whether the word is a keyword that may be a raw identifier.
pub(crate) fn may_be_raw(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Whether Rust reserves the word.
pub fn is_keyword(word: &str) -> bool {
    may_be_raw(word) || NEVER_RAW.contains(&word)
}

/// Whether a struct may not have this name in any file.
pub(crate) fn is_taken(name: &str) -> bool {
    TAKEN.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_taken_names_is_sorted() {
        assert!(TAKEN.is_sorted());
    }
}
