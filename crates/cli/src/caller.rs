//! The owner of the credentials, from STS.

use anyhow::bail;
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;

use crate::aws::Place;
use crate::sdk_error::sdk_error;

/// What the SDK says if each place of credentials is empty.
const NOTHING_SET_UP: &str = "no providers in chain provided credentials";

/// The owner of the credentials.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account id.
    pub account: String,
    /// The user or role.
    pub arn: String,
}

/// Nobody has set up credentials: no profile is chosen, and no place that AWS's tools look at has any.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoCredentials(String);

impl Caller {
    /// Ask STS for the owner of a profile's credentials or, without a profile, of the current ones.
    ///
    /// # Errors
    /// There are no credentials ([`NoCredentials`] if nobody has set any up), they are not valid, or STS does not answer.
    pub async fn ask(region: &str, profile: Option<&str>) -> anyhow::Result<Self> {
        let config = Place::of_profile(region, profile).config().await;
        let answer = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
        let identity = answer.map_err(|error| {
            let text = explain(&error, profile);
            let chosen = profile.is_some() || std::env::var_os("AWS_PROFILE").is_some();
            if !chosen && text.contains(NOTHING_SET_UP) { NoCredentials(text).into() } else { anyhow::Error::msg(text) }
        })?;
        match (identity.account, identity.arn) {
            (Some(account), arn) => Ok(Self { account, arn: arn.unwrap_or_default() }),
            (None, _) => bail!("STS answered without an account"),
        }
    }
}

/// What is wrong, what to do, and the details for those who need them.
fn explain(error: &SdkError<GetCallerIdentityError>, profile: Option<&str>) -> String {
    let offline = "or give --account to synthesize offline";
    let code = error.as_service_error().and_then(|error| error.meta().code()).unwrap_or_default();
    let details = sdk_error(error);
    // The credentials are resolved while the request is sent: missing ones are a failure to send it.
    let credentials = details.contains("credentials");
    let (what, help) = match error {
        _ if code.contains("Expired") || details.contains("has expired") => {
            ("the credentials have expired", format!("log in again (for example `aws sso login`), {offline}"))
        }
        SdkError::ServiceError(_) if matches!(code, "InvalidClientTokenId" | "SignatureDoesNotMatch") => (
            "AWS does not know these credentials",
            format!("correct the access key, or log in (for example `aws sso login`), {offline}"),
        ),
        SdkError::DispatchFailure(_) if credentials => (
            "there are no usable credentials",
            match profile.map(str::to_owned).or_else(|| std::env::var("AWS_PROFILE").ok()) {
                Some(profile) => format!("profile `{profile}` gives none: correct AWS_PROFILE, log in to it, {offline}"),
                None => format!("log in (for example `aws sso login`), choose a profile with AWS_PROFILE, {offline}"),
            },
        ),
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
            ("STS does not answer", format!("check the network, the proxy and AWS_ENDPOINT_URL, {offline}"))
        }
        _ => ("the account could not be looked up", format!("log in (for example `aws sso login`), {offline}")),
    };
    format!("{what} (STS GetCallerIdentity): {help}\n  details: {details}")
}
