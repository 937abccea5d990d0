//! The public interface of the crate.

use std::sync::Arc;

use crate::error::RunnerError;
use crate::folder_lock::FolderLock;
use crate::move_resource::ResourcePlace;
use crate::options::{Approval, Options};
use crate::orphans::{self, Orphan};
use crate::output::{self, Outputs};
use crate::report::{RunReport, StackReport};
use crate::select::Selection;
use crate::session::Session;
use crate::show::{ShowOptions, Shown};
use crate::state_lock::LockInfo;
use crate::state_resources::StateResource;
use crate::{
    apply, call, console, destroy, drift, init_stacks, move_resource, move_state, plan, show, state_resources, unlock, validate,
};

/// Runs Terraform over the stacks of an output folder. [`Selection`] says for which of them.
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
    pub async fn init(&self, selection: &Selection) -> Result<RunReport, RunnerError> {
        init_stacks::init(&self.session, selection).await
    }

    /// Plans stacks, producers first. The plans are kept for [`Runner::apply`].
    ///
    /// # Errors
    /// The run can't start or continue. The failure of one stack is in its report instead.
    pub async fn plan(&self, selection: &Selection) -> Result<RunReport, RunnerError> {
        orphans::tell(&self.session).await;
        plan::plan(&self.session, selection).await
    }

    /// Applies stacks, producers first. [`Approval`] says who approves the changes.
    ///
    /// # Errors
    /// Same as [`Runner::plan`]; or changes need approval and nobody can be asked.
    pub async fn apply(&self, selection: &Selection, approval: Approval) -> Result<RunReport, RunnerError> {
        orphans::tell(&self.session).await;
        apply::apply(&self.session, selection, approval).await
    }

    /// Destroys stacks, consumers first.
    ///
    /// # Errors
    /// Same as [`Runner::apply`].
    pub async fn destroy(&self, selection: &Selection, approval: Approval) -> Result<RunReport, RunnerError> {
        orphans::tell(&self.session).await;
        destroy::destroy(&self.session, selection, approval).await
    }

    /// Destroys stacks that left the program: their states are beside those of its stacks, and say what exists.
    ///
    /// # Errors
    /// Same as [`Runner::apply`]; or a provider that a state needs is in no stack.
    pub async fn destroy_orphans(&self, selection: &Selection, approval: Approval) -> Result<RunReport, RunnerError> {
        destroy::destroy_orphans(&self.session, selection, approval).await
    }

    /// The stacks that left the program although their resources still exist.
    ///
    /// # Errors
    /// The states can't be listed or read.
    pub async fn orphans(&self) -> Result<Vec<Orphan>, RunnerError> {
        orphans::find(&self.session).await
    }

    /// Makes the state of a stack that left the program the state of a new one: the stack was renamed.
    ///
    /// # Errors
    /// The one has no state, the other has resources, or a state is locked or can't be read or written.
    pub async fn move_state(&self, old: &str, new: &str) -> Result<StackReport, RunnerError> {
        move_state::move_state(&self.session, old, new).await
    }

    /// Moves a resource from one address to another, also from one stack's state to that of another stack.
    ///
    /// # Errors
    /// Same as [`Runner::move_state`]; or an earlier move of another resource was stopped in the middle.
    pub async fn move_resource(&self, from: &ResourcePlace, to: &ResourcePlace) -> Result<StackReport, RunnerError> {
        move_resource::move_resource(&self.session, from, to).await
    }

    /// Checks the configurations of stacks.
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn validate(&self, selection: &Selection) -> Result<RunReport, RunnerError> {
        validate::validate(&self.session, selection).await
    }

    /// What Terraform says about the states of stacks, or about their saved plans.
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn show(&self, selection: &Selection, options: ShowOptions) -> Result<Shown, RunnerError> {
        show::show(&self.session, selection, options).await
    }

    /// Runs Terraform's console on the terminal of this process, for expressions of a stack, against its state or against a plan.
    /// Returns its exit code; none if it did not start, as the report says, or was interrupted.
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn console(&self, stack: &str, plan: bool) -> Result<(StackReport, Option<i32>), RunnerError> {
        console::console(&self.session, stack, plan).await
    }

    /// Compares the real resources with the states of stacks.
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn drift(&self, selection: &Selection) -> Result<RunReport, RunnerError> {
        orphans::tell(&self.session).await;
        drift::drift(&self.session, selection).await
    }

    /// Runs a command of Terraform in the folder of one stack, and returns its report and what it printed.
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn call(&self, stack: &str, arguments: &[&str]) -> Result<(StackReport, String), RunnerError> {
        call::call(&self.session, stack, arguments).await
    }

    /// The resources in the states of stacks.
    ///
    /// # Errors
    /// A state can't be read.
    pub async fn resources(&self, selection: &Selection) -> Result<Vec<StateResource>, RunnerError> {
        state_resources::resources(&self.session, selection).await
    }

    /// Reads the outputs of stacks.
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn outputs(&self, selection: &Selection) -> Result<Outputs, RunnerError> {
        output::outputs(&self.session, selection).await
    }

    /// Reads the locks on the states of stacks.
    ///
    /// # Errors
    /// A lock can't be read.
    pub async fn locks(&self, selection: &Selection) -> Result<Vec<(String, LockInfo)>, RunnerError> {
        unlock::locks(&self.session, selection).await
    }

    /// Frees the lock on the state of a stack (`terraform force-unlock`).
    ///
    /// # Errors
    /// Same as [`Runner::plan`].
    pub async fn unlock(&self, name: &str, info: &LockInfo) -> Result<StackReport, RunnerError> {
        unlock::unlock(&self.session, name, info).await
    }
}
