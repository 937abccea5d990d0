//! The stock Terraform over the stacks of a manifest, in the order of their dependencies.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use oleoduto_cdk::Manifest;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::Context;
use super::progress::Step;
use super::server::Endpoint;

/// Providers take near 1 GB each: two at a time suit a laptop.
const PARALLELISM: usize = 2;

/// Terraform for one output folder.
#[derive(Clone)]
pub(crate) struct Terraform {
    binary: String,
    out: PathBuf,
    logs: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Terraform {
    /// Terraform pointed at the local AWS.
    pub(crate) fn new(context: &Context, endpoint: &Endpoint, out: &Path) -> anyhow::Result<Self> {
        let cache = context.root.join(".oleoduto/cache/terraform-plugins");
        let logs = context.data().join("logs/terraform");
        for folder in [&cache, &logs] {
            std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
        }
        let mut environment = endpoint.environment();
        environment.extend([
            ("CHECKPOINT_DISABLE", "1".to_owned()),
            ("TF_IN_AUTOMATION", "1".to_owned()),
            ("TF_PLUGIN_CACHE_DIR", cache.display().to_string()),
        ]);
        Ok(Self { binary: context.terraform.clone(), out: out.to_owned(), logs, environment })
    }

    /// The manifest of the output folder.
    pub(crate) fn manifest(&self) -> anyhow::Result<Manifest> {
        let path = self.out.join("manifest.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not a manifest", path.display()))
    }

    /// `terraform init` of every stack, one after the other: they fill one plugin cache.
    pub(crate) async fn init(&self, manifest: &Manifest) -> anyhow::Result<()> {
        for (name, stack) in &manifest.stacks {
            if !self.out.join(&stack.working_directory).join(".terraform").is_dir() {
                self.run(name, &stack.working_directory, &["init"]).await?;
            }
        }
        Ok(())
    }

    /// `terraform apply` of every stack, producers first. After a failure running stacks finish and no other starts.
    pub(crate) async fn apply(&self, manifest: &Manifest, step: &Step) -> anyhow::Result<()> {
        let mut waiting: BTreeSet<String> = manifest.stacks.keys().cloned().collect();
        let mut done: BTreeSet<String> = BTreeSet::new();
        let mut running = JoinSet::new();
        let mut failures = Vec::new();
        loop {
            while failures.is_empty() && running.len() < PARALLELISM {
                let ready = waiting.iter().find(|name| {
                    manifest.stacks.get(*name).is_some_and(|stack| stack.dependencies.iter().all(|needed| done.contains(needed)))
                });
                let Some(name) = ready.cloned() else { break };
                waiting.remove(&name);
                let folder = manifest.stacks.get(&name).map(|stack| stack.working_directory.clone()).unwrap_or_default();
                let terraform = self.clone();
                running.spawn(async move {
                    let result = terraform.run(&name, &folder, &["apply", "-auto-approve"]).await;
                    (name, result)
                });
            }
            let Some(ended) = running.join_next().await else { break };
            let (name, result) = ended.context("a Terraform task broke off")?;
            match result {
                Ok(()) => {
                    step.line(&format!("      applied {name}"));
                    done.insert(name);
                }
                Err(error) => failures.push(error),
            }
        }
        if let Some(error) = failures.pop() {
            for other in failures {
                step.line(&format!("{other:#}"));
            }
            let skipped: Vec<_> = waiting.into_iter().collect();
            return if skipped.is_empty() {
                Err(error)
            } else {
                Err(error.context(format!("not applied: {}", skipped.join(", "))))
            };
        }
        Ok(())
    }

    /// One Terraform command in a stack's folder, its output in a log; a failure shows Terraform's own diagnostic.
    async fn run(&self, stack: &str, folder: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let verb = arguments.first().copied().unwrap_or_default();
        let output = Command::new(&self.binary)
            .arg(format!("-chdir={}", self.out.join(folder).display()))
            .args(arguments)
            .args(["-input=false", "-no-color"])
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .output()
            .await
            .with_context(|| format!("`{}` could not be started", self.binary))?;
        let log = self.logs.join(format!("{stack}-{verb}.log"));
        std::fs::write(&log, [output.stdout.as_slice(), output.stderr.as_slice()].concat())
            .with_context(|| format!("can't write {}", log.display()))?;
        if !output.status.success() {
            bail!("terraform {verb} of stack `{stack}` failed:\n{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }
}
