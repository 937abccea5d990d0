//! The command line of the generator.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Parser;
use oleoduto_bindgen::{Bindings, Schema, folder, generate, unbound};

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
    /// The folder of the generated modules, which holds no other Rust files
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
    for kind in unbound(&schema, &bindings.provider)? {
        eprintln!("note: {} {}: {kind}", bindings.source(), bindings.version);
    }
    let lines: usize = files.values().map(|text| text.lines().count()).sum();
    if cli.check {
        let different = folder::differences(&cli.out, &files)?;
        if !different.is_empty() {
            bail!(
                "{} differs from what the schema gives ({}): run oleoduto-bindgen without --check",
                cli.out.display(),
                different.join(", ")
            );
        }
        println!("{} files, {lines} lines, up to date", files.len());
        return Ok(());
    }
    let changed = folder::write(&cli.out, &files)?;
    println!("{} files, {lines} lines, {} changed", files.len(), changed.len());
    Ok(())
}
