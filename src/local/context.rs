//! The project, as the local commands see it.

use std::path::PathBuf;

use oleoduto_cli::plugin_cache;
use oleoduto_stacks::Names;

use crate::global::Global;

/// The project's folder and programs.
pub(crate) struct LocalContext {
    /// The project's folder.
    pub(crate) root: PathBuf,
    /// Terraform's binary.
    pub(crate) terraform: String,
    /// Terraform's plugin cache.
    pub(crate) plugin_cache: PathBuf,
    /// The Python that creates the project's environment.
    pub(crate) python: String,
    /// Ipeadata code of the series.
    pub(crate) series: String,
    /// The names of the pipeline's resources.
    pub(crate) names: Names,
}

impl LocalContext {
    /// The context of the configuration.
    pub(crate) fn of(global: &Global) -> anyhow::Result<Self> {
        let config = global.config()?;
        Ok(Self {
            root: config.root().to_owned(),
            terraform: global.terraform.clone(),
            plugin_cache: plugin_cache(config.root()),
            python: std::env::var("OLEODUTO_PYTHON").unwrap_or_else(|_| "python3".to_owned()),
            series: config.series().to_string(),
            names: config.names(),
        })
    }

    /// The folder of all local data; git-ignored, removed by `down`.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join(".oleoduto/local")
    }

    /// The interpreter of the project's Python environment.
    pub(crate) fn venv_python(&self) -> PathBuf {
        self.root.join(".venv/bin/python")
    }
}
