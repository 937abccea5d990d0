//! Fill the templates: a pure function of the model.

use std::collections::BTreeMap;

use anyhow::Context as _;
use handlebars::{Handlebars, no_escape};

use super::model::Model;

/// The workflows.
const WORKFLOWS: [(&str, &str); 4] = [
    ("backend.yaml", include_str!("templates/backend.yaml.hbs")),
    ("deploy.yaml", include_str!("templates/deploy.yaml.hbs")),
    ("environment.yaml", include_str!("templates/environment.yaml.hbs")),
    ("scan.yaml", include_str!("templates/scan.yaml.hbs")),
];

/// Parts that several jobs share.
const PARTS: [(&str, &str); 8] = [
    ("artefact", include_str!("templates/parts/artefact.hbs")),
    ("checkout", include_str!("templates/parts/checkout.hbs")),
    ("credentials", include_str!("templates/parts/credentials.hbs")),
    ("header", include_str!("templates/parts/header.hbs")),
    ("image_digest", include_str!("templates/parts/image_digest.hbs")),
    ("python", include_str!("templates/parts/python.hbs")),
    ("rust", include_str!("templates/parts/rust.hbs")),
    ("terraform", include_str!("templates/parts/terraform.hbs")),
];

/// Every workflow file, by name.
pub(super) fn workflows(model: &Model) -> anyhow::Result<BTreeMap<String, String>> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(no_escape);
    for (name, text) in PARTS {
        engine.register_partial(name, text).with_context(|| format!("the part `{name}` of the templates"))?;
    }
    let mut files = BTreeMap::new();
    for (name, text) in WORKFLOWS {
        let filled = engine.render_template(text, model).with_context(|| format!("the template of {name}"))?;
        files.insert(name.to_owned(), filled);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::path::Path;

    use super::*;
    use crate::synth::{OUT, synthesize};

    /// A project with the repository's sources and a file of its own.
    fn model(toml: &str) -> anyhow::Result<Model> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().unwrap();
        for name in ["jobs", "Dockerfile", ".terraform.lock.hcl", "requirements.lock"] {
            std::os::unix::fs::symlink(root.join(name), folder.path().join(name)).unwrap();
        }
        let text = format!("[project]\nname = \"oleoduto\"\nseries = \"EIA366_PBRENT366\"\n{toml}");
        std::fs::write(folder.path().join("oleoduto.toml"), text).unwrap();
        Model::of(folder.path())
    }

    #[test]
    fn two_accounts_one_with_keys() {
        let files = workflows(
            &model(
                "[ci]\nrepository = \"owner/name\"\nbranch = \"trunk\"\n\
                 [env.dev.backend]\ntype = \"s3\"\n[env.dev.ci]\ncredentials = \"keys\"\n\
                 [env.local]\n\
                 [env.prod]\naccount = \"123456789012\"\nregion = \"us-gov-west-1\"\n\
                 [env.prod.backend]\ntype = \"s3\"\n[env.prod.ci]\n",
            )
            .unwrap(),
        )
        .unwrap();
        for (name, text) in &files {
            insta::assert_snapshot!(name.replace(".yaml", ""), text);
        }
    }

    #[test]
    fn an_environment_that_workflows_can_not_deploy_is_refused() {
        let error = model("[env.dev]\n").unwrap_err().to_string();
        assert!(error.contains("[env.NAME.ci]"), "{error}");
        let error = model("[env.dev.ci]\n").unwrap_err().to_string();
        assert!(error.contains("type = \"s3\"") && error.contains("[env.dev.ci]"), "{error}");
    }

    #[test]
    fn every_action_is_pinned_and_every_job_ends() {
        let files = workflows(&model("[env.prod.backend]\ntype = \"s3\"\n[env.prod.ci]\n").unwrap()).unwrap();
        for (name, text) in &files {
            for line in text.lines().filter(|line| line.trim_start().trim_start_matches("- ").starts_with("uses: ")) {
                let action = line.split_once("uses: ").unwrap().1;
                let pinned = action.split_once('@').is_some_and(|(_, rest)| {
                    let (hash, version) = rest.split_once(" # v").unwrap_or_default();
                    hash.len() == 40 && hash.chars().all(|c| c.is_ascii_hexdigit()) && !version.is_empty()
                });
                assert!(pinned || action.starts_with("./.github/workflows/"), "{name}: {line}");
            }
            let count = |word: &str| text.lines().filter(|line| line.trim_start().starts_with(word)).count();
            assert_eq!(count("rustup toolchain install"), count("key: cargo-"), "{name}: a job compiles the dependencies anew");
            assert_eq!(count("uses: actions/setup-python@"), count("key: python-"), "{name}: a job installs the lock anew");
            // A job that calls a workflow can't have a limit: those that it calls have.
            assert_eq!(count("timeout-minutes:"), count("runs-on:"), "{name}");
            let (checkouts, without) = (count("uses: actions/checkout@"), count("persist-credentials: false"));
            assert_eq!(checkouts + count("- uses: actions/checkout@"), without, "{name}");
        }
    }

    #[test]
    fn the_jobs_are_the_stacks_of_the_graph() {
        let files = workflows(&model("[env.prod.backend]\ntype = \"s3\"\n[env.prod.ci]\n").unwrap()).unwrap();
        let text = &files["environment.yaml"];
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let overrides = crate::config::Overrides { project_dir: root.to_owned(), ..crate::config::Overrides::none() };
        let config = crate::config::Config::load(&overrides).unwrap();
        let output = synthesize(&config.graph_settings(&root.join(OUT)).unwrap()).unwrap();
        assert!(output.manifest.stacks.len() >= 6);
        for (name, stack) in &output.manifest.stacks {
            let job = text.split_once(&format!("\n  {name}:\n")).unwrap_or_else(|| panic!("no job `{name}`")).1;
            let needs = job.lines().find(|line| line.trim_start().starts_with("needs:")).unwrap();
            for producer in &stack.dependencies {
                assert!(needs.contains(producer.as_str()), "{name} needs {producer}: {needs}");
            }
        }
    }
}
