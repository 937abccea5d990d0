//! What a test wants of a value.

use std::fmt;
use std::rc::Rc;

use serde_json::Value as Json;

use super::encoded::decode;

/// What a test wants of an argument, a block or a whole resource.
///
/// JSON is one: of an object, only the keys that it has are compared, at any depth; of a text, `*` stands for any characters.
/// [`Matcher::equal`] compares everything as it is.
#[derive(Clone)]
pub struct Matcher(Kind);

#[derive(Clone)]
enum Kind {
    Any,
    Absent,
    Equal(Json),
    Pattern(String),
    Object(Vec<(String, Matcher)>),
    List(Vec<Matcher>),
    Containing(Vec<Matcher>),
    Encoded(Box<Matcher>),
    RefersTo(String),
    Not(Box<Matcher>),
    That(String, Rc<dyn Fn(&Json) -> bool>),
}

/// Where a value is not what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The path within the resource, such as `rule.0.status`; empty for the whole.
    pub path: String,
    /// What is wanted.
    pub wanted: String,
    /// What is there.
    pub found: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "(the whole)" } else { &self.path };
        write!(f, "{path}: wanted {}, found {}", self.wanted, self.found)
    }
}

impl Matcher {
    /// Anything that is there.
    pub fn any() -> Self {
        Self(Kind::Any)
    }

    /// Nothing: the argument is not set.
    pub fn absent() -> Self {
        Self(Kind::Absent)
    }

    /// Exactly this value; `*` is a star, and an object has no other keys.
    pub fn equal(value: impl Into<Json>) -> Self {
        Self(Kind::Equal(value.into()))
    }

    /// An object with these keys, and maybe others.
    pub fn object<K: Into<String>, M: Into<Self>>(pairs: impl IntoIterator<Item = (K, M)>) -> Self {
        Self(Kind::Object(pairs.into_iter().map(|(key, wanted)| (key.into(), wanted.into())).collect()))
    }

    /// A list of these items, in this order, and no others.
    pub fn list<M: Into<Self>>(items: impl IntoIterator<Item = M>) -> Self {
        Self(Kind::List(items.into_iter().map(Into::into).collect()))
    }

    /// A list with these items among others, in any order. One item may serve for several.
    pub fn containing<M: Into<Self>>(items: impl IntoIterator<Item = M>) -> Self {
        Self(Kind::Containing(items.into_iter().map(Into::into).collect()))
    }

    /// JSON in text, or `jsonencode(...)`, of such a value: a policy, a dashboard. References in it are texts, such as
    /// `${aws_s3_bucket.data.arn}`.
    pub fn encoded(value: impl Into<Self>) -> Self {
        Self(Kind::Encoded(Box::new(value.into())))
    }

    /// A value with a reference to a block of the same stack, by its address (`aws_s3_bucket.data`), or to one of its attributes
    /// (`aws_s3_bucket.data.arn`).
    pub fn refers_to(address: &str) -> Self {
        Self(Kind::RefersTo(address.to_owned()))
    }

    /// Any other value, or none.
    pub fn not(unwanted: impl Into<Self>) -> Self {
        Self(Kind::Not(Box::new(unwanted.into())))
    }

    /// A value for which `holds` is true; `words` say what that means.
    pub fn that(words: &str, holds: impl Fn(&Json) -> bool + 'static) -> Self {
        Self(Kind::That(words.to_owned(), Rc::new(holds)))
    }

    /// Everything that differs.
    pub fn mismatches(&self, value: Option<&Json>) -> Vec<Mismatch> {
        let mut found = Vec::new();
        self.compare("", value, &mut found);
        found
    }

    fn matches(&self, value: Option<&Json>) -> bool {
        self.mismatches(value).is_empty()
    }

    fn compare(&self, path: &str, value: Option<&Json>, found: &mut Vec<Mismatch>) {
        let inner = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
        match (&self.0, value) {
            (Kind::Object(pairs), Some(Json::Object(fields))) => {
                pairs.iter().for_each(|(key, wanted)| wanted.compare(&inner(key), fields.get(key), found));
            }
            (Kind::List(wanted), Some(Json::Array(items))) if wanted.len() == items.len() => {
                let both = wanted.iter().zip(items).enumerate();
                both.for_each(|(index, (wanted, item))| wanted.compare(&inner(&index.to_string()), Some(item), found));
            }
            (Kind::Encoded(wanted), Some(Json::String(text))) => match decode(text) {
                Some(decoded) => wanted.compare(path, Some(&decoded), found),
                None => found.push(self.mismatch(path, value)),
            },
            _ if self.holds(value) => {}
            _ => found.push(self.mismatch(path, value)),
        }
    }

    /// Whether a value is what is wanted, where there is nothing to descend into.
    fn holds(&self, value: Option<&Json>) -> bool {
        match (&self.0, value) {
            (Kind::Absent, value) => value.is_none(),
            (Kind::Not(unwanted), value) => !unwanted.matches(value),
            (Kind::Any, Some(_)) => true,
            (Kind::Equal(wanted), Some(value)) => wanted == value,
            (Kind::Pattern(pattern), Some(Json::String(text))) => fits(pattern, text),
            (Kind::RefersTo(address), Some(value)) => refers_to(value, address),
            (Kind::That(_, holds), Some(value)) => holds(value),
            (Kind::Containing(wanted), Some(Json::Array(items))) => {
                wanted.iter().all(|wanted| items.iter().any(|item| wanted.matches(Some(item))))
            }
            _ => false,
        }
    }

    fn mismatch(&self, path: &str, value: Option<&Json>) -> Mismatch {
        let found = value.map_or_else(|| "nothing".to_owned(), Json::to_string);
        Mismatch { path: path.to_owned(), wanted: format!("{self:?}"), found }
    }
}

/// Whether a text fits a pattern, in which `*` stands for any characters.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    let mut ends = text.char_indices().map(|(index, _)| index).chain([text.len()]);
    ends.any(|index| fits(rest, &text[index..]))
}

/// Whether a text in the value has the address within an interpolation.
fn refers_to(value: &Json, address: &str) -> bool {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    match value {
        Json::String(text) => {
            text.contains("${")
                && text.match_indices(address).any(|(index, _)| {
                    let (before, after) = (&text[..index], &text[index + address.len()..]);
                    !before.ends_with(|letter| is_name(letter) || letter == '.') && !after.starts_with(is_name)
                })
        }
        Json::Array(items) => items.iter().any(|item| refers_to(item, address)),
        Json::Object(pairs) => pairs.values().any(|value| refers_to(value, address)),
        _ => false,
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Any => f.write_str("anything"),
            Kind::Absent => f.write_str("nothing"),
            Kind::Equal(value) => write!(f, "{value}"),
            Kind::Pattern(pattern) => write!(f, "{pattern:?}"),
            Kind::Object(pairs) => f.debug_map().entries(pairs.iter().map(|(key, wanted)| (key, wanted))).finish(),
            Kind::List(items) => items.fmt(f),
            Kind::Containing(items) => write!(f, "a list with {items:?}"),
            Kind::Encoded(inner) => write!(f, "JSON of {inner:?}"),
            Kind::RefersTo(address) => write!(f, "a reference to {address}"),
            Kind::Not(unwanted) => write!(f, "anything but {unwanted:?}"),
            Kind::That(words, _) => f.write_str(words),
        }
    }
}

impl From<Json> for Matcher {
    fn from(value: Json) -> Self {
        match value {
            Json::Object(pairs) => Self::object(pairs),
            Json::Array(items) => Self::list(items),
            Json::String(pattern) => Self(Kind::Pattern(pattern)),
            other => Self::equal(other),
        }
    }
}

impl From<&str> for Matcher {
    fn from(pattern: &str) -> Self {
        Self(Kind::Pattern(pattern.to_owned()))
    }
}

impl From<bool> for Matcher {
    fn from(value: bool) -> Self {
        Self::equal(value)
    }
}

impl From<i32> for Matcher {
    fn from(value: i32) -> Self {
        Self::equal(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differences(wanted: impl Into<Matcher>, value: &Json) -> String {
        wanted.into().mismatches(Some(value)).iter().map(|mismatch| format!("{mismatch}\n")).collect()
    }

    #[test]
    fn json_is_a_part_of_what_is_there() {
        let value = json!({ "name": "orders-1", "tags": { "a": "x", "b": "y" }, "rule": [{ "level": 1, "on": true }], "n": 2 });
        for wanted in [json!({}), json!({ "tags": { "b": "y" } }), json!({ "rule": [{ "level": 1 }], "n": 2, "name": "or*-*" })] {
            assert_eq!(differences(wanted, &value), "");
        }
        let wrong = json!({ "name": "orders", "tags": { "c": "z" }, "rule": [], "n": "2" });
        assert_eq!(
            differences(wrong, &value),
            "n: wanted \"2\", found 2\nname: wanted \"orders\", found \"orders-1\"\n\
             rule: wanted [], found [{\"level\":1,\"on\":true}]\ntags.c: wanted \"z\", found nothing\n"
        );
    }

    #[test]
    fn each_matcher_takes_and_refuses() {
        let policy = json!("${jsonencode({\"Allow\" = [aws_s3_bucket.data.arn]})}");
        let short = || Matcher::that("a short text", |value| value.as_str().is_some_and(|text| text.len() < 4));
        for (wanted, right, wrong) in [
            (Matcher::any(), json!(null), None),
            (Matcher::equal("a*"), json!("a*"), Some(json!("ab"))),
            (Matcher::equal(json!({ "a": 1 })), json!({ "a": 1 }), Some(json!({ "a": 1, "b": 2 }))),
            (Matcher::list([1, 2]), json!([1, 2]), Some(json!([1, 3]))),
            (Matcher::containing(["a", "b"]), json!(["b", "c", "a"]), Some(json!(["a", "c"]))),
            (Matcher::not("a"), json!("b"), Some(json!("a"))),
            (short(), json!("abc"), Some(json!("abcd"))),
            (Matcher::from("*a*b"), json!("xaab"), Some(json!("xaabx"))),
            (Matcher::encoded(json!({ "Allow": ["${*.arn}"] })), policy.clone(), Some(json!("${jsonencode({})}"))),
            (Matcher::refers_to("aws_s3_bucket.data"), policy.clone(), Some(json!("aws_s3_bucket.data"))),
            (Matcher::refers_to("aws_s3_bucket.data.arn"), json!([policy]), Some(json!("${aws_s3_bucket.data.arn2}"))),
            (Matcher::refers_to("s3_bucket.data"), json!("${s3_bucket.data[0].id}"), Some(policy.clone())),
        ] {
            assert_eq!(wanted.mismatches(Some(&right)), [], "{wanted:?} is {right}");
            assert_eq!(wanted.mismatches(wrong.as_ref()).len(), 1, "{wanted:?} is not {wrong:?}");
        }
        assert_eq!(Matcher::absent().mismatches(None), []);
        assert_eq!(Matcher::absent().mismatches(Some(&json!(null))).len(), 1);
        assert_eq!(Matcher::not("a").mismatches(None), []);
    }
}
