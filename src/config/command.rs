//! `oleoduto config`.

use super::{Config, Overrides, file};

/// Show the effective configuration or its JSON Schema.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every effective value; needs no credentials
    ///
    /// A flag overrides its environment variable, which overrides cdktf's context, which overrides oleoduto.toml.
    #[command(after_help = "Examples:\n  oleoduto config show --origin\n  oleoduto config show --env prod --json")]
    Show {
        /// Show where each value comes from
        #[arg(long)]
        origin: bool,
        /// Print a JSON array of key, value and origin
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of oleoduto.toml, for editors, or of a run's report
    Schema {
        /// The format
        #[arg(long, value_enum, default_value = "file")]
        of: Format,
    },
}

/// A format with a schema.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    /// oleoduto.toml
    File,
    /// run.json and --json of plan, apply, destroy and drift
    RunReport,
}

fn schema(of: Format) -> anyhow::Result<String> {
    let schema = match of {
        Format::File => file::schema(),
        Format::RunReport => oleoduto_runner::RunReport::schema(),
    };
    Ok(serde_json::to_string_pretty(&schema)?)
}

/// Run a command.
pub(crate) fn run(command: &ConfigCommand, overrides: &Overrides) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Schema { of } => outln!("{}", schema(*of)?),
        ConfigCommand::Show { origin, json } => {
            let rows = Config::load(overrides)?.rows()?;
            if *json {
                outln!("{}", serde_json::to_string_pretty(&rows)?);
                return Ok(());
            }
            let width = rows.iter().map(|row| row.key.len()).max().unwrap_or_default();
            for row in rows {
                let value = row.shown();
                let line = if *origin {
                    format!("{:width$}  {value:<42}  {}", row.key, row.origin)
                } else {
                    format!("{:width$}  {value}", row.key)
                };
                outln!("{line}");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schemas_are_those_of_the_code() {
        for (of, name) in [(Format::File, "oleoduto"), (Format::RunReport, "run-report")] {
            let path = format!("{}/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            let help = "write it again: oleoduto config schema [--of run-report] > schemas/NAME.schema.json";
            assert_eq!(committed.trim_end(), schema(of).unwrap_or_default(), "{path}: {help}");
        }
    }
}
