//! What is in an expression: parts of literals, and references.

use crate::expr::{Expr, Reference};

impl Expr {
    /// The part of a literal object or list at a dotted path, such as `rule.0.status`.
    ///
    /// A name in a list of exactly one block is looked for in that block.
    pub fn at(&self, path: &str) -> Option<&Self> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let part = match (self, first.parse::<usize>()) {
            (Self::Constant(inner), _) => return inner.at(path),
            (Self::Object(pairs), _) => pairs.iter().find(|(key, _)| key == first).map(|(_, value)| value),
            (Self::Array(items), Ok(index)) => items.get(index),
            (Self::Array(items), Err(_)) if items.len() == 1 => return items[0].at(path),
            _ => None,
        };
        match rest {
            Some(rest) => part?.at(rest),
            None => part,
        }
    }

    /// Every reference in it, in the order of appearance.
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.collect_references(&mut found);
        found
    }

    fn collect_references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        if let Self::Ref(reference) = self {
            found.push(reference);
        }
        self.children(|child| child.collect_references(found));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_by_its_path_and_nothing_else_is() {
        let rule = Expr::object([("status", Expr::from("On"))]);
        let two = Expr::Array(vec![1.into(), 2.into()]);
        let body = Expr::object([("name", "x".into()), ("rule", Expr::Array(vec![rule])), ("two", two)]);
        assert_eq!(body.at("name"), Some(&"x".into()));
        assert_eq!(body.at("rule.0.status"), Some(&"On".into()));
        assert_eq!(body.at("rule.status"), Some(&"On".into()));
        assert_eq!(body.at("two.1"), Some(&2.into()));
        for path in ["", "name.x", "rule.1.status", "two.first", "two.2", "other"] {
            assert_eq!(body.at(path), None, "{path}");
        }
    }
}
