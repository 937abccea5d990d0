//! Overrides: any value at any path of a block.

use crate::diagnostics::Diagnostic;
use crate::expr::{Expr, Key};

/// Set `value` at a dotted path. Missing objects are made; a number is a position in a list, and its end may grow by
/// one. `Expr::Null` removes.
///
/// # Errors
/// Why the path leads nowhere.
pub(crate) fn set(pairs: &mut Vec<(Key, Expr)>, path: &str, value: Expr) -> Result<(), String> {
    let (name, rest) = split(path);
    if name.is_empty() {
        return Err(format!("`{path}` is not a path: write names and positions with dots between them"));
    }
    let position = pairs.iter().position(|(key, _)| key == name);
    match (rest, position) {
        (None, Some(position)) if value == Expr::Null => {
            pairs.remove(position);
            Ok(())
        }
        (None, None) if value == Expr::Null => Ok(()),
        (None, Some(position)) => {
            pairs[position].1 = value;
            Ok(())
        }
        (None, None) => {
            pairs.push((name.to_owned().into(), value));
            Ok(())
        }
        (Some(rest), Some(position)) => descend(&mut pairs[position].1, name, rest, value),
        (Some(rest), None) => {
            let mut inner = if split(rest).0.parse::<usize>().is_ok() { Expr::Array(vec![]) } else { Expr::Object(vec![]) };
            descend(&mut inner, name, rest, value)?;
            pairs.push((name.to_owned().into(), inner));
            Ok(())
        }
    }
}

/// The error of an override at `place` that [`set`] refused.
pub(crate) fn refused(place: String, reason: &str) -> Diagnostic {
    Diagnostic::error(place, format!("the override can't be applied: {reason}"), "correct its path")
}

fn descend(at: &mut Expr, name: &str, path: &str, value: Expr) -> Result<(), String> {
    match at {
        Expr::Object(pairs) => set(pairs, path, value),
        Expr::Constant(inner) => descend(inner, name, path, value),
        Expr::Array(items) => {
            let (index, rest) = split(path);
            let Ok(index) = index.parse::<usize>() else {
                return Err(format!("`{name}` is a list: `{index}` must be a position in it"));
            };
            if index > items.len() {
                return Err(format!("`{name}` has {} items: there is no position {index}", items.len()));
            }
            match rest {
                None if index == items.len() => items.push(value),
                None if value == Expr::Null => drop(items.remove(index)),
                None => items[index] = value,
                Some(rest) => {
                    if index == items.len() {
                        items.push(Expr::Object(vec![]));
                    }
                    descend(&mut items[index], name, rest, value)?;
                }
            }
            Ok(())
        }
        _ => Err(format!("`{name}` is neither a block nor a list: override it as a whole")),
    }
}

fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(path: &str, value: Expr) -> Result<String, String> {
        let rule = Expr::object([("status", Expr::from("Off"))]);
        let mut body = vec![("name".into(), Expr::from("x")), ("rule".into(), Expr::Array(vec![rule]))];
        set(&mut body, path, value)?;
        Ok(format!("{:?}", Expr::Object(body)))
    }

    #[test]
    fn any_path_can_be_set_added_and_removed() {
        assert_eq!(apply("name", "y".into()).unwrap(), r#"{"name": "y", "rule": [{"status": "Off"}]}"#);
        assert_eq!(apply("rule.0.status", "On".into()).unwrap(), r#"{"name": "x", "rule": [{"status": "On"}]}"#);
        assert_eq!(apply("rule.1.a.b", 1.into()).unwrap(), r#"{"name": "x", "rule": [{"status": "Off"}, {"a": {"b": 1}}]}"#);
        assert_eq!(apply("rule", Expr::Null).unwrap(), r#"{"name": "x"}"#);
        assert_eq!(apply("new.0", 1.into()).unwrap(), r#"{"name": "x", "rule": [{"status": "Off"}], "new": [1]}"#);
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        assert!(apply("rule.2.a", 1.into()).unwrap_err().contains("no position 2"));
        assert!(apply("rule.first", 1.into()).unwrap_err().contains("must be a position"));
        assert!(apply("name.a", 1.into()).unwrap_err().contains("neither a block nor a list"));
        assert!(apply("", 1.into()).unwrap_err().contains("not a path"));
    }
}
