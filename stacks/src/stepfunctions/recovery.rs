//! What the state machine does when a job fails: the function tells a lack of capacity from a fault.

use oleoduto_aws::asl::{Catch, Retry, State, StateMachine, Task, Wait};
use oleoduto_aws::grants::Grant;
use oleoduto_aws::types::FunctionArn;
use oleoduto_cdk::{Expr, Ref};

/// The function of the state machine, as its states call it.
pub(super) struct Function<'a> {
    pub(super) partition: &'a Ref<String>,
    pub(super) arn: &'a Ref<FunctionArn>,
    /// What the machine's role needs for the call.
    pub(super) invoke: Vec<Grant>,
    /// The keys of its answer to a failure.
    pub(super) recovery: &'a [&'a str],
}

impl Function<'_> {
    /// A call with a payload, again if Lambda has a fault.
    pub(super) fn call(&self, payload: Expr) -> Task {
        let errors = [
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException",
        ];
        Task::lambda_invoke(self.partition, self.arn, payload).needs(self.invoke.clone()).retry(Retry::on(&errors, 2, 4))
    }

    /// Add a job's state, and two for its failures: one asks the function, which fails for good or allows another attempt,
    /// and one waits for that. A `Fail` state can't take the first one's place: a redrive would enter it again and fail.
    pub(super) fn with_job(&self, machine: StateMachine, name: &str, job: Task, next: &str) -> StateMachine {
        let (failed, again) = (format!("{name}Failed"), format!("{name}Again"));
        let payload = Expr::object([
            ("state", Expr::from(name)),
            ("failure.$", "$.error".into()),
            ("execution.$", "$$.Execution".into()),
            ("recovery.$", "$.recovery".into()),
        ]);
        let kept: Vec<_> = self.recovery.iter().map(|key| (*key, format!("$.Payload.{key}"))).collect();
        let kept: Vec<_> = kept.iter().map(|(key, path)| (*key, path.as_str())).collect();
        // The name stands for every error of a task but a timeout.
        let job = job.catch(Catch::on(&["States.TaskFailed"], &failed)).next(next);
        machine
            .state(name, State::Task(job))
            .state(&failed, State::Task(self.call(payload).keep(&kept, "$.recovery").next(&again)))
            .state(&again, Wait::seconds_path("$.recovery.wait").next(name))
    }
}
