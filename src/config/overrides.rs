//! The values of flags, of environment variables and of cdktf's context.

use std::path::PathBuf;

use anyhow::bail;
use oleoduto_cdk::context::Context;

/// The values of flags and environment variables.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Overrides {
    /// Environment: a section `[env.NAME]` of oleoduto.toml [default: dev]
    #[arg(long = "env", env = "OLEODUTO_ENV", global = true)]
    pub(crate) environment: Option<String>,
    /// AWS account id, 12 digits [default: from the file, else from STS]
    #[arg(long, env = "OLEODUTO_ACCOUNT", global = true)]
    pub(crate) account: Option<String>,
    /// AWS region [default: from the file]
    #[arg(long, env = "AWS_REGION", global = true)]
    pub(crate) region: Option<String>,
    /// Ipeadata code of the series [default: from the file]
    #[arg(long, env = "OLEODUTO_SERIES", global = true)]
    pub(crate) series: Option<String>,
    /// Folder of the project, with oleoduto.toml, jobs/ and the Dockerfile
    #[arg(long, default_value = ".", global = true)]
    pub(crate) project_dir: PathBuf,
    /// The names of the values that a flag gave, not a variable.
    #[arg(skip)]
    pub(crate) by_flag: Vec<String>,
}

/// A value and a text that says where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Origin<T> {
    pub(crate) value: T,
    pub(crate) origin: String,
}

/// A parameter with a flag and a variable.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Parameter {
    Environment,
    Account,
    Region,
    Series,
}

impl Overrides {
    /// No overrides: the file alone counts.
    pub(crate) fn none() -> Self {
        let project_dir = PathBuf::from(".");
        Self { environment: None, account: None, region: None, series: None, project_dir, by_flag: Vec::new() }
    }

    /// The checked value of a flag, else of its variable.
    pub(crate) fn given<T: TryFrom<String, Error = String>>(&self, parameter: Parameter) -> anyhow::Result<Option<Origin<T>>> {
        let (flag, variable, given) = match parameter {
            Parameter::Environment => ("env", "OLEODUTO_ENV", &self.environment),
            Parameter::Account => ("account", "OLEODUTO_ACCOUNT", &self.account),
            Parameter::Region => ("region", "AWS_REGION", &self.region),
            Parameter::Series => ("series", "OLEODUTO_SERIES", &self.series),
        };
        let by_flag = self.by_flag.iter().any(|name| name == flag);
        let origin = if by_flag { format!("flag --{flag}") } else { format!("env {variable}") };
        // An empty variable counts as unset.
        let given = given.as_ref().filter(|value| by_flag || !value.is_empty());
        given.map(|value| checked(value.clone(), origin)).transpose()
    }

    /// The checked value of a flag, else of its variable, else of the context that cdktf and cdktn pass on.
    pub(crate) fn value<T: TryFrom<String, Error = String>>(
        &self,
        parameter: Parameter,
        context: &Context,
    ) -> anyhow::Result<Option<Origin<T>>> {
        if let Some(given) = self.given(parameter)? {
            return Ok(Some(given));
        }
        let key = match parameter {
            Parameter::Environment => "env",
            Parameter::Account => "account",
            Parameter::Region => "region",
            Parameter::Series => "series",
        };
        context.text(key)?.map(|value| checked(value, format!("context `{key}` of cdktf.json"))).transpose()
    }
}

fn checked<T: TryFrom<String, Error = String>>(value: String, origin: String) -> anyhow::Result<Origin<T>> {
    match T::try_from(value) {
        Ok(value) => Ok(Origin { value, origin }),
        Err(why) => bail!("{origin}: {why}"),
    }
}
