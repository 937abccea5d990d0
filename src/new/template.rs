//! The files of a new project: a pure function of its name and its template.

use std::collections::BTreeMap;

use anyhow::Context as _;
use clap::ValueEnum;
use handlebars::{Handlebars, no_escape};
use serde::Serialize;

/// What the project declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// A private bucket
    Bucket,
    /// An HTTP API, a function and a table; its bindings are generated with Terraform
    LambdaApi,
    /// A bucket, and two functions that a state machine runs every day: two stacks
    Pipeline,
}

/// What the templates know.
#[derive(Debug, Serialize)]
pub(crate) struct Model {
    /// The package.
    pub(crate) name: String,
    /// Its library.
    pub(crate) module: String,
    /// A sentence for the README.
    pub(crate) description: &'static str,
    /// The stacks, in the order of their dependencies.
    pub(crate) stacks: Vec<String>,
    /// Whether the project has bindings of its own.
    pub(crate) has_bindings: bool,
    /// The version of the AWS provider.
    pub(crate) aws_version: &'static str,
    /// The dependency on `oleoduto-aws`.
    pub(crate) aws: String,
    /// The dependency on `oleoduto-cdk`.
    pub(crate) cdk: String,
    /// The dependency on `oleoduto-cli`.
    pub(crate) cli: String,
}

/// Path in the project, and text.
type Parts = &'static [(&'static str, &'static str)];

const COMMON: Parts = &[
    (".gitignore", include_str!("templates/common/gitignore")),
    ("Cargo.toml", include_str!("templates/common/Cargo.toml.hbs")),
    ("README.md", include_str!("templates/common/README.md.hbs")),
    ("cdktf.json", include_str!("templates/common/cdktf.json.hbs")),
    ("src/main.rs", include_str!("templates/common/main.rs.hbs")),
];

const BUCKET: Parts = &[
    ("src/lib.rs", include_str!("templates/bucket/lib.rs.hbs")),
    ("tests/app.rs", include_str!("templates/bucket/test.rs.hbs")),
];

const LAMBDA_API: Parts = &[
    ("bindings.toml", include_str!("templates/lambda-api/bindings.toml.hbs")),
    ("handler/app.py", include_str!("templates/lambda-api/app.py")),
    ("src/lib.rs", include_str!("templates/lambda-api/lib.rs.hbs")),
    ("tests/app.rs", include_str!("templates/lambda-api/test.rs.hbs")),
];

const PIPELINE: Parts = &[
    ("src/data.rs", include_str!("templates/pipeline/data.rs.hbs")),
    ("src/flow.rs", include_str!("templates/pipeline/flow.rs.hbs")),
    ("src/lib.rs", include_str!("templates/pipeline/lib.rs.hbs")),
    ("src/step.rs", include_str!("templates/pipeline/step.rs.hbs")),
    ("steps/steps.py", include_str!("templates/pipeline/steps.py")),
    ("tests/app.rs", include_str!("templates/pipeline/test.rs.hbs")),
];

impl Template {
    /// A sentence for the README.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Bucket => "A private bucket on AWS.",
            Self::LambdaApi => "An HTTP API on AWS: a function that reads and writes a DynamoDB table.",
            Self::Pipeline => "A data pipeline on AWS: a bucket, and a state machine that runs two steps every day.",
        }
    }

    /// The names of the stacks of a project.
    pub(crate) fn stacks(self, name: &str) -> Vec<String> {
        match self {
            Self::Bucket | Self::LambdaApi => vec![name.to_owned()],
            Self::Pipeline => ["data", "flow"].map(str::to_owned).into(),
        }
    }

    /// Whether a provider's schema is needed.
    pub(crate) fn has_bindings(self) -> bool {
        self == Self::LambdaApi
    }

    /// Every file, by its path.
    pub(crate) fn files(self, model: &Model) -> anyhow::Result<BTreeMap<&'static str, String>> {
        let own = match self {
            Self::Bucket => BUCKET,
            Self::LambdaApi => LAMBDA_API,
            Self::Pipeline => PIPELINE,
        };
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        engine.register_escape_fn(no_escape);
        let mut files = BTreeMap::new();
        for (path, text) in COMMON.iter().chain(own) {
            let filled = engine.render_template(text, model).with_context(|| format!("the template of {path}"))?;
            files.insert(*path, filled);
        }
        Ok(files)
    }
}
