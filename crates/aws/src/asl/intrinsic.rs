//! Intrinsic functions: `States.Format('{}', $.a)` and the like.

use super::cursor::{Cursor, OPAQUE, shown};
use super::path::{self, Kind};
use crate::nearest::did_you_mean;

/// Each function with the fewest and most arguments that it takes.
const FUNCTIONS: [(&str, usize, usize); 18] = [
    ("States.Array", 0, usize::MAX),
    ("States.ArrayContains", 2, 2),
    ("States.ArrayGetItem", 2, 2),
    ("States.ArrayLength", 1, 1),
    ("States.ArrayPartition", 2, 2),
    ("States.ArrayRange", 3, 3),
    ("States.ArrayUnique", 1, 1),
    ("States.Base64Decode", 1, 1),
    ("States.Base64Encode", 1, 1),
    ("States.Format", 1, usize::MAX),
    ("States.Hash", 2, 2),
    ("States.JsonMerge", 3, 3),
    ("States.JsonToString", 1, 1),
    ("States.MathAdd", 2, 2),
    ("States.MathRandom", 2, 3),
    ("States.StringSplit", 2, 2),
    ("States.StringToJson", 1, 1),
    ("States.UUID", 0, 0),
];
const ALGORITHMS: [&str; 5] = ["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"];
/// How deep AWS allows functions to be nested.
const MAX_DEPTH: usize = 10;

/// An argument, as far as it is known at synth.
#[derive(Debug)]
enum Argument<'a> {
    Text(&'a str),
    Number(f64),
    Bool(bool),
    Null,
    /// A path, a call or a reference.
    Unknown,
}

/// Check the text of an intrinsic function.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut cursor = Cursor::new(text);
    call(&mut cursor, 1)?;
    cursor.spaces();
    if cursor.rest().is_empty() { Ok(()) } else { Err(format!("`{}` follows the last `)`", shown(cursor.rest()))) }
}

fn call(cursor: &mut Cursor<'_>, depth: usize) -> Result<(), String> {
    let name = cursor.take_while(|c| c.is_alphanumeric() || c == '.' || c == '_');
    let Some((name, fewest, most)) = FUNCTIONS.into_iter().find(|(known, ..)| *known == name) else {
        let hint = did_you_mean(name, FUNCTIONS.map(|(known, ..)| known));
        return Err(format!("there is no intrinsic function `{name}`{hint}"));
    };
    if depth > MAX_DEPTH {
        return Err(format!("intrinsic functions are nested more than {MAX_DEPTH} deep"));
    }
    if !cursor.eat("(") {
        return Err(format!("`(` is missing after `{name}`"));
    }
    let arguments = arguments(cursor, name, depth)?;
    if !(fewest..=most).contains(&arguments.len()) {
        let wanted = match (fewest, most) {
            (_, usize::MAX) => format!("{fewest} or more"),
            _ if fewest == most => fewest.to_string(),
            _ => format!("{fewest} to {most}"),
        };
        return Err(format!("`{name}` takes {wanted} arguments and has {}", arguments.len()));
    }
    match (name, arguments.as_slice()) {
        ("States.Format", [template, values @ ..]) => format(template, values.len()),
        ("States.Hash", [_, Argument::Text(algorithm)]) if !ALGORITHMS.contains(algorithm) && !algorithm.contains(OPAQUE) => {
            Err(format!("`States.Hash` knows {}, not `{algorithm}`", ALGORITHMS.join(", ")))
        }
        ("States.JsonMerge", [_, _, Argument::Bool(true)]) => {
            Err("`States.JsonMerge` can't merge deeply: its third argument must be `false`".to_owned())
        }
        ("States.ArrayRange", [_, _, Argument::Number(0.0)]) => Err("`States.ArrayRange` can't go in steps of 0".to_owned()),
        _ => Ok(()),
    }
}

/// The arguments, from after `(` to after `)`.
fn arguments<'a>(cursor: &mut Cursor<'a>, name: &str, depth: usize) -> Result<Vec<Argument<'a>>, String> {
    let mut arguments = Vec::new();
    cursor.spaces();
    if cursor.eat(")") {
        return Ok(arguments);
    }
    loop {
        cursor.spaces();
        arguments.push(argument(cursor, name, depth)?);
        cursor.spaces();
        match cursor.next() {
            Some(')') => return Ok(arguments),
            Some(',') => {}
            Some(c) => return Err(format!("`{}` is out of place in `{name}`: `,` or `)` goes there", shown(&c.to_string()))),
            None => return Err(format!("the `(` of `{name}` is never closed")),
        }
    }
}

fn argument<'a>(cursor: &mut Cursor<'a>, name: &str, depth: usize) -> Result<Argument<'a>, String> {
    match cursor.peek() {
        Some('\'') => {
            cursor.next();
            Ok(Argument::Text(cursor.quoted('\'')?))
        }
        Some('$') => {
            let text = path::take(cursor)?;
            path::check(text, Kind::Path).map_err(|reason| format!("path `{}`: {reason}", shown(text)))?;
            Ok(Argument::Unknown)
        }
        Some(OPAQUE) => {
            cursor.take_while(|c| !matches!(c, ',' | ')'));
            Ok(Argument::Unknown)
        }
        Some('S') => call(cursor, depth + 1).map(|()| Argument::Unknown),
        Some(',' | ')') => Err(format!("an argument of `{name}` is missing")),
        None => Err(format!("the `(` of `{name}` is never closed")),
        Some(_) => {
            let word = cursor.take_while(|c| !c.is_whitespace() && !matches!(c, ',' | ')'));
            match (word, word.parse::<f64>()) {
                ("null", _) => Ok(Argument::Null),
                ("true", _) => Ok(Argument::Bool(true)),
                ("false", _) => Ok(Argument::Bool(false)),
                (_, Ok(number)) if number.is_finite() => Ok(Argument::Number(number)),
                _ => Err(format!(
                    "`{}` in `{name}` is neither a path, a function, a number nor text in single quotes",
                    shown(word)
                )),
            }
        }
    }
}

/// Whether a template has as many `{}` as there are values.
fn format(template: &Argument<'_>, values: usize) -> Result<(), String> {
    let text = match template {
        Argument::Text(text) => *text,
        Argument::Unknown => return Ok(()),
        Argument::Number(_) | Argument::Bool(_) | Argument::Null => {
            return Err("the first argument of `States.Format` must be text".to_owned());
        }
    };
    let mut holes = 0;
    let mut cursor = Cursor::new(text);
    while let Some(c) = cursor.next() {
        match c {
            '\\' => {
                cursor.next();
            }
            '{' if cursor.eat("}") => holes += 1,
            '{' | '}' => return Err(format!("`{c}` in the text of `States.Format` must be written `\\{c}`")),
            _ => {}
        }
    }
    if holes == values {
        return Ok(());
    }
    Err(format!("`States.Format` has {holes} `{{}}` in its text, and {values} values for them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_functions() {
        for text in [
            "States.UUID()",
            "States.Array()",
            "States.Array('a', 1, -2.5, null, true, $.x['a, )'][0])",
            "States.Format('s3://\u{FFFC}/{}/{}', $.a, States.ArrayGetItem(States.StringSplit($.b, '/'), 2))",
            "States.Format('it\\'s \\{\\}')",
            "States.Format($.template, $.a, $.b)",
            "States.MathRandom( 1 , 9 )",
            "States.MathRandom(1, 9, $.seed)",
            "States.Hash($.x, 'SHA-256')",
            "States.JsonMerge($.a, $.b, false)",
            "States.Base64Encode(\u{FFFC})",
            "States.ArrayLength($.list[?(@.x == 'y')].z)",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn broken_functions() {
        for (text, reason) in [
            ("States.Formt('a')", "there is no intrinsic function `States.Formt`; did you mean `States.Format`?"),
            ("States.UUID", "`(` is missing after `States.UUID`"),
            ("States.UUID(1)", "`States.UUID` takes 0 arguments and has 1"),
            ("States.MathRandom(1)", "`States.MathRandom` takes 2 to 3 arguments and has 1"),
            ("States.Format()", "`States.Format` takes 1 or more arguments and has 0"),
            ("States.Format('{} {}', $.a)", "`States.Format` has 2 `{}` in its text, and 1 values for them"),
            ("States.Format('{x}', $.a)", "`{` in the text of `States.Format` must be written `\\{`"),
            ("States.Format(1)", "the first argument of `States.Format` must be text"),
            ("States.Array('a)", "the quote ' before `a)` is never closed"),
            ("States.Array('a'", "the `(` of `States.Array` is never closed"),
            ("States.Array('a',", "the `(` of `States.Array` is never closed"),
            ("States.Array('a',)", "an argument of `States.Array` is missing"),
            ("States.Array('a' 'b')", "`'` is out of place in `States.Array`: `,` or `)` goes there"),
            ("States.Array(a)", "`a` in `States.Array` is neither a path, a function, a number nor text in single quotes"),
            ("States.UUID())", "`)` follows the last `)`"),
            ("States.Array($.a[0)", "`)` closes nothing"),
            ("States.Array($run.a)", "path `$run.a`: `$r` would read a variable; a place in the data starts with `$.`"),
            ("States.Hash($.x, 'CRC')", "`States.Hash` knows MD5, SHA-1, SHA-256, SHA-384, SHA-512, not `CRC`"),
        ] {
            assert_eq!(check(text), Err(reason.to_owned()), "{text}");
        }
    }

    #[test]
    fn functions_are_nested_up_to_ten_deep() {
        let nested = |n: usize| format!("{}$.a{}", "States.Array(".repeat(n), ")".repeat(n));
        assert_eq!(check(&nested(10)), Ok(()));
        assert!(check(&nested(11)).is_err());
    }
}
