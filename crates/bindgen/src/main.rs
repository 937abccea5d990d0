//! The command line of the generator.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Parser;
use oleoduto_bindgen::{Bindings, Schema, generate};

/// Write typed Rust bindings from a Terraform provider's schema
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// Output of `terraform providers schema -json`
    #[arg(long)]
    schema: PathBuf,
    /// The list of types to bind
    #[arg(long, default_value = "crates/aws/bindings.toml")]
    bindings: PathBuf,
    /// The folder of the generated modules
    #[arg(long, default_value = "crates/aws/src/generated")]
    out: PathBuf,
    /// Write nothing; fail if the folder's files differ from the generated ones
    #[arg(long)]
    check: bool,
    /// Generate every type of the provider instead of the list
    #[arg(long)]
    all: bool,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    let read = |path: &Path| std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()));
    let schema: Schema = serde_json::from_str(&read(&cli.schema)?).with_context(|| {
        format!("{} is not a provider schema; write it with `terraform providers schema -json`", cli.schema.display())
    })?;
    let bindings: Bindings =
        toml::from_str(&read(&cli.bindings)?).with_context(|| format!("{} is not valid", cli.bindings.display()))?;
    let files = generate(&schema, &bindings, cli.all)?;
    let lines: usize = files.values().map(|text| text.lines().count()).sum();
    let stale = stale(&cli.out, &files)?;
    if cli.check {
        if !stale.is_empty() {
            bail!(
                "{} differs from what the schema gives ({}): run oleoduto-bindgen without --check",
                cli.out.display(),
                stale.join(", ")
            );
        }
        println!("{} files, {lines} lines, up to date", files.len());
        return Ok(());
    }
    write(&cli.out, &files, &stale)?;
    println!("{} files, {lines} lines, {} changed", files.len(), stale.len());
    Ok(())
}

/// Names that are missing, different or no longer generated.
fn stale(out: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<Vec<String>> {
    let mut stale: Vec<String> = files
        .iter()
        .filter(|(name, text)| std::fs::read_to_string(out.join(name)).ok().as_ref() != Some(text))
        .map(|(name, _)| name.clone())
        .collect();
    if out.is_dir() {
        for entry in std::fs::read_dir(out).with_context(|| format!("can't read {}", out.display()))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".rs") && !files.contains_key(&name) {
                stale.push(name);
            }
        }
    }
    Ok(stale)
}

fn write(out: &Path, files: &BTreeMap<String, String>, stale: &[String]) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("can't create {}", out.display()))?;
    for name in stale {
        let path = out.join(name);
        match files.get(name) {
            Some(text) => {
                let mut file =
                    tempfile::NamedTempFile::new_in(out).with_context(|| format!("can't write in {}", out.display()))?;
                file.write_all(text.as_bytes()).with_context(|| format!("can't write {}", path.display()))?;
                file.persist(&path).with_context(|| format!("can't write {}", path.display()))?;
            }
            None => std::fs::remove_file(&path).with_context(|| format!("can't remove {}", path.display()))?,
        }
    }
    Ok(())
}
