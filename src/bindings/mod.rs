//! `oleoduto bindings`: the bindings of any Rust project, compared with the schemas of the pinned providers or written again.

pub(crate) mod add;
mod add_module;
mod address;
mod bindings_file;
mod generated;
mod lock_file;
mod module_files;
mod provider_schema;
mod rust_project;
mod schema_file;
mod terraform_call;
mod type_name;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use oleoduto_bindgen::folder;

use crate::global::Global;
use address::ProviderAddress;
use bindings_file::BindingsFile;
use generated::Generated;
use provider_schema::Source;
use rust_project::RustProject;
use schema_file::SchemaFiles;

/// The commands about bindings.
#[derive(Debug, Subcommand)]
pub(crate) enum BindingsCommand {
    /// Check that the bindings are what bindings.toml and the pinned providers give
    Check(Schemas),
    /// Write the bindings again, after a change of bindings.toml by hand
    Write(Schemas),
}

/// Schemas that Terraform need not give.
#[derive(Debug, clap::Args)]
pub(crate) struct Schemas {
    /// File with the schema of the pinned version (`terraform providers schema -json`), once per file [default: Terraform installs the
    /// providers]
    #[arg(long, value_name = "FILE")]
    schema: Vec<PathBuf>,
}

impl BindingsCommand {
    /// Read each provider's schema, and compare or write.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let project = &global.overrides.project_dir;
        let (Self::Check(schemas) | Self::Write(schemas)) = &self;
        let files = SchemaFiles::read(&schemas.schema)?;
        let source = Source { files: &files, terraform: &global.terraform };
        match self {
            Self::Check(_) => outln!("{} files, up to date", check(project, source).await?),
            Self::Write(_) => {
                let (files, changed) = write_from(project, source).await?;
                outln!("{files} files, {changed} changed");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The bindings of every provider and module of a project, the module that holds them, and the lock file that they come from.
struct AllBindings {
    generated: Vec<Generated>,
    lock: Option<String>,
}

/// Compare a project's bindings with the schemas of its providers; returns the number of files.
async fn check(folder: &Path, source: Source<'_>) -> anyhow::Result<usize> {
    let project = RustProject::find(folder)?;
    let all = generate(&project, source).await?.generated;
    let mut different = Vec::new();
    for generated in &all {
        let folder = generated.folder(&project).to_owned();
        different.extend(generated.differences()?.into_iter().map(|name| folder.join(name).display().to_string()));
    }
    if !different.is_empty() {
        bail!("bindings differ from what their providers give ({}): run `oleoduto bindings write`", different.join(", "));
    }
    Ok(all.iter().map(Generated::len).sum())
}

/// Write a project's bindings, of the schemas that Terraform gives.
pub(crate) async fn write(folder: &Path, terraform: &str) -> anyhow::Result<()> {
    let files = SchemaFiles::read(&[])?;
    write_from(folder, Source { files: &files, terraform }).await.map(drop)
}

/// Write a project's bindings; returns the number of files, and of those that changed.
async fn write_from(folder: &Path, source: Source<'_>) -> anyhow::Result<(usize, usize)> {
    let project = RustProject::find(folder)?;
    let all = generate(&project, source).await?;
    // All that can be refused is, before anything is written.
    for generated in &all.generated {
        generated.differences()?;
    }
    let mut changed = 0;
    for generated in &all.generated {
        changed += generated.write()?;
    }
    if let Some(lock) = &all.lock {
        folder::replace(&project.root.join(lock_file::NAME), lock)?;
    }
    Ok((all.generated.iter().map(Generated::len).sum(), changed))
}

async fn generate(project: &RustProject, source: Source<'_>) -> anyhow::Result<AllBindings> {
    let file = BindingsFile::read(&project.root)?;
    let providers = file.providers()?;
    let modules = Generated::modules(project, source.terraform, &file.modules()?).await?;
    if providers.is_empty() && modules.is_none() {
        bail!("{} names no provider and no module: run `oleoduto add`", file.path().display());
    }
    let mut lock = lock_file::read(&project.root.join(lock_file::NAME))?;
    let mut generated = vec![Generated::index(project, &file)?];
    generated.extend(modules);
    for bindings in providers.values() {
        let provider: ProviderAddress = bindings.provider.parse().map_err(anyhow::Error::msg)?;
        let locked = lock.as_deref().and_then(|text| lock_file::entry(text, &provider));
        let installed = provider_schema::read(source, &provider, Some(&bindings.version), locked.as_deref()).await?;
        generated.push(Generated::new(project, &installed.schema, bindings)?);
        if let Some(entry) = &installed.lock_entry {
            lock = Some(lock_file::with_entry(lock.as_deref(), &provider, entry));
        }
    }
    Ok(AllBindings { generated, lock })
}
