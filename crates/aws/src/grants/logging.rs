//! Log groups, their delivery, and metrics.

use oleoduto_cdk::{Expr, Val};

use super::grant::Grant;
use super::pattern::followed_by;
use crate::types::LogGroupArn;

/// A log group of CloudWatch, or several by a pattern.
#[derive(Clone, Debug)]
pub struct LogGroup {
    arn: Expr,
}

impl LogGroup {
    /// The log group with an ARN, without `:*` at its end.
    pub fn new(arn: impl Into<Val<LogGroupArn>>) -> Self {
        Self { arn: arn.into().into_expr() }
    }

    /// Write to a group that exists.
    pub fn write(&self) -> Grant {
        // The group is no resource of these: its streams are.
        Grant::new("WriteLogs", "logs", "CreateLogStream PutLogEvents").on(followed_by(&self.arn, ":log-stream:*"))
    }

    /// Write to a group that the writer creates, as jobs of Glue do.
    pub fn create(&self) -> Grant {
        self.on("CreateLogs", "CreateLogGroup CreateLogStream PutLogEvents")
    }

    /// Write to a group that the writer creates, after a look at its streams, as jobs of SageMaker do.
    pub fn create_after_look(&self) -> Grant {
        self.on("CreateLogs", "CreateLogGroup CreateLogStream DescribeLogStreams PutLogEvents")
    }

    fn on(&self, sid: &str, actions: &str) -> Grant {
        Grant::new(sid, "logs", actions).on(self.arn.clone()).on(followed_by(&self.arn, ":log-stream:*"))
    }
}

/// A namespace of CloudWatch metrics.
#[derive(Clone, Debug)]
pub struct Metrics {
    namespace: Expr,
}

impl Metrics {
    /// The namespace with a name.
    pub fn of(namespace: impl Into<Expr>) -> Self {
        Self { namespace: namespace.into() }
    }

    /// Write metrics.
    pub fn put(&self) -> Grant {
        Grant::new("PutMetrics", "cloudwatch", "PutMetricData")
            .on_any_because("PutMetricData knows no resources; the namespace is the limit")
            .when("StringEquals", "cloudwatch:namespace", self.namespace.clone())
    }
}

/// Have a service deliver logs to a log group, as state machines do.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html>.
pub fn deliver_logs() -> Grant {
    let actions = "CreateLogDelivery DeleteLogDelivery DescribeLogGroups DescribeResourcePolicies GetLogDelivery \
                   ListLogDeliveries PutResourcePolicy UpdateLogDelivery";
    Grant::new("DeliverLogs", "logs", actions).on_any_because("the log delivery API of CloudWatch knows no resources")
}

/// Send traces to X-Ray, as functions do.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>.
pub fn trace() -> Grant {
    Grant::new("Trace", "xray", "PutTelemetryRecords PutTraceSegments").on_any_because(UNNAMED_TRACES)
}

/// Send traces to X-Ray, and ask which ones, as state machines do.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html>.
pub fn trace_and_sample() -> Grant {
    let actions = "GetSamplingRules GetSamplingTargets PutTelemetryRecords PutTraceSegments";
    Grant::new("Trace", "xray", actions).on_any_because(UNNAMED_TRACES)
}

const UNNAMED_TRACES: &str = "traces are no resources of X-Ray";
