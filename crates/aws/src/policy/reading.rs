//! A statement as the checks read it, whether it was built or written as JSON.

use oleoduto_cdk::Expr;
use serde_json::Value as Json;

/// A condition of a statement.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) operator: String,
    pub(super) key: String,
    /// One value or an array.
    pub(super) value: Expr,
}

/// A statement.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// How messages name it.
    pub(super) label: String,
    pub(super) allows: bool,
    pub(super) actions: Vec<String>,
    /// It is for all actions but these.
    pub(super) but_actions: bool,
    /// Empty in a trust policy, and if it is for all resources but some.
    pub(super) resources: Vec<Expr>,
    /// Kinds of principals (`Service`, `AWS`, `Federated`) and who.
    pub(super) principals: Vec<(String, Expr)>,
    pub(super) conditions: Vec<Condition>,
}

impl Reading {
    /// From a statement of a JSON document; `number` counts from 1.
    pub(super) fn of_json(statement: &Json, number: usize) -> Self {
        let label = match statement["Sid"].as_str() {
            Some(sid) => format!("statement `{sid}`"),
            None => format!("statement {number} of the policy"),
        };
        let but_actions = statement["Action"].is_null();
        let actions = if but_actions { &statement["NotAction"] } else { &statement["Action"] };
        let conditions = pairs(&statement["Condition"]).flat_map(|(operator, keys)| {
            pairs(keys).map(move |(key, value)| Condition { operator: operator.clone(), key: key.clone(), value: literal(value) })
        });
        Self {
            label,
            allows: statement["Effect"] == "Allow",
            actions: many(actions).iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            but_actions,
            resources: many(&statement["Resource"]).iter().map(literal).collect(),
            principals: pairs(&statement["Principal"]).map(|(kind, who)| (kind.clone(), literal(who))).collect(),
            conditions: conditions.collect(),
        }
    }
}

fn pairs(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flatten()
}

/// A list, or one value in its place.
fn many(value: &Json) -> &[Json] {
    match value {
        Json::Null => &[],
        Json::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// A JSON value as an expression.
pub(super) fn literal(value: &Json) -> Expr {
    match value {
        Json::Null => Expr::Null,
        Json::Bool(value) => Expr::Bool(*value),
        Json::Number(number) => number.as_i64().map_or_else(|| Expr::Float(number.as_f64().unwrap_or_default()), Expr::Int),
        Json::String(text) => Expr::from(text.as_str()),
        Json::Array(items) => Expr::Array(items.iter().map(literal).collect()),
        Json::Object(pairs) => Expr::object(pairs.iter().map(|(key, value)| (key.clone(), literal(value)))),
    }
}
