//! The plans that are kept in the output folder for `apply`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::approved::{ApprovedPlan, VARIABLE};
use crate::error::Result;
use crate::files;
use crate::fingerprint::Fingerprint;
use crate::options::{Options, Planning};
use crate::report::Assumed;
use crate::state::StateId;

/// What is kept beside a plan file, to tell whether the plan can still be applied and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedPlan {
    pub(crate) scope: String,
    /// Of what the plan saw, assumed values included.
    #[serde(rename = "inputs")]
    pub(crate) fingerprint: Fingerprint,
    pub(crate) state: StateId,
    pub(crate) assumed: Vec<Assumed>,
    /// What was planned, other than everything.
    #[serde(default)]
    pub(crate) planning: Planning,
    /// The planned changes, if they were looked at; they are in the plan file too.
    pub(crate) changes: Option<ApprovedPlan>,
}

impl SavedPlan {
    /// The saved plan of a stack, if it has this scope and is about what the run is about.
    pub(crate) fn read(options: &Options, stack: &str) -> Option<Self> {
        let saved: Self = files::read_json(&description(options, stack))?;
        let wanted = options.planning == Planning::default() || options.planning == saved.planning;
        (saved.scope == options.scope && wanted && plan_file(options, stack).is_file()).then_some(saved)
    }

    pub(crate) fn write(&self, options: &Options, stack: &str) -> Result<()> {
        files::write_json(&description(options, stack), self)
    }

    /// Why it can't be applied; none if it can. Values that were assumed may have become real.
    pub(crate) fn stale(&self, fingerprint: &Fingerprint, state: &StateId) -> Option<String> {
        if let Some(variable) = self.assumed.iter().find(|assumed| assumed.stack == VARIABLE) {
            return Some(format!("it was planned with an assumed value of `{VARIABLE}.{}`", variable.output));
        }
        if let Some(difference) = fingerprint.difference(&self.fingerprint) {
            let assumed = !self.assumed.is_empty() && fingerprint.own_difference(&self.fingerprint).is_none();
            let since = if assumed { "from what was assumed" } else { "after the plan" };
            return Some(format!("{difference} {since}"));
        }
        (state != &self.state)
            .then(|| format!("its state changed after the plan (serial {} to {})", self.state.serial, state.serial))
    }
}

/// The plan file of a stack, in a new or existing folder that only the user can read: plans can contain secrets.
pub(crate) fn prepare(options: &Options, stack: &str) -> Result<PathBuf> {
    remove(options, stack)?;
    placed(&plan_file(options, stack))
}

/// A file in the same folder for a plan that is looked at and not kept.
pub(crate) fn scratch(options: &Options, stack: &str) -> Result<PathBuf> {
    placed(&plan_file(options, stack).with_extension("scratch.tfplan"))
}

/// The absolute path of a file, in a folder that only the user can read.
fn placed(file: &Path) -> Result<PathBuf> {
    files::create_private_folder(file.parent().unwrap_or(file))?;
    files::absolute(file)
}

/// Removes the saved plan of a stack.
pub(crate) fn remove(options: &Options, stack: &str) -> Result<()> {
    files::remove_file(&description(options, stack))?;
    files::remove_file(&plan_file(options, stack))
}

pub(crate) fn plan_file(options: &Options, stack: &str) -> PathBuf {
    options.out.join("plans").join(format!("{stack}.tfplan"))
}

fn description(options: &Options, stack: &str) -> PathBuf {
    options.out.join("plans").join(format!("{stack}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_is_only_looked_at_leaves_the_saved_one() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::new(folder.path().to_owned(), "s".to_owned(), folder.path().to_owned());
        let saved = prepare(&options, "a").unwrap();
        std::fs::write(&saved, "x").unwrap();
        let looked_at = scratch(&options, "a").unwrap();
        std::fs::write(&looked_at, "y").unwrap();
        assert_eq!(std::fs::read_to_string(&saved).unwrap(), "x");
    }
}
