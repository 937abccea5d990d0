//! The configuration of AWS clients: one rule for all calls of the runner and of the program around it.

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// Where calls go, who makes them, and how long each may take. What is not given is as the environment says.
#[derive(Default)]
pub struct AwsAccess<'a> {
    /// The region.
    pub region: &'a str,
    /// The profile with the credentials; it wins over keys in the environment, as in Terraform's backends.
    pub profile: Option<&'a str>,
    /// The ARN of the role that is assumed with the credentials.
    pub role: Option<&'a str>,
    /// The address of another AWS than the real one.
    pub endpoint: Option<&'a str>,
    /// Access key ID and secret access key.
    pub keys: Option<(&'a str, &'a str)>,
    /// Limits of connections and calls.
    pub timeouts: Option<TimeoutConfig>,
}

impl AwsAccess<'_> {
    /// The configuration of clients.
    pub async fn config(self) -> SdkConfig {
        let region = Region::new(self.region.to_owned());
        // The SDK's default, AWS-LC, takes a tenth of the time of a whole build.
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region.clone()).http_client(http.clone());
        if let Some(timeouts) = self.timeouts {
            loader = loader.timeout_config(timeouts);
        }
        if let Some(profile) = self.profile {
            // Terraform takes the profile of a backend even if the environment has keys; the default chain would not.
            let provider = ProviderConfig::without_region().with_region(Some(region.clone())).with_http_client(http);
            let credentials = ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(profile).build();
            loader = loader.profile_name(profile).credentials_provider(credentials);
        }
        if let Some(endpoint) = self.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some((id, secret)) = self.keys {
            loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "oleoduto"));
        }
        let config = loader.load().await;
        let Some(role) = self.role else { return config };
        let provider = AssumeRoleProvider::builder(role).session_name("oleoduto").region(region).configure(&config);
        let provider = SharedCredentialsProvider::new(provider.build().await);
        config.into_builder().credentials_provider(provider).build()
    }
}
