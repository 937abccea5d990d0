//! The plans that people approved, as a file: `plan` writes it, and `apply` does what is in it or nothing.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::differences::{Replaced, differences};
use crate::error::{Result, RunnerError};
use crate::files;
use crate::planned_changes::PlannedChanges;
use crate::report::Assumed;

/// The version of the file's format.
const VERSION: u32 = 1;
/// In the place of a producer: the assumed value of a variable of Terraform.
pub(crate) const VARIABLE: &str = "var";

/// The plans of stacks: what each changes, and which values were assumed for it.
///
/// Values that Terraform calls sensitive are in it as digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedPlans {
    version: u32,
    /// The owner of the stacks.
    scope: String,
    stacks: BTreeMap<String, ApprovedPlan>,
}

/// The plan of one stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovedPlan {
    /// The digest of the changes.
    pub(crate) digest: String,
    assumed: Vec<Assumed>,
    changes: PlannedChanges,
}

impl ApprovedPlan {
    pub(crate) fn new(changes: PlannedChanges, assumed: Vec<Assumed>) -> Self {
        Self { digest: changes.digest(), assumed, changes }
    }

    /// The differences of a new plan in words. `real` says which values the assumed ones became.
    pub(crate) fn differences(&self, now: &PlannedChanges, real: impl Fn(&Assumed) -> Option<Json>) -> Vec<String> {
        // Values from a plan are not in the file, and are the same after its apply.
        let known = |assumed: &Assumed| Some(Replaced { assumed: assumed.value.clone()?, real: real(assumed)? });
        let mut replaced: Vec<_> = self.assumed.iter().filter_map(known).collect();
        // A long value can contain a short one.
        replaced.sort_by_key(|value| std::cmp::Reverse(value.assumed.len()));
        differences(&self.changes, now, &replaced)
    }
}

impl ApprovedPlans {
    pub(crate) fn new(scope: &str, stacks: BTreeMap<String, ApprovedPlan>) -> Self {
        Self { version: VERSION, scope: scope.to_owned(), stacks }
    }

    /// Reads a file that `plan` wrote.
    ///
    /// # Errors
    /// It can't be read, has another format, or its digests are not those of its changes.
    pub fn read(path: &Path) -> Result<Self, RunnerError> {
        let wrong = |why: String| RunnerError::Format {
            what: format!("the approved plans in `{}`", path.display()),
            why: format!("{why}; write them again with `plan --record` and have them approved"),
        };
        let text = std::fs::read(path).map_err(RunnerError::file("read", path))?;
        let plans: Self = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        if plans.version != VERSION {
            return Err(wrong(format!("they have version {}, and this program reads version {VERSION}", plans.version)));
        }
        match plans.stacks.iter().find(|(_, plan)| plan.changes.digest() != plan.digest) {
            Some((name, _)) => Err(wrong(format!("the digest of `{name}` is not that of its changes"))),
            None => Ok(plans),
        }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        files::write_json(path, self)
    }

    /// Fails if they are of another scope, or lack a stack.
    pub(crate) fn cover<'a>(&self, scope: &str, mut stacks: impl Iterator<Item = &'a str>) -> Result<()> {
        let what = || "the approved plans".to_owned();
        if self.scope != scope {
            return Err(RunnerError::Format { what: what(), why: format!("they are of `{}`, not of `{scope}`", self.scope) });
        }
        match stacks.find(|name| !self.stacks.contains_key(*name)) {
            Some(name) => {
                let why = format!("they have none of the stack `{name}`: plan it with `plan --record` and have it approved");
                Err(RunnerError::Format { what: what(), why })
            }
            None => Ok(()),
        }
    }

    pub(crate) fn of(&self, stack: &str) -> Option<&ApprovedPlan> {
        self.stacks.get(stack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plans() -> ApprovedPlans {
        let shown = json!({"resource_changes": [
            {"address": "a.b", "mode": "managed", "change": {"actions": ["create"], "before": null, "after": {"x": 1.5, "a": "é"}}}
        ]});
        let plan = ApprovedPlan::new(PlannedChanges::of(&shown), Vec::new());
        ApprovedPlans::new("p/dev/s", BTreeMap::from([("one".to_owned(), plan), ("two".to_owned(), empty())]))
    }

    fn empty() -> ApprovedPlan {
        ApprovedPlan::new(PlannedChanges::default(), Vec::new())
    }

    #[test]
    fn a_file_says_what_was_written_into_it_and_no_changed_one_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("approved.json");
        plans().write(&path).unwrap();
        assert_eq!(ApprovedPlans::read(&path).unwrap(), plans());
        let text = std::fs::read_to_string(&path).unwrap();
        for (from, to, why) in
            [("1.5", "2.5", "the digest of `one`"), ("\"version\": 1", "\"version\": 9", "version 9"), ("{", "", "line 2")]
        {
            std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
            let error = ApprovedPlans::read(&path).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("plan --record"), "{error}");
        }
        assert!(ApprovedPlans::read(&folder.path().join("none")).is_err());
    }

    #[test]
    fn another_scope_and_a_stack_that_nobody_saw_are_refused() {
        assert!(plans().cover("p/dev/s", ["one", "two"].into_iter()).is_ok());
        let error = plans().cover("p/prod/s", [].into_iter()).unwrap_err().to_string();
        assert!(error.contains("`p/dev/s`, not of `p/prod/s`"), "{error}");
        let error = plans().cover("p/dev/s", ["one", "three"].into_iter()).unwrap_err().to_string();
        assert!(error.contains("none of the stack `three`"), "{error}");
    }
}
