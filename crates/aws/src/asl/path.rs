//! JSONPath as AWS reads it.

use super::cursor::{Cursor, OPAQUE, shown};
use crate::nearest::did_you_mean;

/// What a path may be in its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any path: it may give many values.
    Path,
    /// A path to one place in the data or the context object.
    Reference,
    /// A path to one place in the data, to write there.
    Result,
}

/// The fields of the context object.
const CONTEXT: [&str; 5] = ["Execution", "State", "StateMachine", "Task", "Map"];

/// Check the text of a field that holds a path.
pub(super) fn check_field(field: &str, text: &str, kind: Kind, mistakes: &mut Vec<String>) {
    if let Err(reason) = check(text, kind) {
        mistakes.push(format!("{field} `{}`: {reason}", shown(text)));
    }
}

/// Check a path.
pub(super) fn check(text: &str, kind: Kind) -> Result<(), String> {
    let mut cursor = Cursor::new(text);
    if !cursor.eat("$") {
        return Err("a path starts with `$`".to_owned());
    }
    if cursor.eat("$") {
        if kind == Kind::Result {
            return Err("a result can't be written to the context object".to_owned());
        }
        check_context(cursor)?;
    } else if let Some(c) = cursor.peek().filter(|&c| is_name(c) && c != OPAQUE) {
        return Err(format!("`${c}` would read a variable; a place in the data starts with `$.`"));
    }
    while let Some(c) = cursor.next() {
        match c {
            '.' => {
                let many = cursor.eat(".");
                one_place(many, "..", kind)?;
                if !(many && cursor.peek() == Some('[')) {
                    name(&mut cursor, kind)?;
                }
            }
            '[' => bracket(&mut cursor, kind)?,
            other => return Err(format!("`{other}` is out of place: `.name` or `[...]` goes there")),
        }
    }
    Ok(())
}

fn check_context(mut cursor: Cursor<'_>) -> Result<(), String> {
    if !cursor.eat(".") {
        return if cursor.rest().is_empty() || cursor.peek() == Some('[') {
            Ok(())
        } else {
            Err("the context object's fields start with `$$.`".to_owned())
        };
    }
    let field = cursor.take_while(is_name);
    if CONTEXT.contains(&field) || field.is_empty() || field.contains(OPAQUE) {
        return Ok(());
    }
    Err(format!("the context object has no field `{field}`{}", did_you_mean(field, CONTEXT)))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-' || c == OPAQUE
}

fn one_place(many: bool, what: &str, kind: Kind) -> Result<(), String> {
    if many && kind != Kind::Path {
        return Err(format!("`{what}` can match many places, but this must be one place"));
    }
    Ok(())
}

fn name(cursor: &mut Cursor<'_>, kind: Kind) -> Result<(), String> {
    if cursor.eat("*") {
        return one_place(true, "*", kind);
    }
    if cursor.take_while(is_name).is_empty() {
        return Err("a name is missing after `.`".to_owned());
    }
    // Functions of the path library, such as `$.list.length()`.
    if cursor.eat("(") {
        one_place(true, "(", kind)?;
        return balanced(cursor, ')');
    }
    Ok(())
}

/// Read the content of brackets, from after the opening one to after the closing one.
fn bracket(cursor: &mut Cursor<'_>, kind: Kind) -> Result<(), String> {
    cursor.spaces();
    if cursor.eat("?") {
        one_place(true, "?", kind)?;
        return balanced(cursor, ']');
    }
    loop {
        cursor.spaces();
        match cursor.peek() {
            Some(quote @ ('\'' | '"')) => {
                cursor.next();
                cursor.quoted(quote)?;
            }
            Some('*') => {
                cursor.next();
                one_place(true, "*", kind)?;
            }
            _ => {
                let index = cursor.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | OPAQUE));
                one_place(index.contains(':'), ":", kind)?;
                if index.is_empty() {
                    return Err(match cursor.peek() {
                        Some(c) => format!("`{c}` is out of place in `[...]`: an index or a quoted name goes there"),
                        None => "`[` is never closed".to_owned(),
                    });
                }
            }
        }
        cursor.spaces();
        if cursor.eat("]") {
            return Ok(());
        }
        if !cursor.eat(",") {
            return Err("`[` is never closed".to_owned());
        }
        one_place(true, ",", kind)?;
    }
}

/// Go past `close`, over quotes, parentheses and brackets in between.
fn balanced(cursor: &mut Cursor<'_>, close: char) -> Result<(), String> {
    let mut open = vec![close];
    while let Some(c) = cursor.next() {
        match c {
            '\'' | '"' => {
                cursor.quoted(c)?;
            }
            '(' => open.push(')'),
            '[' => open.push(']'),
            ')' | ']' => {
                if open.pop() != Some(c) {
                    return Err(format!("`{c}` closes nothing"));
                }
                if open.is_empty() {
                    return Ok(());
                }
            }
            _ => {}
        }
    }
    Err(format!("`{}` is missing", open.last().copied().unwrap_or(close)))
}

/// Take a path off the text of an intrinsic function: up to the `,` or `)` that ends the argument.
pub(super) fn take<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, String> {
    let start = cursor.rest();
    while let Some(c) = cursor.peek() {
        if matches!(c, ',' | ')') || c.is_whitespace() {
            break;
        }
        cursor.next();
        match c {
            '[' => balanced(cursor, ']')?,
            '(' => balanced(cursor, ')')?,
            _ => {}
        }
    }
    Ok(&start[..start.len() - cursor.rest().len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_paths() {
        for path in [
            "$",
            "$$",
            "$.a.b_c[0]['x y'].d-e",
            "$..price",
            "$.a[*].b",
            "$.a[?(@.b == ')' && @.c[0] > 1)].d",
            "$.a[1:3]",
            "$.a['b','c']",
            "$.a.length()",
            "$$.Execution.Input.x",
            "$$.Map.Item.Value",
            "$['it\\'s']",
        ] {
            assert_eq!(check(path, Kind::Path), Ok(()), "{path}");
        }
    }

    #[test]
    fn broken_paths() {
        for path in [
            "",
            "a",
            "$run.x",
            "$.",
            "$.a.",
            "$.a[",
            "$.a[0",
            "$.a['b]",
            "$.a[]",
            "$.a b",
            "$.a]",
            "$$.Excution.Id",
            "$$Task",
            "$.a[?(@.b]",
        ] {
            assert!(check(path, Kind::Path).is_err(), "{path}");
        }
        assert_eq!(
            check("$$.Excution.Id", Kind::Path),
            Err("the context object has no field `Excution`; did you mean `Execution`?".to_owned())
        );
    }

    #[test]
    fn a_reference_is_one_place() {
        for path in ["$.a", "$.a[0]['b']", "$$.Task.Token"] {
            assert_eq!(check(path, Kind::Reference), Ok(()), "{path}");
        }
        for path in ["$..a", "$.a[*]", "$.*", "$.a[0:2]", "$.a[0,1]", "$.a[?(@.b)]", "$.a.length()"] {
            assert!(check(path, Kind::Reference).is_err(), "{path}");
        }
        assert!(check("$$.Task.Token", Kind::Result).is_err());
    }
}
