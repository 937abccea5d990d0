//! Operators of conditions.

use crate::nearest::did_you_mean;

/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.
const OPERATORS: [&str; 27] = [
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

/// An operator without its set and its suffix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator {
    pub(super) name: &'static str,
    /// A request without the key is decided by the other conditions.
    pub(super) tolerates_absence: bool,
}

impl Operator {
    /// The operator, or what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let plain = text.strip_prefix("ForAllValues:").or_else(|| text.strip_prefix("ForAnyValue:")).unwrap_or(text);
        let base = plain.strip_suffix("IfExists").unwrap_or(plain);
        let Some(name) = OPERATORS.iter().find(|name| **name == base) else {
            let near = did_you_mean(base, OPERATORS);
            return Err(format!("the operator `{text}`, which IAM does not have{near}"));
        };
        if *name == "Null" && base != text {
            return Err(format!("the operator `{text}`: `Null` takes no set and no `IfExists`"));
        }
        let tolerates_absence = base != plain || *name == "Null" || name.contains("Not") || text.starts_with("ForAllValues:");
        Ok(Self { name, tolerates_absence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_has_a_set_and_a_suffix_or_not() {
        for good in ["StringEquals", "ForAnyValue:StringLike", "ForAllValues:ArnNotLikeIfExists", "BoolIfExists", "Null"] {
            assert!(Operator::parse(good).is_ok(), "{good}");
        }
        assert!(Operator::parse("StringEqual").is_err_and(|text| text.ends_with("did you mean `StringEquals`?")));
        for bad in ["", "IfExists", "NullIfExists", "ForAnyValue:Null", "ForSomeValue:StringEquals", "stringequals"] {
            assert!(Operator::parse(bad).is_err(), "{bad}");
        }
    }
}
