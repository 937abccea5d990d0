//! The account: credentials, clock, region, state bucket and quotas.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use oleoduto_runner::locked;
use oleoduto_stacks::Settings;
use oleoduto_stacks::parameters::{REGIONS_READ, Region, Sizes};
use serde_json::{Value as Json, json};

use oleoduto_cli::aws::{Place, QUICK};
use oleoduto_cli::backend::{BucketProgram as _, inspect};
use oleoduto_cli::doctor::Finding;
use oleoduto_cli::sdk_error;
use oleoduto_cli::{AwsProtocol, AwsService, Caller, NoCredentials};

use super::shortened::short;
use super::{data_key, lake_formation, log_bucket};
use crate::config::Config;
use crate::global::Global;
use crate::synth::OUT;

const PROTOCOL: AwsProtocol = AwsProtocol::Json { version: "1.1", prefix: "ServiceQuotasV20190624" };
const QUOTAS: AwsService = AwsService { id: "Service Quotas", name: "servicequotas", protocol: PROTOCOL };

/// Signed requests are refused beyond five minutes.
const SKEW_FAILURE: i64 = 300;
const SKEW_WARNING: i64 = 60;

const LOCAL_NEEDS_NONE: &str = "only AWS itself needs it: `oleoduto local run` works without";

pub(crate) async fn all(config: &Config, global: &Global) -> Vec<Finding> {
    let out = config.root().join(OUT);
    let settings = match config.settings(&out).await {
        Ok(settings) => settings,
        Err(error) if !config.has_region() => return vec![Finding::note("region", format!("{error:#}"), LOCAL_NEEDS_NONE)],
        Err(error) if error.is::<NoCredentials>() => return vec![nobody(&error)],
        Err(error) => return vec![Finding::warning("environment", format!("{error:#}"), "see the message")],
    };
    let caller = match Caller::ask(&settings.region, None).await {
        Ok(caller) => caller,
        Err(error) if error.is::<NoCredentials>() => return vec![nobody(&error)],
        Err(error) => {
            let unknown = Finding::warning("credentials", format!("{error:#}"), "log in; without AWS everything local works");
            return vec![not_enabled(&settings.region).await.unwrap_or(unknown)];
        }
    };
    let credentials = if caller.account == *settings.account {
        Finding::ok("credentials", format!("{} ({})", caller.account, caller.arn))
    } else {
        Finding::failure(
            "credentials",
            format!("account {} ({}), but the environment uses {}", caller.account, caller.arn, settings.account),
            "choose another --env, or another AWS_PROFILE",
        )
    };
    let sdk = Place::of(&settings.region, QUICK).config().await;
    let sizes = &settings.parameters.sizes;
    let (clock, region, quotas, states, lake, key, logs) = tokio::join!(
        clock(&sdk),
        region(&sdk),
        quotas(&sdk, sizes),
        state_bucket(config, global, &settings),
        lake_formation::check(&sdk, &caller.arn),
        existing_key(&sdk, &settings),
        existing_logs(&sdk, &settings),
    );
    let unlisted = unlisted(&settings.region);
    let found = [Some(credentials), misfit(&settings), Some(clock), unlisted, Some(region), Some(lake), key, logs];
    found.into_iter().flatten().chain(quotas).chain([states]).collect()
}

/// There is nothing to ask AWS with.
fn nobody(error: &anyhow::Error) -> Finding {
    Finding::note("credentials", format!("{error:#}"), LOCAL_NEEDS_NONE)
}

/// STS does not know the keys of anybody in a region that the account has not enabled.
async fn not_enabled(region: &Region) -> Option<Finding> {
    if !region.is_opt_in() {
        return None;
    }
    let caller = Caller::ask(&region.of_every_account(), None).await.ok()?;
    Some(Finding::failure(
        "region",
        format!("{region} is not enabled in account {}: the same credentials work in other regions", caller.account),
        format!("aws account enable-region --region-name {region}; it takes minutes to hours"),
    ))
}

/// What the region of a flag makes wrong: the file alone was checked.
fn misfit(settings: &Settings) -> Option<Finding> {
    let parameters = &settings.parameters;
    let region = Some(&settings.region);
    let mistake = parameters.mistake_of_place(region).or_else(|| parameters.mistake_of_monitoring(region));
    let mistake = mistake.or_else(|| parameters.mistake_of_security(Some(&settings.account), region))?;
    Some(Finding::failure("environment", format!("{}: {}", mistake.keys.join("."), mistake.message), mistake.help))
}

/// A region that the table of regions lacks is new, or none.
fn unlisted(region: &Region) -> Option<Finding> {
    let found = format!("{region} is not in the list of regions of {REGIONS_READ}");
    let fix = "correct it, or see in AWS's list of regional services whether it has Glue, SageMaker and Step Functions";
    (!region.is_known()).then(|| Finding::warning("region", found, fix))
}

async fn existing_key(sdk: &SdkConfig, settings: &Settings) -> Option<Finding> {
    let arn = settings.parameters.security.kms_key.as_ref()?.arn()?;
    Some(data_key::check(sdk, arn).await)
}

/// Keeps the Date of the newest answer.
#[derive(Clone, Debug, Default)]
struct Dates(Arc<Mutex<Option<String>>>);

impl Intercept for Dates {
    fn name(&self) -> &'static str {
        "Dates"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            *locked(&self.0) = Some(date.to_owned());
        }
        Ok(())
    }
}

/// Compare our clock with the Date of an answer of S3, whatever its status.
async fn clock(sdk: &SdkConfig) -> Finding {
    const WHAT: &str = "clock";
    let dates = Dates::default();
    let call = aws_sdk_s3::Client::new(sdk).list_buckets().max_buckets(1).customize().interceptor(dates.clone());
    // A refusal has a Date too; `region` reports an S3 that does not answer.
    drop(call.send().await);
    let date = locked(&dates.0).clone();
    let parsed = date.as_deref().and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    match parsed {
        Some(theirs) => skew(jiff::Timestamp::now().as_second() - theirs.timestamp().as_second()),
        None => Finding::warning(WHAT, "the answer of S3 has no date", "check the clock of this machine"),
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
            format!("{name} does not answer: {}", sdk_error(&error)),
            "enable it in the account's settings if it is an opt-in region",
        ),
    }
}

async fn existing_logs(sdk: &SdkConfig, settings: &Settings) -> Option<Finding> {
    let bucket = settings.parameters.security.access_logs.as_ref()?;
    Some(log_bucket::check(sdk, bucket, &settings.account).await)
}

/// The quotas that new accounts meet first: SageMaker instances for training and processing are 0 in many.
async fn quotas(sdk: &SdkConfig, sizes: &Sizes) -> Vec<Finding> {
    let of_sagemaker = of_jobs(sizes);
    let of_glue = ["Max concurrent job runs per account".to_owned()];
    let (sagemaker, glue) = tokio::join!(listed(sdk, "sagemaker"), listed(sdk, "glue"));
    let of_sagemaker = of_sagemaker.iter().map(|wanted| quota(wanted, &sagemaker));
    of_sagemaker.chain(of_glue.iter().map(|wanted| quota(wanted, &glue))).collect()
}

/// The names of the quotas that the SageMaker jobs need. Spot capacity has its own.
fn of_jobs(sizes: &Sizes) -> [String; 2] {
    let training = if sizes.spot { "spot training" } else { "training" };
    [
        format!("{} for {training} job usage", sizes.training_instance),
        format!("{} for processing job usage", sizes.forecast_instance),
    ]
}

/// The quotas of a service by name, or why they can't be read.
async fn listed(sdk: &SdkConfig, service: &str) -> Result<HashMap<String, f64>, String> {
    let (mut found, mut token) = (HashMap::new(), Json::Null);
    loop {
        let mut input = json!({"ServiceCode": service});
        if !token.is_null() {
            input["NextToken"] = token.clone();
        }
        let page = QUOTAS.json(sdk, "ListServiceQuotas", &input).await.map_err(|error| error.text)?;
        let rows = page["Quotas"].as_array().into_iter().flatten();
        found.extend(rows.filter_map(|quota| Some((quota["QuotaName"].as_str()?.to_owned(), quota["Value"].as_f64()?))));
        if page["NextToken"].is_null() || page["NextToken"] == token {
            return Ok(found);
        }
        token = page["NextToken"].clone();
    }
}

fn quota(wanted: &str, listed: &Result<HashMap<String, f64>, String>) -> Finding {
    let what = format!("quota: {wanted}");
    match listed.as_ref().map(|quotas| quotas.get(wanted)) {
        Ok(Some(value)) if *value >= 1.0 => Finding::ok(&what, format!("{value}")),
        Ok(Some(value)) => Finding::failure(&what, format!("{value}"), "ask for more in the Service Quotas console"),
        Ok(None) if wanted.starts_with("ml.") => Finding::warning(
            &what,
            "not listed: the region may lack the instance type",
            "see in SageMaker's list of instances by region whether it has it, and choose another one in `sizes`",
        ),
        Ok(None) => Finding::warning(&what, "not listed", "look in the Service Quotas console"),
        Err(why) => Finding::warning(&what, format!("not readable: {}", short(why)), "needs servicequotas:ListServiceQuotas"),
    }
}

async fn state_bucket(config: &Config, global: &Global, settings: &Settings) -> Finding {
    const WHAT: &str = "state bucket";
    if !config.has_state_bucket() {
        return Finding::ok(WHAT, "none: states are files in states/");
    }
    let status = match config.verify_account(settings).await {
        Ok(()) => match global.backend(settings, None).await {
            Ok(target) => inspect(&target).await,
            Err(error) => Err(error),
        },
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
    use oleoduto_cli::doctor::Verdict;

    #[test]
    fn clocks_may_differ_a_little() {
        assert_eq!(skew(-12).verdict, Verdict::Ok);
        assert_eq!(skew(90).verdict, Verdict::Warning);
        assert_eq!(skew(-301).verdict, Verdict::Failure);
    }

    #[test]
    fn the_quota_is_that_of_the_capacity_that_training_uses() {
        let spot = Sizes::default();
        assert_eq!(of_jobs(&spot), ["ml.m5.large for spot training job usage", "ml.m5.large for processing job usage"]);
        assert_eq!(of_jobs(&Sizes { spot: false, ..spot })[0], "ml.m5.large for training job usage");
    }

    #[test]
    fn a_quota_of_nothing_is_a_failure() {
        let listed = Ok(HashMap::from([("a".to_owned(), 0.0), ("b".to_owned(), 4.0)]));
        let verdict = |name: &str| quota(name, &listed).verdict;
        assert_eq!((verdict("a"), verdict("b"), verdict("c")), (Verdict::Failure, Verdict::Ok, Verdict::Warning));
        assert_eq!(quota("a", &Err("denied".to_owned())).verdict, Verdict::Warning);
    }
}
