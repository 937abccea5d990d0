//! `oleoduto add`: bindings of a provider's types in any Rust project.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use oleoduto_bindgen::{Bindings, folder, module_of_provider, struct_of_provider, unbound};

use super::add_module::NewModule;
use super::address::ProviderAddress;
use super::bindings_file::BindingsFile;
use super::generated::Generated;
use super::lock_file;
use super::provider_schema::{self, Installed, Source};
use super::rust_project::RustProject;
use super::schema_file::SchemaFiles;
use super::type_name::{TypeName, count};
use crate::global::Global;

/// Write bindings of a Terraform provider's types, or of a module, into a Rust project
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  oleoduto add hashicorp/random random_string\n  \
                        oleoduto add hashicorp/aws aws_apigatewayv2_api data.aws_region ephemeral.aws_ssm_parameter function.arn_parse\n  \
                        oleoduto add hashicorp/tls --all\n  \
                        oleoduto add hashicorp/random random_string --schema schema.json --provider-version 3.6.0    # offline\n  \
                        oleoduto add --module ./modules/names\n  \
                        oleoduto add --module terraform-aws-modules/vpc/aws --module-version 5.8.1\n  \
                        oleoduto add hashicorp/random --provider-version 3.7.2    # another version of what is bound")]
pub(crate) struct Args {
    /// Provider: `hashicorp/random`, or HOST/NAMESPACE/NAME
    #[arg(required_unless_present = "module")]
    provider: Option<ProviderAddress>,
    /// Resource types; `data.TYPE` is a data source, `ephemeral.TYPE` an ephemeral resource, `function.NAME` a function
    types: Vec<TypeName>,
    /// Bind all types of the provider
    #[arg(long, conflicts_with = "types")]
    all: bool,
    /// Version of the provider [default: the pinned one, or the newest]
    #[arg(long, value_name = "VERSION")]
    provider_version: Option<String>,
    /// File with the provider's schema (`terraform providers schema -json`) [default: Terraform installs the provider]
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Source of a Terraform module to bind: a folder (`./modules/names`), a registry's address, or a Git URL with `?ref=`
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["provider", "types", "all", "provider_version", "schema"])]
    module: Option<String>,
    /// Version of the module in a registry [default: the newest]
    #[arg(long, value_name = "VERSION", requires = "module")]
    module_version: Option<String>,
    /// Name of the module in the project [default: from the source]
    #[arg(long = "as", value_name = "NAME", requires = "module")]
    module_name: Option<String>,
}

/// What is to be added of a provider.
struct NewTypes {
    provider: ProviderAddress,
    types: Vec<TypeName>,
    all: bool,
    provider_version: Option<String>,
    schema: Option<PathBuf>,
}

impl Args {
    /// Add a module, or types of a provider.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        if let Some(source) = self.module {
            return NewModule { source, version: self.module_version, name: self.module_name }.add(global).await;
        }
        let provider = self.provider.context("name a provider, or a module with --module")?;
        let Self { types, all, provider_version, schema, .. } = self;
        NewTypes { provider, types, all, provider_version, schema }.add(global).await
    }
}

impl NewTypes {
    /// Pin the provider, write the bindings, and print what is next.
    async fn add(self, global: &Global) -> anyhow::Result<ExitCode> {
        let project = RustProject::find(&global.overrides.project_dir)?;
        let mut file = BindingsFile::read(&project.root)?;
        let known = file.providers()?.remove(self.provider.local_name());
        let lock_path = project.root.join(lock_file::NAME);
        let lock = lock_file::read(&lock_path)?;
        let installed = self.install(global, known.as_ref(), lock.as_deref()).await?;
        self.note(&mut file, &installed, known.is_some())?;
        let providers = file.providers()?;
        let bindings = providers.get(self.provider.local_name()).context("the provider is not in the bindings file")?;
        let generated = Generated::new(&project, &installed.schema, bindings)?;
        let index = Generated::index(&project, &file)?;
        // All that can be refused is, before anything is written.
        generated.differences()?;
        index.differences()?;
        let changed = generated.write()?;
        index.write()?;
        folder::replace(file.path(), &file.text())?;
        if let Some(entry) = &installed.lock_entry {
            folder::replace(&lock_path, &lock_file::with_entry(lock.as_deref(), &self.provider, entry))?;
        }
        for kind in unbound(&installed.schema, &self.provider.to_string())? {
            errln!("note: {} {}: {kind}", self.provider, installed.version);
        }
        let folder = generated.folder(&project).display();
        outln!("{} {}: {} files in {folder}, {changed} changed", self.provider, installed.version, generated.len());
        project.next_steps()?.iter().for_each(|step| outln!("next: {step}"));
        let module = module_of_provider(bindings.local_name());
        outln!("the types are in bindings::{module}: see src/bindings/{module}/mod.rs");
        if let Some(path) = struct_of_provider(bindings) {
            outln!("a stack configures the provider: stack.provider(bindings::{module}::{path}::builder().build());");
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn install(&self, global: &Global, known: Option<&Bindings>, lock: Option<&str>) -> anyhow::Result<Installed> {
        let version = self.provider_version.as_deref().or(known.map(|bindings| bindings.version.as_str()));
        let locked = lock.and_then(|text| lock_file::entry(text, &self.provider));
        let files = SchemaFiles::read(self.schema.as_slice())?;
        files.demand(&self.provider)?;
        let source = Source { files: &files, terraform: &global.terraform };
        provider_schema::read(source, &self.provider, version, locked.as_deref()).await
    }

    /// Note the provider and the types in the bindings file.
    fn note(&self, file: &mut BindingsFile, installed: &Installed, is_known: bool) -> anyhow::Result<()> {
        let address = self.provider.to_string();
        let provider = installed.schema.provider(&address)?;
        if self.types.is_empty() && !self.all && !is_known {
            bail!("no types are named: give some, or --all. Provider {address} {}: {}", installed.version, count(provider));
        }
        for name in &self.types {
            name.check(&address, provider)?;
        }
        file.pin(&self.provider, &installed.version)?;
        if self.all {
            file.bind_all(&self.provider)?;
        }
        self.types.iter().try_for_each(|name| file.list(&self.provider, name.list, &name.name))
    }
}
