//! Queues and topics.

use oleoduto_cdk::{Expr, Val};

use super::grant::Grant;
use crate::types::{Arn, QueueArn};

/// A queue of SQS.
#[derive(Clone, Debug)]
pub struct Queue {
    arn: Expr,
}

impl Queue {
    /// The queue with an ARN.
    pub fn new(arn: impl Into<Val<QueueArn>>) -> Self {
        Self { arn: arn.into().into_expr() }
    }

    /// Send messages.
    pub fn send(&self) -> Grant {
        Grant::new("SendMessages", "sqs", "GetQueueAttributes GetQueueUrl SendMessage").on(self.arn.clone())
    }

    /// Put what could not be delivered elsewhere, as schedules do.
    pub fn bury(&self) -> Grant {
        Grant::new("BuryMessages", "sqs", "SendMessage").on(self.arn.clone())
    }

    /// Receive and delete messages.
    pub fn consume(&self) -> Grant {
        let actions = "ChangeMessageVisibility DeleteMessage GetQueueAttributes GetQueueUrl ReceiveMessage";
        Grant::new("ConsumeMessages", "sqs", actions).on(self.arn.clone())
    }
}

/// A topic of SNS.
#[derive(Clone, Debug)]
pub struct Topic {
    arn: Expr,
}

impl Topic {
    /// The topic with an ARN.
    pub fn new(arn: impl Into<Val<Arn>>) -> Self {
        Self { arn: arn.into().into_expr() }
    }

    /// Publish messages.
    pub fn publish(&self) -> Grant {
        Grant::new("Publish", "sns", "Publish").on(self.arn.clone())
    }
}
