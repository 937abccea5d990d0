//! Task states.

use oleoduto_cdk::{Expr, Ref, text};

use super::common::{Common, Handling, data_methods, handling_methods, next_method};
use super::limits::{self, MAX_SECONDS};
use super::path::{self, Kind};
use super::setters::setters;
use super::{integrations, template};
use crate::grants::Grant;
use crate::types::{FunctionArn, GlueJobName};

/// Work done by another service.
#[derive(Clone, Debug)]
pub struct Task {
    resource: Expr,
    /// `service:api.pattern`, if the resource is a service integration.
    integration: Option<String>,
    parameters: Expr,
    timeout: Option<Limit>,
    heartbeat: Option<Limit>,
    /// What the machine's role needs for the call.
    needs: Vec<Grant>,
    pub(super) common: Common,
    pub(super) handling: Handling,
}

data_methods!(Task);
next_method!(Task);
handling_methods!(Task);

/// A number of seconds, known now or at run time.
#[derive(Clone, Debug)]
enum Limit {
    Seconds(i64),
    Path(String),
}

impl Limit {
    fn document(&self, key: &'static str, path_key: &'static str) -> (&'static str, Expr) {
        match self {
            Self::Seconds(seconds) => (key, (*seconds).into()),
            Self::Path(path) => (path_key, path.as_str().into()),
        }
    }

    fn check(&self, key: &str, mistakes: &mut Vec<String>) {
        match self {
            Self::Seconds(seconds) => limits::check(key, *seconds, 1..=MAX_SECONDS, mistakes),
            Self::Path(text) => path::check_field(&format!("{key}Path"), text, Kind::Reference, mistakes),
        }
    }
}

impl Task {
    /// A call of a service: `service:api`, with `.sync` to wait for the job's end or `.waitForTaskToken` to wait for an
    /// answer, such as `sns:publish` or `states:startExecution.sync:2`. Its name, pattern and parameters are checked
    /// against the integrations that AWS documents; of `aws-sdk:service:action` only the form is checked.
    ///
    /// A parameter's name may end in `.$`: then it holds a path or an intrinsic function.
    pub fn integration(partition: &Ref<String>, integration: &str, parameters: Expr) -> Self {
        let resource = text!["arn:", partition, format!(":states:::{integration}")];
        Self { integration: Some(integration.to_owned()), ..Self::resource(resource, parameters) }
    }

    /// The escape hatch: any resource by its ARN, such as an activity. Parameters are only checked as a template.
    pub fn resource(arn: impl Into<Expr>, parameters: Expr) -> Self {
        Self {
            resource: arn.into(),
            integration: None,
            parameters,
            timeout: None,
            heartbeat: None,
            needs: Vec::new(),
            common: Common::default(),
            handling: Handling::default(),
        }
    }

    /// Invoke a function and wait for its answer.
    pub fn lambda_invoke(partition: &Ref<String>, function: &Ref<FunctionArn>, payload: Expr) -> Self {
        Self::integration(
            partition,
            "lambda:invoke",
            Expr::object([("FunctionName", Expr::from(function)), ("Payload", payload)]),
        )
    }

    /// Run a Glue job and wait for its end. Arguments are pairs of a name and a path or an intrinsic function.
    pub fn glue_job(partition: &Ref<String>, job: &Ref<GlueJobName>, arguments: &[(&str, &str)]) -> Self {
        let arguments = Expr::object(arguments.iter().map(|(key, path)| (format!("{key}.$"), Expr::from(*path))));
        let parameters = Expr::object([("JobName", Expr::from(job)), ("Arguments", arguments)]);
        Self::integration(partition, "glue:startJobRun.sync", parameters)
    }

    setters! {
        /// Fail with `States.Timeout` after so many seconds: 1 to 99 999 999.
        timeout_seconds(seconds: i64) => timeout = Some(Limit::Seconds(seconds));
        /// Fail with `States.Timeout` after the number of seconds at a path.
        timeout_seconds_path(path: &str) => timeout = Some(Limit::Path(path.to_owned()));
        /// Fail with `States.HeartbeatTimeout` when the worker is silent for so many seconds, fewer than the timeout.
        heartbeat_seconds(seconds: i64) => heartbeat = Some(Limit::Seconds(seconds));
        /// Fail with `States.HeartbeatTimeout` when the worker is silent for the number of seconds at a path.
        heartbeat_seconds_path(path: &str) => heartbeat = Some(Limit::Path(path.to_owned()));
    }

    /// What the machine's role needs for the call; call again for more. [`super::StateMachine::grants`] returns it.
    #[must_use]
    pub fn needs(mut self, grants: impl IntoIterator<Item = Grant>) -> Self {
        self.needs.extend(grants);
        self
    }

    /// What the machine's role needs for the call; a task that names nothing is a mistake, reported at synth.
    pub(super) fn grants(&self, state: &str) -> Vec<Grant> {
        if !self.needs.is_empty() {
            return self.needs.clone();
        }
        let call = self.integration.as_deref().unwrap_or("a resource");
        let reason = format!("state `{state}` calls {call} and names no permission for it: add it with `Task::needs`");
        vec![Grant::unknown("Unknown", "states", "StartExecution", reason)]
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        self.common.check(mistakes);
        if let Some(integration) = &self.integration {
            integrations::check(integration, &self.parameters, mistakes);
        }
        template::check("Parameters", &self.parameters, mistakes);
        if let Some(limit) = &self.timeout {
            limit.check("TimeoutSeconds", mistakes);
        }
        if let Some(limit) = &self.heartbeat {
            limit.check("HeartbeatSeconds", mistakes);
        }
        if let (Some(Limit::Seconds(timeout)), Some(Limit::Seconds(heartbeat))) = (&self.timeout, &self.heartbeat)
            && heartbeat >= timeout
        {
            mistakes.push(format!("HeartbeatSeconds ({heartbeat}) is not less than TimeoutSeconds ({timeout})"));
        }
        self.handling.check(mistakes);
    }

    pub(super) fn document(&self) -> Expr {
        let mut pairs = self.common.head("Task");
        pairs.extend([("Resource", self.resource.clone()), ("Parameters", self.parameters.clone())]);
        pairs.extend(self.timeout.as_ref().map(|limit| limit.document("TimeoutSeconds", "TimeoutSecondsPath")));
        pairs.extend(self.heartbeat.as_ref().map(|limit| limit.document("HeartbeatSeconds", "HeartbeatSecondsPath")));
        pairs.extend(self.handling.pairs());
        self.common.tail(pairs)
    }
}
