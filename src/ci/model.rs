//! The data of the templates: the graph of the stacks, and the environments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::bail;
use oleoduto_cdk::Synthesized;
use oleoduto_stacks::parameters::{Approval, Credentials, Region};
use oleoduto_stacks::{BY_HAND, Settings};
use serde::Serialize;

use super::image;
use crate::config::{Config, Overrides};
use crate::synth::{OUT, synthesize};

/// Jobs of the workflow that are not stacks.
const OWN_JOBS: [&str; 7] = ["synth", "plan", "approve", "image", "record", "drift", "destroy"];

/// Everything that the templates show.
#[derive(Debug, Serialize)]
pub(super) struct Model {
    /// The branch that is deployed.
    branch: String,
    /// The cron of the check for drift.
    drift: String,
    environments: Vec<MatrixRow>,
    /// In an order in which they can be applied.
    stacks: Vec<StackJob>,
    /// The jobs of all stacks, the last step of which records the deployment.
    jobs: Vec<String>,
    /// The job that builds the image, if a stack has an image repository.
    image: Option<ImageJob>,
    /// Some environment uses OIDC.
    oidc: bool,
    /// Some environment uses keys.
    keys: bool,
    /// Some environment uses OIDC and another one keys.
    mixed: bool,
}

/// An environment, as a row of the workflows' matrix.
#[derive(Debug, Serialize)]
struct MatrixRow {
    name: String,
    /// A literal, or the variable of the GitHub environment.
    account: Option<String>,
    region: Option<String>,
    partition: &'static str,
    /// The first part of its roles' names.
    roles: String,
    credentials: &'static str,
    /// Whether GitHub must have rules that protect the environment.
    approval: bool,
}

/// A stack's job.
#[derive(Debug, Serialize)]
struct StackJob {
    name: String,
    /// Every job that it needs, also indirectly: a skipped job must not hide a failed one.
    needs: Vec<String>,
    /// It runs the image by its digest.
    runs_image: bool,
}

/// The image's job.
#[derive(Debug, Serialize)]
struct ImageJob {
    needs: Vec<String>,
    consumers: Vec<String>,
}

impl Model {
    /// Read the file and synthesize every environment that workflows deploy. The result depends only on the project, not
    /// on this machine's variables, so that the files are the same everywhere.
    pub(super) fn of(root: &Path) -> anyhow::Result<Self> {
        let names = Config::deployed_by_ci(root)?;
        if names.is_empty() {
            bail!("workflows deploy no environment of {}/oleoduto.toml: write a section [env.NAME.ci] for one", root.display());
        }
        let mut environments = Vec::new();
        let mut graph = JobGraph::default();
        let (mut branch, mut drift) = (String::new(), String::new());
        for name in &names {
            let overrides = Overrides { environment: Some(name.clone()), project_dir: root.to_owned(), ..Overrides::none() };
            let config = Config::load(&overrides)?;
            if !config.has_state_bucket() {
                bail!(
                    "[env.{name}] keeps its states in local files, which are lost when the CI machine is discarded: write \
                     [env.{name}.backend] type = \"s3\" (`oleoduto backend up --env {name}` creates the bucket), or remove \
                     [env.{name}.ci]"
                );
            }
            let settings = config.graph_settings(&root.join(OUT))?;
            graph.add(&synthesize(&settings)?)?;
            branch = config.workflows().branch.to_string();
            drift = config.workflows().drift.to_string();
            environments.push(MatrixRow::of(name, &config, &settings));
        }
        let has = |credentials| environments.iter().any(|environment: &MatrixRow| environment.credentials == credentials);
        let (oidc, keys) = (has("oidc"), has("keys"));
        let stacks = graph.jobs()?;
        Ok(Self {
            branch,
            drift,
            jobs: stacks.iter().map(|job| job.name.clone()).collect(),
            image: graph.image(),
            stacks,
            environments,
            oidc,
            keys,
            mixed: oidc && keys,
        })
    }
}

impl MatrixRow {
    fn of(name: &str, config: &Config, settings: &Settings) -> Self {
        let (account, region) = config.place();
        Self {
            name: name.to_owned(),
            account: account.map(ToString::to_string),
            region: region.map(ToString::to_string),
            partition: region.map_or("aws", Region::partition),
            roles: settings.names().ci_roles(),
            credentials: match config.ci().map(|ci| ci.credentials) {
                Some(Credentials::Keys) => "keys",
                _ => "oidc",
            },
            approval: config.ci().is_none_or(|ci| ci.approval == Approval::Required),
        }
    }
}

/// The graph of all environments together.
#[derive(Debug, Default)]
struct JobGraph {
    /// In an order in which they can be applied.
    order: Vec<String>,
    producers: BTreeMap<String, BTreeSet<String>>,
    image: Option<String>,
    consumers: BTreeSet<String>,
}

impl JobGraph {
    fn add(&mut self, output: &Synthesized) -> anyhow::Result<()> {
        for stack in output.stacks.iter().filter(|stack| !BY_HAND.contains(&stack.name.as_str())) {
            if !self.order.contains(&stack.name) {
                self.order.push(stack.name.clone());
            }
            let uses = output.manifest.stacks.get(&stack.name).map(|entry| entry.dependencies.as_slice()).unwrap_or_default();
            let uses = uses.iter().filter(|name| !BY_HAND.contains(&name.as_str())).cloned();
            self.producers.entry(stack.name.clone()).or_default().extend(uses);
        }
        if let Some(image) = image::producer(output)? {
            self.image = Some(image);
        }
        self.consumers.extend(image::consumers(output)?);
        Ok(())
    }

    /// The direct and indirect dependencies of a stack, in the order of all stacks.
    fn closure(&self, name: &str) -> Vec<String> {
        let (mut found, mut open) = (BTreeSet::new(), vec![name]);
        while let Some(next) = open.pop() {
            for producer in self.producers.get(next).into_iter().flatten() {
                if found.insert(producer.clone()) {
                    open.push(producer);
                }
            }
        }
        self.order.iter().filter(|name| found.contains(*name)).cloned().collect()
    }

    fn jobs(&self) -> anyhow::Result<Vec<StackJob>> {
        let mut jobs = Vec::new();
        for name in &self.order {
            if OWN_JOBS.contains(&name.as_str()) {
                bail!("the stack `{name}` can't be a job: the workflow has a job with that name already; rename the stack");
            }
            if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                bail!("the stack `{name}` can't be a job: its name must begin with a letter or `_`; rename the stack");
            }
            let runs_image = self.consumers.contains(name);
            let mut needs = self.closure(name);
            if runs_image && self.image.is_some() {
                needs.push("image".to_owned());
            }
            jobs.push(StackJob { name: name.clone(), needs, runs_image });
        }
        Ok(jobs)
    }

    fn image(&self) -> Option<ImageJob> {
        let stack = self.image.as_ref()?;
        let mut needs = self.closure(stack);
        needs.push(stack.clone());
        Some(ImageJob { needs, consumers: self.consumers.iter().cloned().collect() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> JobGraph {
        let mut graph = JobGraph::default();
        for (name, uses) in edges {
            graph.order.push((*name).to_owned());
            graph.producers.insert((*name).to_owned(), uses.iter().map(|name| (*name).to_owned()).collect());
        }
        graph
    }

    #[test]
    fn a_job_needs_what_its_producers_need() {
        let jobs = graph(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &[])]).jobs().unwrap();
        let needs: Vec<_> = jobs.iter().map(|job| job.needs.join(",")).collect();
        assert_eq!(needs, ["", "a", "a,b", ""]);
    }

    #[test]
    fn a_stack_that_can_not_be_a_job_is_refused() {
        for (name, why) in [("plan", "a job with that name"), ("1st", "a letter")] {
            let error = graph(&[(name, &[])]).jobs().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("rename"), "{error}");
        }
    }
}
