//! The contract with the Python package: what the image and the Glue jobs accept, as `python -m oleoduto_jobs.contract`
//! prints it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::jobs::PerJob;

const CONTRACT: &str = include_str!("../../contract.json");

/// The contract.
#[derive(Deserialize)]
pub(crate) struct Contract<'a> {
    pub(crate) horizons: usize,
    #[serde(borrow)]
    pub(crate) training: Training<'a>,
    /// The options of the image's commands.
    commands: BTreeMap<&'a str, Vec<Parameter<'a>>>,
    pub(crate) glue: PerJob<Vec<Parameter<'a>>>,
    /// The folders of the image: `inputs` and `outputs` of processing jobs.
    paths: BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
    /// The keys of the function's answer to a failure.
    pub(crate) recovery: Vec<&'a str>,
    #[serde(borrow)]
    pub(crate) execution: Execution<'a>,
    pub(crate) metrics: Metrics<'a>,
    /// The version of the tracking server that the image's client can talk to.
    pub(crate) mlflow_version: &'a str,
    /// The calls that recording makes at a tracking server, which are also the names of IAM's actions.
    pub(crate) mlflow_calls: Vec<&'a str>,
}

/// The training job.
#[derive(Deserialize)]
pub(crate) struct Training<'a> {
    #[serde(borrow)]
    pub(crate) hyperparameters: Vec<Parameter<'a>>,
    /// The input channel with the final table.
    pub(crate) channel: &'a str,
    /// The input channel with the report of extract.
    pub(crate) extract_channel: &'a str,
    pub(crate) metric_kinds: Vec<&'a str>,
    metric_name: &'a str,
    metric_regex: &'a str,
}

/// An option or a hyperparameter.
#[derive(Deserialize)]
pub(crate) struct Parameter<'a> {
    name: &'a str,
    required: bool,
}

/// An execution of the state machine.
#[derive(Deserialize)]
pub(crate) struct Execution<'a> {
    /// The states at which an execution can start.
    #[serde(borrow)]
    pub(crate) starts: Vec<&'a str>,
    /// Maximum age of the newest data at the time of a run.
    pub(crate) max_data_age_months: i64,
}

/// The monitor's metrics in CloudWatch.
#[derive(Deserialize)]
pub(crate) struct Metrics<'a> {
    pub(crate) namespace: &'a str,
    names: Vec<&'a str>,
}

/// The stacks and the contract differ.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The contract has another form than the stacks expect.
    #[error(
        "stacks/contract.json can't be parsed: write it again with `python -m oleoduto_jobs.contract > stacks/contract.json`"
    )]
    Json(#[from] serde_json::Error),
    /// The stacks use something that the contract does not contain.
    #[error("`{user}` gets `{name}`, which stacks/contract.json does not contain: correct the stack or the Python package")]
    Unknown {
        /// The command, the job or the stack.
        user: String,
        /// The option, hyperparameter or metric.
        name: String,
    },
    /// The stacks leave out something that is required.
    #[error("`{user}` does not get `{name}`, which stacks/contract.json requires: pass it in the stack")]
    Missing {
        /// The command or the job.
        user: String,
        /// The option or hyperparameter.
        name: String,
    },
}

impl ContractError {
    fn unknown(user: &str, name: &str) -> Self {
        Self::Unknown { user: user.to_owned(), name: name.to_owned() }
    }
}

impl Contract<'static> {
    /// Parse the contract.
    pub(crate) fn parse() -> Result<Self, ContractError> {
        Ok(serde_json::from_str(CONTRACT)?)
    }
}

impl<'a> Contract<'a> {
    /// The name of a metric of the monitor.
    pub(crate) fn metric(&self, name: &str) -> Result<&'a str, ContractError> {
        let known = self.metrics.names.iter().find(|known| **known == name);
        known.copied().ok_or_else(|| ContractError::unknown("alarms", name))
    }

    /// The folder of a processing job's channel, of the kind `inputs` or `outputs`.
    pub(crate) fn path(&self, kind: &str, channel: &str) -> Result<&'a str, ContractError> {
        let known = self.paths.get(kind).and_then(|paths| paths.get(channel));
        known.copied().ok_or_else(|| ContractError::unknown(kind, channel))
    }

    /// Refuse options that a command of the image does not accept, and the lack of a required one.
    pub(crate) fn check_command(&self, command: &str, given: &[&str]) -> Result<(), ContractError> {
        check(command, self.commands.get(command).ok_or_else(|| ContractError::unknown("image", command))?, given)
    }
}

impl Training<'_> {
    /// The metrics of a kind, one per horizon: name and regular expression over the log.
    pub(crate) fn metrics(&self, kind: &str, horizons: usize) -> impl Iterator<Item = (String, String)> {
        (1..=horizons).map(move |horizon| {
            let name = self.metric_name.replace("{kind}", kind).replace("{horizon}", &horizon.to_string());
            let regex = self.metric_regex.replace("{name}", &name);
            (name, regex)
        })
    }
}

/// Refuse parameters that a command or a job does not accept, and the lack of a required one.
pub(crate) fn check(user: &str, accepted: &[Parameter<'_>], given: &[&str]) -> Result<(), ContractError> {
    if let Some(name) = given.iter().find(|name| accepted.iter().all(|parameter| parameter.name != **name)) {
        return Err(ContractError::unknown(user, name));
    }
    match accepted.iter().find(|parameter| parameter.required && !given.contains(&parameter.name)) {
        Some(parameter) => Err(ContractError::Missing { user: user.to_owned(), name: parameter.name.to_owned() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::parameters::SeriesCode;

    #[test]
    fn an_unknown_and_a_missing_option_are_named() {
        let contract = Contract::parse().unwrap();
        let check = |given: &[&str]| contract.check_command("predict", given).unwrap_err().to_string();
        assert!(check(&["--series", "--dataproc", "--horizon"]).starts_with("`predict` gets `--horizon`"));
        assert!(check(&["--series"]).starts_with("`predict` does not get `--dataproc`"));
    }

    #[test]
    fn a_series_code_has_one_rule() {
        let contract: serde_json::Value = serde_json::from_str(CONTRACT).unwrap();
        let schema = schemars::schema_for!(SeriesCode);
        assert_eq!(schema.get("pattern"), Some(&contract["series_code"]["pattern"]));
        assert_eq!(schema.get("maxLength"), Some(&contract["series_code"]["max_length"]));
    }

    #[test]
    fn a_mode_of_an_execution_forecasts_without_training() {
        let contract: serde_json::Value = serde_json::from_str(CONTRACT).unwrap();
        assert!(contract["execution"]["modes"].as_array().unwrap().contains(&"forecast".into()));
    }
}
