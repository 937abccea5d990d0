//! Where a service is, and the region of its signatures.

use aws_config::SdkConfig;
use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_types::service_config::ServiceConfigKey;

/// The end of IAM's address in a partition.
struct Iam {
    /// How the regions of the partition begin; the partition `aws` is the last one.
    regions: &'static str,
    suffix: &'static str,
    /// With IPv6; none where AWS has none.
    dual_stack: Option<&'static str>,
    signing_region: &'static str,
}

/// IAM is global: one address for each partition, as <https://docs.aws.amazon.com/general/latest/gr/iam-service.html> and the
/// rules of the SDK say.
const IAM: [Iam; 8] = [
    iam("cn-", "cn-north-1.amazonaws.com.cn", Some("global.api.amazonwebservices.com.cn"), "cn-north-1"),
    iam("us-gov-", "us-gov.amazonaws.com", Some("us-gov.api.aws"), "us-gov-west-1"),
    iam("us-iso-", "us-iso-east-1.c2s.ic.gov", None, "us-iso-east-1"),
    iam("us-isob-", "us-isob-east-1.sc2s.sgov.gov", None, "us-isob-east-1"),
    iam("eu-isoe-", "eu-isoe-west-1.cloud.adc-e.uk", None, "eu-isoe-west-1"),
    iam("us-isof-", "us-isof-south-1.csp.hci.ic.gov", None, "us-isof-south-1"),
    iam("eusc-", "eusc-de-east-1.amazonaws.eu", None, "eusc-de-east-1"),
    iam("", "amazonaws.com", Some("global.api.aws"), "us-east-1"),
];

const fn iam(regions: &'static str, suffix: &'static str, dual_stack: Option<&'static str>, signing_region: &'static str) -> Iam {
    Iam { regions, suffix, dual_stack, signing_region }
}

/// Where a service is, and the region of its signatures.
#[derive(Debug, PartialEq)]
pub(super) struct Endpoint {
    pub(super) url: String,
    pub(super) signing_region: String,
}

/// The endpoint of the service with this ID and name: what the configuration names, or that of the service in the region's partition.
pub(super) async fn endpoint(id: &str, name: &str, sdk: &SdkConfig) -> Result<Endpoint, BoxError> {
    let region = sdk.region().ok_or("no region is configured")?.as_ref();
    let mut endpoint = match IAM.iter().find(|iam| name == "iam" && region.starts_with(iam.regions)) {
        Some(iam) => global(iam, sdk),
        None => regional(name, region, sdk).await?,
    };
    if let Some(url) = configured(id, sdk)? {
        endpoint.url = url;
    }
    Ok(endpoint)
}

/// The endpoint of the configuration; the service's own wins over that of all, unless code gave that one.
fn configured(id: &str, sdk: &SdkConfig) -> Result<Option<String>, BoxError> {
    let key = ServiceConfigKey::builder().service_id(id).env("AWS_ENDPOINT_URL").profile("endpoint_url").build()?;
    let own = match sdk.get_origin("endpoint_url").is_client_config() {
        true => None,
        false => sdk.service_config().and_then(|config| config.load_config(key)),
    };
    Ok(own.or_else(|| sdk.endpoint_url().map(ToOwned::to_owned)))
}

fn global(iam: &Iam, sdk: &SdkConfig) -> Endpoint {
    // In us-gov every address has a validated module.
    let fips = sdk.use_fips().unwrap_or_default() && iam.regions != "us-gov-";
    let suffix = iam.dual_stack.filter(|_| sdk.use_dual_stack().unwrap_or_default()).unwrap_or(iam.suffix);
    let url = format!("https://{}.{suffix}", if fips { "iam-fips" } else { "iam" });
    Endpoint { url, signing_region: iam.signing_region.to_owned() }
}

/// Services whose addresses in us-gov have a validated module without saying so; the rules of their SDKs say which.
const VALIDATED_IN_GOV: [&str; 2] = ["dynamodb", "servicequotas"];

/// A service of each region has the address of STS there, with its own name: the SDK knows the partitions.
async fn regional(name: &str, region: &str, sdk: &SdkConfig) -> Result<Endpoint, BoxError> {
    let (fips, dual_stack) = (sdk.use_fips().unwrap_or_default(), sdk.use_dual_stack().unwrap_or_default());
    let host = match name {
        "ecr" if !fips && !dual_stack => "api.ecr".to_owned(),
        name if fips && !(region.starts_with("us-gov-") && VALIDATED_IN_GOV.contains(&name)) => format!("{name}-fips"),
        name => name.to_owned(),
    };
    let params = Params::builder().region(region).use_dual_stack(dual_stack).build()?;
    let sts = DefaultResolver::new().resolve_endpoint(&params).await?;
    Ok(Endpoint { url: sts.url().replacen("://sts", &format!("://{host}"), 1), signing_region: region.to_owned() })
}
