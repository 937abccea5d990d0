//! The codes besides the main one.

use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::newtypes::SeriesCode;

/// Maximum number of characters of all codes with a comma after each. The list is an environment variable of the function,
/// and Lambda allows 4096 bytes for all variables with their names.
const MAX_CHARACTERS: usize = 3000;

/// Ipeadata codes that the pipeline processes besides the main one, without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<SeriesCode>")]
pub struct AdditionalSeries(Vec<SeriesCode>);

impl AdditionalSeries {
    /// The codes with commas between them; `None` if the list is empty. The main code is left out: `--series` can choose
    /// one of the list.
    pub(crate) fn joined_without(&self, main: &SeriesCode) -> Option<String> {
        let codes: Vec<_> = self.0.iter().filter(|code| *code != main).map(SeriesCode::as_str).collect();
        (!codes.is_empty()).then(|| codes.join(","))
    }
}

impl TryFrom<Vec<SeriesCode>> for AdditionalSeries {
    type Error = String;

    fn try_from(codes: Vec<SeriesCode>) -> Result<Self, String> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = codes.iter().find(|code| !seen.insert(code.as_str())) {
            return Err(format!("`{twice}` is listed twice: name each code once"));
        }
        let length: usize = codes.iter().map(|code| code.as_str().len() + 1).sum();
        if length > MAX_CHARACTERS {
            return Err(format!(
                "the list is too long: its {} codes have {length} characters with their commas, and the environment of a \
                 function may have {MAX_CHARACTERS}. Pass a longer list as `series` of the execution's input",
                codes.len()
            ));
        }
        Ok(Self(codes))
    }
}

impl JsonSchema for AdditionalSeries {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AdditionalSeries".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let code = generator.subschema_for::<SeriesCode>();
        json_schema!({"type": "array", "items": code, "uniqueItems": true})
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn series(codes: &[&str]) -> Result<AdditionalSeries, String> {
        AdditionalSeries::try_from(codes.iter().map(|text| code(text)).collect::<Vec<_>>())
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
        assert!(series(&codes).unwrap_err().contains("200 codes have 3400 characters"));
        assert!(series(&codes[..176]).is_ok());
    }
}
