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
    use std::collections::BTreeSet;

    use serde_json::Value as Json;

    use super::*;

    /// The keys of a table of the schema, with the keys of the tables in it. A map's key is `NAME`.
    fn keys(schema: &Json, table: &Json, path: &str, found: &mut BTreeSet<String>) {
        let target = |property: &Json| {
            let reference = property.get("$ref").or_else(|| property["anyOf"][0].get("$ref")).and_then(Json::as_str);
            reference.and_then(|reference| schema.pointer(reference.trim_start_matches('#'))).cloned()
        };
        let named = table["properties"].as_object().into_iter().flatten();
        let maps = table["patternProperties"].as_object().into_iter().flat_map(|map| map.values());
        let rows = named.map(|(key, property)| (key.as_str(), property)).chain(maps.map(|property| ("NAME", property)));
        for (key, property) in rows {
            let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            let inner = target(property).unwrap_or_else(|| property.clone());
            let before = found.len();
            keys(schema, &inner, &path, found);
            if found.len() == before {
                found.insert(path);
            }
        }
    }

    #[test]
    fn the_documentation_has_a_row_for_every_key() -> anyhow::Result<()> {
        let schema = serde_json::to_value(file::schema())?;
        let mut expected = BTreeSet::new();
        keys(&schema, &schema, "", &mut expected);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
        let text = std::fs::read_to_string(path)?;
        let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let documented: BTreeSet<String> = rows.filter(|key| key.contains('.')).map(str::to_owned).collect();
        let missing: Vec<_> = expected.difference(&documented).collect();
        assert!(missing.is_empty(), "docs/configuration.md has no row for {missing:?}");
        let tables = ["env.NAME", "env.NAME.mlflow", "env.NAME.ci"];
        let unknown: Vec<_> = documented.difference(&expected).filter(|key| !tables.contains(&key.as_str())).collect();
        assert!(unknown.is_empty(), "docs/configuration.md has rows for keys that do not exist: {unknown:?}");
        Ok(())
    }

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
