//! Amazon States Language (JSONPath mode): state machines that are checked before Terraform starts.
//!
//! A [`StateMachine`] is a [`Flow`] of states with a timeout. Paths and intrinsic functions are plain text, as in the
//! language itself; [`StateMachine::mistakes`] checks them, and everything else that AWS would only refuse at apply or
//! fail on at run time. The value of a reference is not known at synth and not checked.
//!
//! ```
//! use oleoduto_aws::asl::{Choice, Condition, Order, State, StateMachine, Wait};
//!
//! let ready = Condition::string("$.status", Order::Equals, "READY");
//! let machine = StateMachine::new("Wait for a file", 3600)
//!     .state("Ready", Choice::new().when(ready, "Done").otherwise("Later"))
//!     .state("Later", Wait::seconds(60).next("Redy"))
//!     .state("Done", State::Succeed);
//! assert_eq!(machine.mistakes(), ["state `Later` goes to `Redy`, which does not exist; did you mean `Ready`?"]);
//! ```

mod check;
mod choice;
mod common;
mod cursor;
mod fail;
mod flow;
mod integrations;
mod intrinsic;
mod job_grants;
mod limits;
mod machine;
mod pass;
mod path;
mod portion;
mod protection;
mod retry;
mod sagemaker;
mod setters;
mod spot;
mod task;
mod template;
mod timestamp;
mod wait;

pub use choice::{Choice, Condition, DataType, Order};
pub use fail::Fail;
pub use flow::{Flow, Map, Parallel, State};
pub use machine::StateMachine;
pub use pass::Pass;
pub use protection::{JobKey, JobProtection};
pub use retry::{Catch, Retry};
pub use sagemaker::{ProcessingChannel, ProcessingJob, TrainingChannel, TrainingJob};
pub use task::Task;
pub use wait::Wait;
