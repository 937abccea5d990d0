//! Patterns of ARNs.

use oleoduto_cdk::{Expr, Part, Text};

/// Whether every ARN that fits `narrow` also fits `wide`, as far as their texts tell: `wide` is `*`, is the same, or ends with
/// `*` and has the same beginning.
pub(super) fn covers(wide: &Expr, narrow: &Expr) -> bool {
    if wide == narrow || wide.literal() == Some("*") {
        return true;
    }
    let (Some(wide), Some(narrow)) = (parts(wide), parts(narrow)) else { return false };
    let Some((Part::Text(end), head)) = wide.split_last() else { return false };
    let Some(start) = end.strip_suffix('*').filter(|start| !start.contains(['*', '?'])) else { return false };
    let Some((same, rest)) = narrow.split_at_checked(head.len()) else { return false };
    same == head && rest.first().is_some_and(|part| matches!(part, Part::Text(text) if text.starts_with(start)))
}

fn parts(expr: &Expr) -> Option<Vec<Part>> {
    match expr {
        Expr::Template(parts) => Some(parts.clone()),
        Expr::Str(text) | Expr::Name(_, text) => Some(vec![Part::Text(text.clone())]),
        _ => None,
    }
}

/// The expression with others in the place of some of its parts.
pub(super) fn replaced(expr: &Expr, pairs: &[(Expr, Expr)]) -> Expr {
    if let Some((_, new)) = pairs.iter().find(|(old, _)| old == expr) {
        return new.clone();
    }
    match expr {
        Expr::Template(parts) => {
            let parts = parts.iter().map(|part| match part {
                Part::Text(text) => Expr::from(text),
                Part::Interpolation(expr) => replaced(expr, pairs),
            });
            Text::new(parts).into()
        }
        other => other.clone(),
    }
}

/// An ARN with a text after it.
pub(super) fn followed_by(arn: &Expr, text: &str) -> Expr {
    Text::new([arn.clone(), text.into()]).into()
}

#[cfg(test)]
mod tests {
    use oleoduto_cdk::text;

    use super::*;

    fn arn(rest: &str) -> Expr {
        text!["arn:", Expr::hcl("partition"), rest].into()
    }

    #[test]
    fn a_pattern_covers_what_begins_as_it_does() {
        assert!(covers(&"*".into(), &arn(":a")));
        assert!(covers(&arn(":s3:::b/*"), &arn(":s3:::b/raw/*")));
        assert!(!covers(&arn(":s3:::b/raw/*"), &arn(":s3:::b/*")));
        assert!(!covers(&arn(":s3:::b/raw/"), &arn(":s3:::b/raw/x")));
        assert!(!covers(&arn(":s3:::*/x*"), &arn(":s3:::*/xy")));
        assert!(covers(&"arn:aws:s3:::b/*".into(), &"arn:aws:s3:::b/x".into()));
        assert!(!covers(&"arn:aws:s3:::b/*".into(), &arn(":s3:::b/x")));
    }

    #[test]
    fn a_replaced_part_joins_the_text_around_it() {
        let pairs = [(Expr::hcl("partition"), Expr::from("aws-cn"))];
        assert_eq!(replaced(&arn(":s3:::b"), &pairs), Expr::from("arn:aws-cn:s3:::b"));
        assert_eq!(replaced(&Expr::hcl("partition"), &pairs), Expr::from("aws-cn"));
        assert_eq!(replaced(&arn(":x"), &[]), arn(":x"));
    }
}
