//! Plans as files, for an approval elsewhere: the options of `plan` and `apply`, and what is shown of them.

use std::path::PathBuf;
use std::sync::Arc;

use oleoduto_runner::{Approval, ApprovedPlans, RunReport};

use crate::approval::approval;

/// What `plan` writes for an approval.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Record {
    /// Write what is planned to this file, for `apply --approved`; sensitive values only as digests
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// A value for a variable of Terraform that is known only at the apply; the plan says so
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable, requires = "record")]
    pub(crate) assume: Vec<(String, String)>,
}

/// Who approves what `apply` does.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Approved {
    /// Apply without asking
    #[arg(short, long, visible_alias = "auto-approve")]
    yes: bool,
    /// Plan again, and apply only if the plans are those that `plan --record` wrote to this file
    ///
    /// Values that were assumed for outputs of other stacks may have become real. Any other difference is shown, and nothing of
    /// that stack is applied.
    #[arg(long, value_name = "FILE", conflicts_with = "yes")]
    approved: Option<PathBuf>,
}

impl Approved {
    pub(crate) fn approval(&self, json: bool) -> anyhow::Result<Approval> {
        match &self.approved {
            Some(path) => Ok(Approval::Plans(Arc::new(ApprovedPlans::read(path)?))),
            None => Ok(approval(self.yes, json, "perform these actions")),
        }
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// The digest of each stack's plan in the file.
pub(crate) fn show(report: &RunReport) {
    for stack in &report.stacks {
        let Some(digest) = &stack.digest else { continue };
        outln!("plan of {}: sha256:{digest}", stack.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_a_name_and_a_value() {
        assert_eq!(variable("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(variable("a=").is_err() && variable("=b").is_err() && variable("a").is_err());
    }
}
