//! `Choice` states and their conditions.

use oleoduto_cdk::{Expr, Number, Val};

use super::common::{Common, data_methods};
use super::path::{self, Kind};
use super::setters::setters;
use super::timestamp;

/// Goes to the state of the first rule that holds, or else to the default.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    rules: Vec<(Condition, String)>,
    default: Option<String>,
    common: Common,
}

data_methods!(Choice);

impl Choice {
    /// A choice without rules; add them with [`Choice::when`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Go to a state if a condition holds.
    #[must_use]
    pub fn when(mut self, condition: Condition, state: &str) -> Self {
        self.rules.push((condition, state.to_owned()));
        self
    }

    setters! {
        /// Go to a state if no rule holds; without one the machine then fails with `States.NoChoiceMatched`.
        otherwise(state: &str) => default = Some(state.to_owned());
    }

    pub(super) fn targets(&self) -> Vec<&str> {
        self.rules.iter().map(|(_, state)| state.as_str()).chain(self.default.as_deref()).collect()
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        self.common.check(mistakes);
        if self.rules.is_empty() {
            mistakes.push("a choice needs a rule: without one it is a Pass or a Fail".to_owned());
        }
        for (i, (condition, _)) in self.rules.iter().enumerate() {
            condition.check(&format!("Choices[{i}]"), mistakes);
        }
    }

    pub(super) fn document(&self) -> Expr {
        let rules = self.rules.iter().map(|(condition, state)| {
            let mut pairs = condition.pairs();
            pairs.push(("Next".to_owned(), state.as_str().into()));
            Expr::object(pairs)
        });
        let mut pairs = self.common.head("Choice");
        pairs.push(("Choices", Expr::Array(rules.collect())));
        pairs.extend(self.default.as_deref().map(|state| ("Default", state.into())));
        pairs.extend(self.common.output());
        Expr::object(pairs)
    }
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The same.
    Equals,
    /// Less, or earlier.
    LessThan,
    /// Less or the same.
    LessThanEquals,
    /// Greater, or later.
    GreaterThan,
    /// Greater or the same.
    GreaterThanEquals,
}

impl Order {
    fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "Equals",
            Self::LessThan => "LessThan",
            Self::LessThanEquals => "LessThanEquals",
            Self::GreaterThan => "GreaterThan",
            Self::GreaterThanEquals => "GreaterThanEquals",
        }
    }
}

/// What a value of the data can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// `true` or `false`.
    Boolean,
    /// A number.
    Numeric,
    /// Text.
    String,
    /// Text that is a time as in RFC 3339.
    Timestamp,
}

/// A condition on the data. A variable is the path of one value; comparing one that is missing fails the machine, so ask
/// [`Condition::is_present`] first where it may be.
#[derive(Clone, Debug)]
pub struct Condition(Test);

#[derive(Clone, Debug)]
enum Test {
    Compare { variable: String, operator: String, value: Expr },
    ComparePath { variable: String, operator: String, path: String },
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    fn compare(variable: &str, operator: impl Into<String>, value: impl Into<Expr>) -> Self {
        Self(Test::Compare { variable: variable.to_owned(), operator: operator.into(), value: value.into() })
    }

    fn compare_path(variable: &str, kind: &str, order: Order, path: &str) -> Self {
        let operator = format!("{kind}{}Path", order.as_str());
        Self(Test::ComparePath { variable: variable.to_owned(), operator, path: path.to_owned() })
    }

    /// `StringEquals` and the like: text against text.
    pub fn string(variable: &str, order: Order, value: impl Into<Val<String>>) -> Self {
        Self::compare(variable, format!("String{}", order.as_str()), value.into())
    }

    /// `StringEqualsPath` and the like: text against the text at a path.
    pub fn string_path(variable: &str, order: Order, path: &str) -> Self {
        Self::compare_path(variable, "String", order, path)
    }

    /// `StringMatches`: text against a pattern in which `*` matches any text.
    pub fn string_matches(variable: &str, pattern: impl Into<Val<String>>) -> Self {
        Self::compare(variable, "StringMatches", pattern.into())
    }

    /// `NumericGreaterThan` and the like: a number against a number.
    pub fn numeric(variable: &str, order: Order, value: impl Into<Val<Number>>) -> Self {
        Self::compare(variable, format!("Numeric{}", order.as_str()), value.into())
    }

    /// `NumericGreaterThanPath` and the like: a number against the number at a path.
    pub fn numeric_path(variable: &str, order: Order, path: &str) -> Self {
        Self::compare_path(variable, "Numeric", order, path)
    }

    /// `BooleanEquals`.
    pub fn boolean(variable: &str, value: impl Into<Val<bool>>) -> Self {
        Self::compare(variable, "BooleanEquals", value.into())
    }

    /// `BooleanEqualsPath`.
    pub fn boolean_path(variable: &str, path: &str) -> Self {
        Self::compare_path(variable, "Boolean", Order::Equals, path)
    }

    /// `TimestampLessThan` and the like: a time against a time such as `2030-12-31T23:59:59Z`.
    pub fn timestamp(variable: &str, order: Order, value: impl Into<Val<String>>) -> Self {
        Self::compare(variable, format!("Timestamp{}", order.as_str()), value.into())
    }

    /// `TimestampLessThanPath` and the like: a time against the time at a path.
    pub fn timestamp_path(variable: &str, order: Order, path: &str) -> Self {
        Self::compare_path(variable, "Timestamp", order, path)
    }

    /// `IsPresent`: whether there is a value at all.
    pub fn is_present(variable: &str, yes: bool) -> Self {
        Self::compare(variable, "IsPresent", yes)
    }

    /// `IsNull`: whether the value is null.
    pub fn is_null(variable: &str, yes: bool) -> Self {
        Self::compare(variable, "IsNull", yes)
    }

    /// `IsString` and the like: whether the value is of a type.
    pub fn is(variable: &str, kind: DataType, yes: bool) -> Self {
        Self::compare(variable, format!("Is{kind:?}"), yes)
    }

    /// `And`: all of these hold; at least one must be given.
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self(Test::And(conditions.into_iter().collect()))
    }

    /// `Or`: one of these holds; at least one must be given.
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self(Test::Or(conditions.into_iter().collect()))
    }

    /// `Not`: this does not hold.
    #[expect(clippy::should_implement_trait, reason = "the language's name for it; `!` would hide it")]
    pub fn not(condition: Self) -> Self {
        Self(Test::Not(Box::new(condition)))
    }

    fn pairs(&self) -> Vec<(String, Expr)> {
        let list = |key: &str, conditions: &[Self]| {
            let items = conditions.iter().map(|condition| Expr::object(condition.pairs()));
            vec![(key.to_owned(), Expr::Array(items.collect()))]
        };
        match &self.0 {
            Test::Compare { variable, operator, value } => {
                vec![("Variable".to_owned(), variable.as_str().into()), (operator.clone(), value.clone())]
            }
            Test::ComparePath { variable, operator, path } => {
                vec![("Variable".to_owned(), variable.as_str().into()), (operator.clone(), path.as_str().into())]
            }
            Test::And(conditions) => list("And", conditions),
            Test::Or(conditions) => list("Or", conditions),
            Test::Not(condition) => vec![("Not".to_owned(), Expr::object(condition.pairs()))],
        }
    }

    fn check(&self, place: &str, mistakes: &mut Vec<String>) {
        let list = |key: &str, conditions: &[Self], mistakes: &mut Vec<String>| {
            if conditions.is_empty() {
                mistakes.push(format!("{place}.{key} has no condition"));
            }
            for (i, condition) in conditions.iter().enumerate() {
                condition.check(&format!("{place}.{key}[{i}]"), mistakes);
            }
        };
        match &self.0 {
            Test::Compare { variable, operator, value } => {
                path::check_field(&format!("{place}.Variable"), variable, Kind::Reference, mistakes);
                if let Expr::Str(text) = value
                    && operator.starts_with("Timestamp")
                {
                    timestamp::check(&format!("{place}.{operator}"), text, mistakes);
                }
            }
            Test::ComparePath { variable, operator, path } => {
                path::check_field(&format!("{place}.Variable"), variable, Kind::Reference, mistakes);
                path::check_field(&format!("{place}.{operator}"), path, Kind::Reference, mistakes);
            }
            Test::And(conditions) => list("And", conditions, mistakes),
            Test::Or(conditions) => list("Or", conditions, mistakes),
            Test::Not(condition) => condition.check(&format!("{place}.Not"), mistakes),
        }
    }
}
