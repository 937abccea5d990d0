//! The stacks of the pipeline: Ipeadata prices, PySpark on Glue, scikit-learn on SageMaker, Step Functions over all.
//!
//! Each module declares one stack and returns what others may use of it, except `parameters` and `support`; `app` is the
//! architecture in one place.

mod cicd;
mod cost;
mod ecr;
mod glue;
mod iam;
mod kms;
mod lambda;
mod mlflow;
mod monitoring;
pub mod parameters;
mod runbook;
mod s3;
mod stepfunctions;
mod support;

pub use cost::{PriceError, StackCost, cost, stack_costs};
pub use monitoring::Alarm;
pub use runbook::runbook;
pub use support::contract::ContractError;
pub use support::files::FilesError;
pub use support::language::{Language, Text};
pub use support::names::{Names, NamesTooLong};
pub use support::settings::{Settings, StateBucket, StateStore};

use oleoduto_aws::guards::{AllowedRegions, Encryption, PrivateBuckets, RequiredTags};
use oleoduto_cdk::{App, Guard as _};
use parameters::Tags;
use support::contract::Contract;
use support::files::Files;
use support::stack_name::StackName;

/// The stacks that a person applies, never a workflow.
pub const BY_HAND: [&str; 2] = [StackName::Cicd.as_str(), StackName::Kms.as_str()];

/// What a stack is for, in a sentence; none if there is no stack of this name.
pub fn purpose(stack: &str) -> Option<&'static str> {
    StackName::ALL.into_iter().find(|name| name.as_str() == stack).map(StackName::purpose)
}

/// Why there is no app.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A file that a stack ships can't be used.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The stacks and the contract with the Python package differ.
    #[error(transparent)]
    Contract(#[from] ContractError),
}

/// All stacks, in the order in which they use each other.
///
/// # Errors
/// A file that a stack ships can't be used, or a stack does not keep the contract with the Python package.
pub fn app(settings: &Settings) -> Result<App, AppError> {
    let mut app = App::new();
    let contract = Contract::parse()?;
    let files = Files::read(&settings.root, settings.parameters.additional_series.file())?;
    if let Some(text) = &files.lock_file {
        app.lock_file(text.as_str());
    }
    let key = kms::stack(&mut app, settings);
    let key = key.as_ref();
    let s3 = s3::stack(&mut app, settings, &files, key);
    let mut roles = iam::stack(&mut app, settings, &s3);
    let glue = glue::stack(&mut app, settings, &contract, glue::Uses { s3: &s3, key }, &mut roles)?;
    let ecr = ecr::stack(&mut app, settings, &files, key);
    let lambda = lambda::stack(&mut app, settings, &s3, &mut roles, &files, key);
    let tracking = mlflow::stack(&mut app, settings, &contract, &s3, &mut roles);
    let uses = stepfunctions::Uses { s3: &s3, glue: &glue, ecr: &ecr, lambda: &lambda, tracking: tracking.as_ref(), key };
    let pipeline = stepfunctions::stack(&mut app, settings, &contract, &uses, &mut roles)?;
    monitoring::stack(&mut app, settings, &contract, &pipeline, key)?;
    let granted = iam::write(&mut app, roles, &s3);
    cicd::stack(&mut app, settings, &granted);
    guard(&mut app, settings);
    Ok(app)
}

/// What holds for every stack, whoever adds one.
fn guard(app: &mut App, settings: &Settings) {
    app.guard(AllowedRegions::new([settings.region.as_str()]));
    let reason = "CloudWatch can't publish to a topic with AWS's own key, and the messages name alarms only";
    let encryption = Encryption::new();
    match settings.parameters.security.kms_key {
        Some(_) => app.guard(encryption),
        None => app.guard(encryption.except("monitoring/aws_sns_topic.alarms", reason)),
    };
    app.guard(PrivateBuckets::new());
    app.guard(RequiredTags::new(Tags::OWN));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::support::settings::example;

    /// Everything that exists outside of the partition `aws`, too.
    fn everywhere(region: &str) -> Settings {
        example::settings(
            region,
            serde_json::json!({
                "ci": {},
                "schedule": {"expression": "rate(1 day)"},
                "alarms": {"email": "someone@example.org"},
                "monitoring": {"tracing": true},
                "mlflow": {},
                "security": {"kms_key": "create", "access_logs": "logs-of-the-account"},
                "network": {"subnets": ["subnet-01234567"], "security_groups": ["sg-01234567"]},
            }),
        )
    }

    #[test]
    fn names_and_addresses_are_those_of_the_partition() {
        for (region, partition, suffix) in [
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
            ("sa-east-1", "aws", "amazonaws.com"),
        ] {
            let settings = everywhere(region);
            let output = app(&settings).unwrap().synth().unwrap();
            let mut text: String = output.stacks.iter().map(|stack| stack.json.as_str()).collect();
            text.push_str(&runbook(&settings, Language::English));
            let arns = text.split("arn:").skip(1).map(|rest| rest.split(':').next().unwrap());
            let arns: Vec<&str> = arns.filter(|name| !name.contains("aws_partition")).collect();
            assert!(!arns.is_empty() && arns.iter().all(|name| *name == partition), "{region}: {arns:?}");
            // A principal without a region is the same everywhere; what has the region is a part of the partition.
            let hosts: Vec<&str> = text.split(&format!(".{region}.amazonaws")).skip(1).collect();
            assert!(hosts.iter().all(|rest| suffix == "amazonaws.com" || rest.starts_with(".com.cn")), "{region}");
            assert!(suffix != "amazonaws.com" || !text.contains("amazonaws.com.cn"), "{region}");
        }
    }
}
