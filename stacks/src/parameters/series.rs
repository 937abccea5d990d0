//! The codes besides the main one: a list, or a file of codes.

use std::collections::BTreeMap;
use std::fmt::Formatter;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::newtypes::SeriesCode;

/// Maximum number of characters of all codes with a comma after each. The list is an environment variable of the function,
/// and Lambda allows 4096 bytes for all variables with their names.
const MAX_CHARACTERS: usize = 3000;

/// Ipeadata codes that the pipeline processes besides the main one, without duplicates: a list, or the path of a file with one
/// code a line, relative to the folder of `oleoduto.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AdditionalSeries {
    /// The codes.
    Codes(Vec<SeriesCode>),
    /// The path of a file.
    File(String),
}

impl Default for AdditionalSeries {
    fn default() -> Self {
        Self::Codes(Vec::new())
    }
}

impl AdditionalSeries {
    /// The codes of a list with commas between them; `None` if it is empty. The main code is left out: `--series` can choose
    /// one of the list.
    pub(crate) fn joined_without(&self, main: &SeriesCode) -> Option<String> {
        let Self::Codes(codes) = self else { return None };
        let codes: Vec<_> = codes.iter().filter(|code| *code != main).map(SeriesCode::as_str).collect();
        (!codes.is_empty()).then(|| codes.join(","))
    }

    /// The path of the file, if it is one.
    pub(crate) fn file(&self) -> Option<&str> {
        match self {
            Self::Codes(_) => None,
            Self::File(path) => Some(path),
        }
    }

    fn of_codes(codes: Vec<SeriesCode>) -> Result<Self, String> {
        let mut seen = BTreeMap::new();
        if let Some(twice) = codes.iter().find(|code| seen.insert(code.as_str(), ()).is_some()) {
            return Err(format!("`{twice}` is listed twice: name each code once"));
        }
        let length: usize = codes.iter().map(|code| code.as_str().len() + 1).sum();
        if length > MAX_CHARACTERS {
            return Err(format!(
                "the list is too long: its {} codes have {length} characters with their commas, and the environment of a \
                 function may have {MAX_CHARACTERS}. Write them into a file, one a line, and its path here: \
                 `additional_series = \"codes.txt\"`",
                codes.len()
            ));
        }
        Ok(Self::Codes(codes))
    }
}

/// Refuse a file of codes in which a line is no code, or a code is there twice. Blank lines and those that begin with `#` are
/// nothing.
pub(crate) fn check_codes(text: &str) -> Result<(), String> {
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let code = line.trim();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        code.parse::<SeriesCode>().map_err(|reason| format!("line {number}: {reason}"))?;
        if let Some(before) = lines.insert(code, number) {
            return Err(format!("line {number}: `{code}` is listed twice, first in line {before}"));
        }
    }
    if lines.is_empty() {
        return Err("it has no code: write one a line".to_owned());
    }
    Ok(())
}

impl<'de> Deserialize<'de> for AdditionalSeries {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ListOrFile)
    }
}

// Not an untagged enum: serde would buffer the value, and a mistake in it would lose its line.
struct ListOrFile;

impl<'de> Visitor<'de> for ListOrFile {
    type Value = AdditionalSeries;

    fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of codes, or the path of a file with one code a line")
    }

    fn visit_str<E: serde::de::Error>(self, path: &str) -> Result<Self::Value, E> {
        if path.trim().is_empty() || path.contains("://") {
            return Err(E::custom(format!(
                "`{path}` can't be used: it must be the path of a file in the project's folder; a file in the data bucket is named \
                 by `series` of the execution's input"
            )));
        }
        Ok(AdditionalSeries::File(path.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut codes = Vec::new();
        while let Some(code) = items.next_element()? {
            codes.push(code);
        }
        AdditionalSeries::of_codes(codes).map_err(A::Error::custom)
    }
}

impl JsonSchema for AdditionalSeries {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AdditionalSeries".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let code = generator.subschema_for::<SeriesCode>();
        json_schema!({"anyOf": [
            {"type": "array", "items": code, "uniqueItems": true},
            {"type": "string", "minLength": 1},
        ]})
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn series(codes: &[&str]) -> Result<AdditionalSeries, String> {
        AdditionalSeries::of_codes(codes.iter().map(|text| code(text)).collect())
    }

    fn code(text: &str) -> SeriesCode {
        text.parse().unwrap()
    }

    #[test]
    fn the_main_code_is_not_additional() {
        let two = series(&["A", "B_1"]).unwrap();
        assert_eq!(two.joined_without(&code("C")).as_deref(), Some("A,B_1"));
        assert_eq!(two.joined_without(&code("A")).as_deref(), Some("B_1"));
        assert_eq!(series(&["A"]).unwrap().joined_without(&code("A")), None);
        assert_eq!(AdditionalSeries::default().joined_without(&code("A")), None);
    }

    #[test]
    fn a_list_names_each_code_once_and_fits_a_function() {
        assert!(series(&["A", "B", "A"]).unwrap_err().contains("`A` is listed twice"));
        let codes: Vec<String> = (0..200).map(|n| format!("EIA366_PBRENT{n:03}")).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let refused = series(&codes).unwrap_err();
        assert!(refused.contains("200 codes have 3400 characters") && refused.contains("additional_series = \"codes.txt\""));
        assert!(series(&codes[..176]).is_ok());
    }

    #[test]
    fn a_text_is_the_path_of_a_file() {
        let parse = |json: serde_json::Value| serde_json::from_value::<AdditionalSeries>(json);
        assert_eq!(parse("codes.txt".into()).unwrap().file(), Some("codes.txt"));
        assert_eq!(parse(serde_json::json!(["A"])).unwrap(), series(&["A"]).unwrap());
        for bad in [serde_json::json!(""), "s3://bucket/codes.txt".into(), 5.into(), serde_json::json!(["a"])] {
            assert!(parse(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_of_codes_is_checked_by_line() {
        assert_eq!(check_codes("\u{feff}# oil\r\nA_1\r\n\r\n  B_2  \r\n"), Ok(()));
        let refused = |text: &str| check_codes(text).unwrap_err();
        assert!(refused("A_1\nb_2\n").starts_with("line 2: "));
        assert_eq!(refused("A_1\n#\nA_1\n"), "line 3: `A_1` is listed twice, first in line 1");
        assert!(refused("# nothing\n").contains("one a line"));
    }
}
