//! Amazon Resource Names.

use oleoduto_cdk::Widen;

use super::string_like::string_like;

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, of any service.
fn check_any(literal: &str) -> Result<(), String> {
    let parts: Vec<_> = literal.splitn(6, ':').collect();
    let well_formed = parts.len() == 6
        && parts[0] == "arn"
        && parts[1].starts_with("aws")
        && !parts[2].is_empty()
        && !parts[5].is_empty()
        && (parts[4].is_empty() || parts[4] == "aws" || (parts[4].len() == 12 && parts[4].chars().all(|c| c.is_ascii_digit())));
    if well_formed {
        Ok(())
    } else {
        Err(format!("`{literal}` is not an ARN of the form arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE"))
    }
}

fn check(literal: &str, service: &str, resource: &str) -> Result<(), String> {
    let parts: Vec<_> = literal.splitn(6, ':').collect();
    let fits =
        check_any(literal).is_ok() && parts[2] == service && parts[5].len() > resource.len() && parts[5].starts_with(resource);
    if fits {
        Ok(())
    } else {
        Err(format!("`{literal}` is not an ARN of the form arn:PARTITION:{service}:REGION:ACCOUNT:{resource}NAME"))
    }
}

string_like!(
    /// The ARN of anything. A more exact one becomes it by [`oleoduto_cdk::Ref::widen`].
    Arn,
    check_any
);

macro_rules! arns {
    ($($(#[$doc:meta])* $name:ident = $service:literal, $resource:literal;)+) => {$(
        string_like!(
            $(#[$doc])*
            $name,
            |literal| check(literal, $service, $resource)
        );

        impl Widen<Arn> for $name {}
    )+};
}

arns! {
    /// The ARN of an S3 bucket.
    BucketArn = "s3", "";
    /// The ARN of a Lambda function.
    FunctionArn = "lambda", "function:";
    /// The ARN of a CloudWatch log group.
    LogGroupArn = "logs", "log-group:";
    /// The ARN of an IAM policy.
    PolicyArn = "iam", "policy/";
    /// The ARN of an SQS queue.
    QueueArn = "sqs", "";
    /// The ARN of an IAM role.
    RoleArn = "iam", "role/";
    /// The ARN of a Step Functions state machine.
    StateMachineArn = "states", "stateMachine:";
}

#[cfg(test)]
mod tests {
    use super::*;
    use oleoduto_cdk::StringLike;

    #[test]
    fn an_arn_of_another_service_is_refused() {
        assert!(RoleArn::check("arn:aws:iam::123456789012:role/x").is_ok());
        assert!(RoleArn::check("arn:aws:iam::123456789012:role/").is_err());
        assert!(RoleArn::check("arn:aws:s3:::bucket").is_err());
        assert!(BucketArn::check("arn:aws-us-gov:s3:::bucket").is_ok());
        assert!(PolicyArn::check("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess").is_ok());
    }

    #[test]
    fn what_is_not_an_arn_is_refused() {
        for bad in ["role", "arn:aws:iam", "arn:aws:iam::12:role/x", "urn:aws:iam::123456789012:role/x"] {
            assert!(Arn::check(bad).is_err(), "{bad}");
        }
    }
}
