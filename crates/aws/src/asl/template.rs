//! Payload templates: objects in which a key that ends in `.$` holds a path or an intrinsic function.

use oleoduto_cdk::{Expr, Part};

use super::cursor::{OPAQUE, shown};
use super::intrinsic;
use super::path::{self, Kind};

/// Check a template; mistakes name the key's way from `place`.
pub(super) fn check(place: &str, template: &Expr, mistakes: &mut Vec<String>) {
    match template {
        Expr::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                check(&format!("{place}[{i}]"), item, mistakes);
            }
        }
        Expr::Object(pairs) => {
            for (key, value) in pairs {
                let key: &str = key.as_ref();
                let place = format!("{place}.{key}");
                let Some(plain) = key.strip_suffix(".$") else {
                    check(&place, value, mistakes);
                    continue;
                };
                let twice = pairs.iter().any(|(other, _)| {
                    let other: &str = other.as_ref();
                    other == plain
                });
                if twice {
                    mistakes.push(format!("{place}: `{plain}` is given too: keep one of them"));
                }
                check_dynamic(&place, value, mistakes);
            }
        }
        _ => {}
    }
}

fn check_dynamic(place: &str, value: &Expr, mistakes: &mut Vec<String>) {
    if let Some(text) = text(value) {
        if let Err(reason) = check_text(&text) {
            mistakes.push(format!("{place} `{}`: {reason}", shown(&text)));
        }
    } else if matches!(value, Expr::Null | Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::Array(_) | Expr::Object(_)) {
        mistakes.push(format!("{place} must be text: a path or an intrinsic function"));
    }
}

/// Check a path or an intrinsic function.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    match text.chars().next() {
        Some(OPAQUE) => Ok(()),
        Some('$') => path::check(text, Kind::Path),
        _ if text.starts_with("States.") => intrinsic::check(text),
        _ => Err("neither a path (`$.`) nor an intrinsic function (`States.`)".to_owned()),
    }
}

/// The text of a string or template, each reference as [`OPAQUE`].
pub(super) fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Str(text) => Some(text.clone()),
        Expr::Template(parts) => Some(
            parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.clone(),
                    Part::Interpolation(inner) => text(inner).unwrap_or_else(|| OPAQUE.to_string()),
                })
                .collect(),
        ),
        _ => None,
    }
}

/// The value of a key of an object.
pub(super) fn get<'a>(object: &'a Expr, wanted: &str) -> Option<&'a Expr> {
    let Expr::Object(pairs) = object else { return None };
    pairs.iter().find_map(|(key, value)| {
        let key: &str = key.as_ref();
        (key == wanted).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_name_the_way_to_the_key() {
        let template = Expr::object([
            ("Name.$", Expr::from("$.name")),
            ("Name", "x".into()),
            ("Deep", Expr::Array(vec![Expr::object([("Uri.$", Expr::from("s3://x"))]), Expr::object([("N.$", Expr::Int(1))])])),
        ]);
        let mut mistakes = Vec::new();
        check("Parameters", &template, &mut mistakes);
        assert_eq!(
            mistakes,
            [
                "Parameters.Name.$: `Name` is given too: keep one of them",
                "Parameters.Deep[0].Uri.$ `s3://x`: neither a path (`$.`) nor an intrinsic function (`States.`)",
                "Parameters.Deep[1].N.$ must be text: a path or an intrinsic function",
            ]
        );
    }

    #[test]
    fn a_reference_in_a_template_is_text_of_unknown_value() {
        let unknown = || Part::Interpolation(Expr::Call("lower", vec![]));
        let template = |start: &str, end: &str| {
            Expr::object([("K.$", Expr::Template(vec![Part::Text(start.into()), unknown(), Part::Text(end.into())]))])
        };
        for (start, end, count) in
            [("States.Format('s3://", "/{}', $.a)", 0), ("States.Format('s3://", "/{}')", 1), ("$.", ".b", 0), ("", "x", 0)]
        {
            let mut mistakes = Vec::new();
            check("Parameters", &template(start, end), &mut mistakes);
            assert_eq!(mistakes.len(), count, "{start} {end}: {mistakes:?}");
        }
    }
}
