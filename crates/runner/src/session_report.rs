//! How a session reports the work on a stack.

use crate::ended::Ended;
use crate::report::{self, Cost, Outcome, StackReport};
use crate::session::Session;

impl Session {
    /// The report of a stack whose work starts now.
    pub(crate) fn begin(&self, name: &str, what: &str, result: Outcome) -> StackReport {
        self.options.observer.started(name, what);
        StackReport { started: Some(report::now()), ..StackReport::new(name, result) }
    }

    /// What the program says that a stack costs.
    pub(crate) fn cost(&self, name: &str) -> Vec<Cost> {
        self.options.costs.get(name).cloned().unwrap_or_default()
    }

    /// The result of a stack that could not continue.
    pub(crate) fn failure(&self) -> Outcome {
        if self.is_interrupted() { Outcome::Interrupted } else { Outcome::Failed }
    }

    /// Puts the failure of a Terraform call into the report of its stack.
    pub(crate) fn explain(&self, report: &mut StackReport, ended: &Ended) {
        report.result = self.failure();
        if ended.is_locked() {
            let command = (self.options.unlock_command)(&report.name);
            report.reason = Some(format!("another run holds its state lock: wait until it ends, or see `{command}`"));
        } else if self.is_interrupted() {
            report.reason = Some("interrupted; its state contains what was done so far".to_owned());
        } else if ended.code.is_none() {
            report.reason = Some("Terraform was killed; the next apply continues from its state".to_owned());
        }
    }
}
