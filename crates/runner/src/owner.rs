//! Whose an output folder is.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Result, RunnerError};
use crate::files;

/// The file in the output folder that says it.
const FILE: &str = "owner.json";

/// Whose an output folder is: a folder of another environment, account or region has other resources under the same names of
/// stacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputOwner {
    /// The owner of the stacks, such as `project/environment/series`.
    pub scope: String,
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
}

impl OutputOwner {
    /// Writes it into an output folder.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write(&self, out: &Path) -> Result<(), RunnerError> {
        files::write_json(&out.join(FILE), self)
    }

    /// Checks that an output folder has this owner.
    ///
    /// # Errors
    /// It has another one, or none that can be read.
    pub fn check(&self, out: &Path) -> Result<(), RunnerError> {
        let wrong = |why: String| RunnerError::Format {
            what: format!("the output folder `{}`", out.display()),
            why: format!("{why}; synthesize again, or choose the folder of this environment with --out"),
        };
        let found: Self = files::read_json(&out.join(FILE)).ok_or_else(|| wrong(format!("it has no readable {FILE}")))?;
        let rows = [
            ("stacks", &found.scope, &self.scope),
            ("account", &found.account, &self.account),
            ("region", &found.region, &self.region),
        ];
        match rows.into_iter().find(|(_, found, wanted)| found != wanted) {
            Some((what, found, wanted)) => Err(wrong(format!("it was synthesized for the {what} `{found}`, not `{wanted}`"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_environment_account_or_region_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let owner = |scope: &str, account: &str, region: &str| OutputOwner {
            scope: scope.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
        };
        let dev = owner("p/dev/s", "123456789012", "sa-east-1");
        let error = dev.check(folder.path()).unwrap_err().to_string();
        assert!(error.contains("no readable owner.json"), "{error}");
        dev.write(folder.path()).unwrap();
        dev.check(folder.path()).unwrap();
        for (other, word) in [
            (owner("p/prod/s", "123456789012", "sa-east-1"), "`p/dev/s`, not `p/prod/s`"),
            (owner("p/dev/s", "999999999999", "sa-east-1"), "account `123456789012`"),
            (owner("p/dev/s", "123456789012", "us-east-1"), "region `sa-east-1`"),
        ] {
            let error = other.check(folder.path()).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("--out"), "{error}");
        }
    }
}
