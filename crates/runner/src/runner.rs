//! The public interface of the crate.

use std::sync::Arc;

use crate::error::RunnerError;
use crate::folder_lock::FolderLock;
use crate::options::{Approval, Options};
use crate::output::{self, Outputs};
use crate::report::{RunReport, StackReport};
use crate::session::Session;
use crate::state_lock::LockInfo;
use crate::{apply, destroy, drift, init, plan, unlock};

/// Runs Terraform over the stacks of an output folder. Stacks are selected by names or globs; an empty list selects all.
#[derive(Clone)]
pub struct Runner {
    session: Arc<Session>,
}

impl Runner {
    /// Reads an output folder.
    ///
    /// # Errors
    /// The output is not complete, or the configuration of a stack can't be read.
    pub fn open(options: Options, folder_lock: FolderLock) -> Result<Self, RunnerError> {
        Ok(Self { session: Arc::new(Session::open(options, folder_lock)?) })
    }

    /// Interrupts the run. After the first call, no more work starts, and Terraform finishes its present actions and saves
    /// its state. After the second call, Terraform stops at once.
    pub fn interrupt(&self) {
        self.session.interrupt();
    }

    /// Initializes the folders of stacks.
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn init(&self, patterns: &[String]) -> Result<RunReport, RunnerError> {
        init::init(&self.session, patterns).await
    }

    /// Plans stacks, producers first. The plans are kept for [`Runner::apply`].
    ///
    /// # Errors
    /// The run can't start or continue. The failure of one stack is in its report instead.
    pub async fn plan(&self, patterns: &[String]) -> Result<RunReport, RunnerError> {
        plan::plan(&self.session, patterns).await
    }

    /// Applies stacks, producers first. [`Approval`] says who approves the changes.
    ///
    /// # Errors
    /// Same as [`Runner::plan`]; or changes need approval and nobody can be asked.
    pub async fn apply(&self, patterns: &[String], approval: Approval) -> Result<RunReport, RunnerError> {
        apply::apply(&self.session, patterns, approval).await
    }

    /// Destroys stacks, consumers first.
    ///
    /// # Errors
    /// Same as [`Runner::apply`].
    pub async fn destroy(&self, patterns: &[String], approval: Approval) -> Result<RunReport, RunnerError> {
        destroy::destroy(&self.session, patterns, approval).await
    }

    /// Compares the real resources with the states of stacks.
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn drift(&self, patterns: &[String]) -> Result<RunReport, RunnerError> {
        drift::drift(&self.session, patterns).await
    }

    /// Reads the outputs of stacks.
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn outputs(&self, patterns: &[String]) -> Result<Outputs, RunnerError> {
        output::outputs(&self.session, patterns).await
    }

    /// Reads the locks on the states of stacks.
    ///
    /// # Errors
    /// A lock can't be read.
    pub async fn locks(&self, patterns: &[String]) -> Result<Vec<(String, LockInfo)>, RunnerError> {
        unlock::locks(&self.session, patterns).await
    }

    /// Frees the lock on the state of a stack (`terraform force-unlock`).
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn unlock(&self, name: &str, info: &LockInfo) -> Result<StackReport, RunnerError> {
        unlock::unlock(&self.session, name, info).await
    }
}
