//! What the training job is told: how far it forecasts, what it tests, and on how many origins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::within;
use super::newtypes::CandidateName;

/// What the training job is told. The execution's input may say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Months to forecast, 1 to 6 [default: 6].
    #[serde(deserialize_with = "within::<_, _, 1, 6>")]
    #[schemars(range(min = 1, max = 6))]
    pub horizons: Option<u32>,
    /// Newest origins to evaluate, 40 to 10000 [default: as many as the series has, at most 120].
    #[serde(deserialize_with = "within::<_, _, 40, 10000>")]
    #[schemars(range(min = 40, max = 10000))]
    pub evaluation_origins: Option<u32>,
    /// Models to test [default: all].
    pub candidates: Vec<CandidateName>,
}

impl Training {
    /// The variables of the function that say so.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (String, String)> {
        let numbers = [("HORIZONS", self.horizons), ("EVALUATION_ORIGINS", self.evaluation_origins)];
        let names: Vec<&str> = self.candidates.iter().map(CandidateName::as_str).collect();
        let names = (!names.is_empty()).then(|| ("CANDIDATES".to_owned(), names.join(",")));
        let numbers = numbers.into_iter().filter_map(|(key, number)| Some((key.to_owned(), number?.to_string())));
        numbers.chain(names)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn what_is_not_set_is_no_variable() {
        assert_eq!(Training::default().variables().count(), 0);
        let training = Training {
            horizons: Some(3),
            evaluation_origins: Some(60),
            candidates: vec!["ridge".parse().unwrap(), "auto_ces".parse().unwrap()],
        };
        let expected = [("HORIZONS", "3"), ("EVALUATION_ORIGINS", "60"), ("CANDIDATES", "ridge,auto_ces")];
        let found: Vec<_> = training.variables().collect();
        assert_eq!(found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_candidate_is_named_as_the_jobs_name_it() {
        for bad in ["Ridge", "", "auto-ces", "1st"] {
            assert!(bad.parse::<CandidateName>().unwrap_err().contains("auto_ces"), "{bad}");
        }
    }
}
