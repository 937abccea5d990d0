//! `oleoduto new`: a Rust project that builds, tests and synthesizes.

mod engine;
mod template;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use oleoduto_aws::provider::AwsProvider;
use oleoduto_cdk::Provider;

use crate::bindings;
use crate::global::Global;
use engine::Engine;
use template::{Model, Template};

/// Make a Rust project with a stack, its tests and its Terraform output
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  oleoduto new storage\n  oleoduto new orders --template lambda-api\n  \
                        oleoduto new orders --engine https://git.example/oleoduto.git#v0.1.0")]
pub(crate) struct Args {
    /// Name of the project, of its folder and of what it declares
    name: ProjectName,
    /// What the project declares
    #[arg(long, value_enum, default_value = "bucket")]
    template: Template,
    /// Source of the engine's crates: a checkout, a Git URL (URL#REVISION), or `registry` [default: the checkout that this program was
    /// built in, or the registry]
    #[arg(long, value_name = "SOURCE")]
    engine: Option<Engine>,
}

/// A name that Cargo, S3 and IAM accept.
#[derive(Clone, Debug)]
struct ProjectName(String);

impl FromStr for ProjectName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const LONGEST: usize = 30;
        // Crates that the project uses, and those that Cargo refuses.
        const TAKEN: [&str; 10] =
            ["alloc", "bon", "core", "oleoduto-aws", "oleoduto-cdk", "proc-macro", "serde-json", "std", "test", "build"];
        let is_plain = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit())
            && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
            && text.len() <= LONGEST;
        if text.contains('/') {
            return Err(format!(
                "`{text}` is a path: give the name alone; the project is made in the current folder, or in that of --project-dir"
            ));
        }
        if !is_plain {
            return Err(format!("`{text}` is no name of a project: use at most {LONGEST} lower-case letters, digits and `-`"));
        }
        if TAKEN.contains(&text) || oleoduto_bindgen::is_keyword(text) {
            return Err(format!("`{text}` has a meaning in Rust or in the project: choose another name"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Args {
    /// Write the project beside its place, and move it there when it is complete.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let Self { name: ProjectName(name), template, engine } = self;
        let parent = std::path::absolute(&global.overrides.project_dir).context("the current folder can't be read")?;
        let folder = parent.join(&name);
        if folder.exists() {
            bail!("{} exists: choose another name, or remove it", folder.display());
        }
        let engine = engine.unwrap_or_default();
        let model = Model {
            module: name.replace('-', "_"),
            description: template.description(),
            stacks: template.stacks(&name),
            has_bindings: template.has_bindings(),
            aws_version: AwsProvider::VERSION,
            aws: engine.dependency("aws", &[])?,
            cdk: engine.dependency("cdk", &["testing"])?,
            cli: engine.dependency("cli", &[])?,
            name,
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".oleoduto-new-").permissions(std::fs::Permissions::from_mode(0o777));
        let scratch = builder.tempdir_in(&parent).with_context(|| format!("can't create a folder in {}", parent.display()))?;
        for (path, text) in template.files(&model)? {
            write(&scratch.path().join(path), &text)?;
        }
        if template.has_bindings() {
            bindings::write(scratch.path(), &global.terraform).await?;
        }
        std::fs::rename(scratch.path(), &folder).with_context(|| format!("can't create {}", folder.display()))?;
        outln!("created {}", folder.display());
        outln!("next:\n  cd {}\n  cargo test\n  cargo run -- plan", model.name);
        Ok(ExitCode::SUCCESS)
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(path, text)
    };
    write().with_context(|| format!("can't write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_of_a_crate_and_of_a_bucket() {
        for name in ["orders", "a1", "my-data-2"] {
            assert!(name.parse::<ProjectName>().is_ok(), "{name}");
        }
        for name in ["", "Orders", "1a", "a-", "a_b", "type", "std", "oleoduto-cdk", "../x", &"a".repeat(31)] {
            assert!(name.parse::<ProjectName>().is_err(), "{name}");
        }
        assert!("/tmp/shop".parse::<ProjectName>().is_err_and(|error| error.contains("is a path: give the name alone")));
    }
}
