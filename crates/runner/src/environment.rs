//! What Terraform's own environment variables mean for a run; one that is not named here is handed on.
//! Source: <https://developer.hashicorp.com/terraform/cli/config/environment-variables>.

use crate::error::{Result, RunnerError};

/// The run decides this itself: each stack's folder has its own `.terraform`, and nobody is asked for variables.
pub(crate) const REMOVED: [&str; 2] = ["TF_DATA_DIR", "TF_INPUT"];

/// Refuses variables with which Terraform would use another state, or do something else than the run records.
pub(crate) fn check(variables: impl Iterator<Item = (String, String)>) -> Result<()> {
    for (name, value) in variables.filter(|(_, value)| !value.is_empty()) {
        let why = if name == "TF_WORKSPACE" && value != "default" {
            "every state is in the workspace `default`: another one would not be found again"
        } else if name == "TF_CLI_ARGS" || name.starts_with("TF_CLI_ARGS_") {
            "its arguments can change what is done (-target, -destroy, -refresh=false): use the options of this command"
        } else {
            continue;
        };
        return Err(RunnerError::Format {
            what: format!("the environment variable {name}={value}"),
            why: format!("{why}; unset it"),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, value: &str) -> Option<String> {
        check(std::iter::once((name.to_owned(), value.to_owned()))).err().map(|error| error.to_string())
    }

    #[test]
    fn what_would_apply_something_else_is_refused_by_name() {
        for (name, value) in [
            ("TF_WORKSPACE", "staging"),
            ("TF_CLI_ARGS", "-no-color"),
            ("TF_CLI_ARGS_apply", "-target=aws_ecr_repository.ml"),
            ("TF_CLI_ARGS_plan", "-refresh=false"),
        ] {
            let error = refused(name, value).unwrap();
            assert!(error.contains(&format!("{name}={value}")) && error.contains("unset it"), "{error}");
        }
        for (name, value) in [("TF_WORKSPACE", ""), ("TF_WORKSPACE", "default"), ("TF_LOG", "debug"), ("TF_VAR_x", "-target=y")] {
            assert_eq!(refused(name, value), None);
        }
    }
}
