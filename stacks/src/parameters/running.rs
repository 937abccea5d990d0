//! How Terraform is run over the stacks: attempts, and commands of the user. No resource depends on it.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::bounds::within;

/// How often the work on a stack is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Number of attempts at a stack, 1 to 10; 1 tries nothing again.
    #[serde(deserialize_with = "within::<_, _, 1, 10>")]
    #[schemars(range(min = 1, max = 10))]
    pub attempts: u32,
    /// Seconds before the second attempt, 0 to 600; they double for each further one.
    #[serde(deserialize_with = "within::<_, _, 0, 600>")]
    #[schemars(range(min = 0, max = 600))]
    pub pause_seconds: u32,
    /// Texts of errors that pass by themselves, besides those of throttling and of broken connections.
    pub errors: Vec<String>,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 3, pause_seconds: 5, errors: Vec::new() }
    }
}

/// A command that runs before or after the work on a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// The program and its arguments; it runs in the folder of this file.
    #[serde(deserialize_with = "words")]
    #[schemars(length(min = 1))]
    pub command: Vec<String>,
    /// Whether it runs before the work on a stack, and stops it by failing, or after the work.
    pub time: HookTime,
    /// For which commands it runs.
    #[serde(default = "apply")]
    pub of: Vec<HookVerb>,
    /// For which stacks it runs, by names or patterns [default: all].
    #[serde(default)]
    pub stacks: Vec<String>,
}

fn words<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    match words.first() {
        Some(program) if !program.is_empty() => Ok(words),
        _ => Err(D::Error::custom("a command without a program: write [\"PROGRAM\", \"ARGUMENT\", ...]")),
    }
}

fn apply() -> Vec<HookVerb> {
    vec![HookVerb::Apply]
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HookTime {
    /// Before the work on a stack.
    Before,
    /// After it, whatever its result.
    After,
}

/// A command of `oleoduto` that hooks belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HookVerb {
    /// `oleoduto plan`.
    Plan,
    /// `oleoduto apply`.
    Apply,
    /// `oleoduto destroy`.
    Destroy,
    /// `oleoduto drift`.
    Drift,
}

impl HookVerb {
    /// The command's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Destroy => "destroy",
            Self::Drift => "drift",
        }
    }
}
