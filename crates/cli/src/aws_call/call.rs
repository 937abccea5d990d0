//! A call, as a client of an SDK makes it.

use aws_config::{Region, SdkConfig};
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SigningName;
use aws_types::region::SigningRegion;

use super::answer;
use super::place::{self, Endpoint};
use super::protocol::AwsProtocol;
use crate::sdk_error::sdk_error;

/// A service, and the protocol that it speaks.
#[derive(Clone, Copy, Debug)]
pub struct AwsService {
    /// The name in settings of endpoints: `Service Quotas` for `AWS_ENDPOINT_URL_SERVICE_QUOTAS`.
    pub id: &'static str,
    /// The name in addresses and signatures.
    pub name: &'static str,
    /// How an operation and its input become a request.
    pub protocol: AwsProtocol,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub struct Refused {
    /// The service's code; none if the service did not answer.
    pub code: Option<String>,
    /// What AWS said, with its code, or what kept the request from an answer.
    pub text: String,
}

impl Refused {
    /// Whether the service refused with this code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl AwsService {
    /// The answer of an operation to an input in JSON.
    ///
    /// # Errors
    /// The service refuses, does not answer, or answers with no JSON.
    pub async fn json(
        &self,
        sdk: &SdkConfig,
        operation: &'static str,
        input: &serde_json::Value,
    ) -> Result<serde_json::Value, Refused> {
        let text = self.call(sdk, operation, input.to_string()).await?;
        serde_json::from_slice(&text).map_err(|error| self.unreadable(operation, &error))
    }

    /// The answer, in XML, of an operation to the fields of a form.
    ///
    /// # Errors
    /// The service refuses, does not answer, or answers with another structure.
    pub(crate) async fn form<T>(&self, sdk: &SdkConfig, operation: &'static str, fields: &[(&str, &str)]) -> Result<T, Refused>
    where
        T: serde::de::DeserializeOwned,
    {
        let AwsProtocol::Query(version) = self.protocol else {
            return Err(self.unreadable(operation, &"the service takes no form"));
        };
        let mut body = String::new();
        let mut form = aws_smithy_query::QueryWriter::new(&mut body, operation, version);
        for (name, value) in fields {
            form.prefix(name).string(value);
        }
        form.finish();
        let text = self.call(sdk, operation, body).await?;
        quick_xml::de::from_reader(text.as_slice()).map_err(|error| self.unreadable(operation, &error))
    }

    fn unreadable(&self, operation: &str, why: &dyn std::fmt::Display) -> Refused {
        Refused { code: None, text: format!("the answer of {} to {operation} can't be read: {why}", self.id) }
    }

    async fn call(&self, sdk: &SdkConfig, operation: &'static str, body: String) -> Result<Vec<u8>, Refused> {
        let sent = match place::endpoint(self.id, self.name, sdk).await {
            Ok(endpoint) => self.operation(sdk, operation, &endpoint).invoke(body).await,
            Err(error) => Err(SdkError::construction_failure(error)),
        };
        sent.map_err(|error| {
            let code = error.as_service_error().and_then(|error| error.code()).map(ToOwned::to_owned);
            Refused { code, text: sdk_error(&error) }
        })
    }

    fn operation(
        &self,
        sdk: &SdkConfig,
        operation: &'static str,
        endpoint: &Endpoint,
    ) -> Operation<String, Vec<u8>, ErrorMetadata> {
        let protocol = self.protocol;
        Operation::builder()
            .service_name(self.name)
            .operation_name(operation)
            .endpoint_url(&endpoint.url)
            .with_connection_poisoning()
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .interceptor(InvocationIdInterceptor::new())
            .interceptor(RequestInfoInterceptor::new())
            .interceptor(UserAgentInterceptor::new())
            .runtime_plugin(self.client(sdk, endpoint))
            .serializer(move |body: String| protocol.request(operation, body))
            .deserializer(move |response: &HttpResponse| answer::read(protocol, response))
            .build()
    }

    /// What a client of an SDK takes from the configuration.
    fn client(&self, sdk: &SdkConfig, endpoint: &Endpoint) -> StaticRuntimePlugin {
        let mut layer = Layer::new("AwsService");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(SigV4OperationSigningConfig::default());
        layer.store_put(SigningName::from_static(self.name));
        layer.store_put(SigningRegion::from(Region::new(endpoint.signing_region.clone())));
        layer.store_put(ApiMetadata::new(self.name, env!("CARGO_PKG_VERSION")));
        layer.store_put(sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard));
        layer.store_or_unset(sdk.app_name().cloned());
        if let Some(timeouts) = sdk.timeout_config() {
            layer.store_put(timeouts.clone());
        }
        if let Some(protection) = sdk.stalled_stream_protection() {
            layer.store_put(protection);
        }
        let mut components = RuntimeComponentsBuilder::new("AwsService")
            .with_http_client(sdk.http_client())
            .with_sleep_impl(sdk.sleep_impl())
            .with_time_source(sdk.time_source())
            .with_identity_cache(sdk.identity_cache())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
            .with_auth_scheme(SigV4AuthScheme::new());
        if let Some(credentials) = sdk.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, credentials);
        }
        StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
    }
}
