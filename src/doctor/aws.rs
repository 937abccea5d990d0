//! What AWS says: who we are, whether the clocks agree, whether the region is on, the state bucket, quotas.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

use super::Finding;
use crate::account;
use crate::backend::{Target, inspect};
use crate::config::Config;

/// Signed requests are refused beyond five minutes.
const SKEW_FAILURE: i64 = 300;
const SKEW_WARNING: i64 = 60;

pub(crate) async fn all(config: &Config, terraform: String) -> Vec<Finding> {
    let out = config.root().join(crate::OUT);
    let settings = match config.settings(&out).await {
        Ok(settings) => settings,
        Err(error) => return vec![Finding::warning("environment", format!("{error:#}"), "see the message")],
    };
    let caller = match account::ask(&settings.region, None).await {
        Ok(caller) => caller,
        Err(error) => {
            return vec![Finding::warning("credentials", format!("{error:#}"), "log in; without AWS everything local works")];
        }
    };
    let mut findings = Vec::new();
    findings.push(match caller.account == settings.account {
        true => Finding::ok("credentials", format!("{} ({})", caller.account, caller.arn)),
        false => Finding::failure(
            "credentials",
            format!("account {} ({}), but the environment is {}", caller.account, caller.arn, settings.account),
            "choose another --env, or another AWS_PROFILE",
        ),
    });
    let sdk = sdk(&settings.region).await;
    let (clock, region, quotas) =
        tokio::join!(clock(&sdk), region(&sdk), quotas(&sdk, settings.parameters.sizes.training_instance.as_str()));
    findings.extend([clock, region]);
    findings.extend(quotas);
    findings.push(state_bucket(config, terraform).await);
    findings
}

async fn sdk(region: &str) -> SdkConfig {
    let patience = Duration::from_secs(15);
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_timeout(patience).build();
    aws_config::defaults(BehaviorVersion::latest()).region(Region::new(region.to_owned())).timeout_config(timeouts).load().await
}

/// Compare our clock with the Date of an answer; S3 answers everybody, with whatever status.
async fn clock(sdk: &SdkConfig) -> Finding {
    const WHAT: &str = "clock";
    let answer = aws_sdk_s3::Client::new(sdk).list_buckets().max_buckets(1).send().await;
    let date = match &answer {
        Ok(_) => return Finding::ok(WHAT, "signed requests are accepted"),
        Err(error) => error.raw_response().and_then(|response| response.headers().get("date").map(str::to_owned)),
    };
    let parsed = date.as_deref().and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    match parsed {
        Some(theirs) => skew(jiff::Timestamp::now().as_second() - theirs.timestamp().as_second()),
        None => Finding::warning(WHAT, "S3 did not say its time", "check the clock of this machine"),
    }
}

fn skew(seconds: i64) -> Finding {
    let found = format!("{seconds} s from AWS's");
    match seconds.abs() {
        off if off > SKEW_FAILURE => {
            Finding::failure("clock", found, "set the clock (NTP): AWS refuses requests beyond five minutes")
        }
        off if off > SKEW_WARNING => Finding::warning("clock", found, "set the clock (NTP)"),
        _ => Finding::ok("clock", found),
    }
}

/// A regional call works only where the region is on.
async fn region(sdk: &SdkConfig) -> Finding {
    let name = sdk.region().map(ToString::to_string).unwrap_or_default();
    let client = aws_sdk_s3::Client::new(sdk);
    match client.list_buckets().bucket_region(name.clone()).send().await {
        Ok(_) => Finding::ok("region", format!("{name} answers")),
        Err(error) => Finding::warning(
            "region",
            format!("{name} could not be asked: {}", aws_sdk_s3::error::DisplayErrorContext(&error)),
            "turn it on in the account's settings if it is an opt-in region",
        ),
    }
}

/// The quotas that new accounts meet first: SageMaker instances for training and processing are 0 in many.
async fn quotas(sdk: &SdkConfig, instance: &str) -> Vec<Finding> {
    let client = aws_sdk_servicequotas::Client::new(sdk);
    let mut findings = Vec::new();
    for (service, wanted) in [
        ("sagemaker", format!("{instance} for training job usage")),
        ("sagemaker", format!("{instance} for processing job usage")),
        ("glue", "Max concurrent job runs per account".to_owned()),
    ] {
        let what = format!("quota: {wanted}");
        let mut pages = client.list_service_quotas().service_code(service).into_paginator().send();
        let mut found = None;
        let mut trouble = None;
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    let quota = page.quotas().iter().find(|quota| quota.quota_name() == Some(wanted.as_str()));
                    found = found.or(quota.and_then(aws_sdk_servicequotas::types::ServiceQuota::value));
                }
                Err(error) => {
                    trouble = Some(aws_sdk_s3::error::DisplayErrorContext(&error).to_string());
                    break;
                }
            }
        }
        findings.push(match (found, trouble) {
            (Some(value), _) if value >= 1.0 => Finding::ok(&what, format!("{value}")),
            (Some(value), _) => Finding::failure(&what, format!("{value}"), "ask for more in the Service Quotas console"),
            (None, Some(why)) => {
                Finding::warning(&what, format!("not readable: {}", short(&why)), "needs servicequotas:ListServiceQuotas")
            }
            (None, None) => Finding::warning(&what, "not listed", "look in the Service Quotas console"),
        });
    }
    findings
}

fn short(text: &str) -> String {
    text.chars().take(120).collect()
}

async fn state_bucket(config: &Config, terraform: String) -> Finding {
    const WHAT: &str = "state bucket";
    if !config.has_state_bucket() {
        return Finding::ok(WHAT, "none: states are files in states/");
    }
    let status = match Target::new(config, terraform).await {
        Ok(target) => inspect(&target).await,
        Err(error) => Err(error),
    };
    match status {
        Err(error) => Finding::warning(WHAT, format!("{error:#}"), "see the message"),
        Ok(status) if !status.exists => {
            Finding::failure(WHAT, format!("{} does not exist", status.bucket), "oleoduto backend up")
        }
        Ok(status) if status.weaknesses.is_empty() => Finding::ok(WHAT, status.bucket),
        Ok(status) => {
            Finding::failure(WHAT, format!("{}: {}", status.bucket, status.weaknesses.join("; ")), "oleoduto backend up")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn clocks_may_differ_a_little() {
        assert_eq!(skew(-12).verdict, Verdict::Ok);
        assert_eq!(skew(90).verdict, Verdict::Warning);
        assert_eq!(skew(-301).verdict, Verdict::Failure);
    }
}
