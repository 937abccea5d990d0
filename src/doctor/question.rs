//! A call of a service without an SDK of its own: `doctor` asks two services one or two things each, and an SDK takes twenty
//! seconds of every build. The client of Service Quotas makes the call, so that credentials, signature, retries and time limits
//! are those of all calls; address, name in the signature and body are replaced.

use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_sdk_servicequotas::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_servicequotas::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_servicequotas::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_servicequotas::error::BoxError;
use aws_smithy_types::Document;
use aws_smithy_types::body::SdkBody;
use oleoduto_cli::sdk_error;
use oleoduto_runner::locked;
use serde_json::Value as Json;

/// What is asked: a POST with JSON.
pub(super) struct Question {
    /// The service, as addresses and signatures name it.
    pub(super) service: &'static str,
    /// The path, in protocols with one path for each operation; else `/`.
    pub(super) path: &'static str,
    /// The operation, in protocols with one path for all.
    pub(super) target: Option<&'static str>,
    pub(super) body: Json,
}

/// Why there is no answer.
pub(super) struct Refusal {
    /// The service's code; empty if the service did not answer.
    pub(super) code: String,
    pub(super) message: String,
}

impl Question {
    /// Ask; the answer's JSON.
    pub(super) async fn ask(self, sdk: &SdkConfig) -> Result<Json, Refusal> {
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let real = || format!("https://{}.{region}.{suffix}", self.service);
        let url = sdk.endpoint_url().map_or_else(real, |url| url.trim_end_matches('/').to_owned());
        let place = Place { url: url.clone(), service: self.service, region };
        let config = aws_sdk_servicequotas::config::Builder::from(sdk).endpoint_resolver(place).build();
        let answer = Answer::default();
        let address = format!("{url}{}", self.path);
        let body = self.body.to_string();
        let call = aws_sdk_servicequotas::Client::from_conf(config).list_services().customize();
        let sent = call
            .mutate_request(move |request| {
                let headers = request.headers_mut();
                headers.remove("x-amz-target");
                if let Some(target) = self.target {
                    headers.insert("x-amz-target", target);
                }
                headers.insert("content-length", body.len().to_string());
                *request.body_mut() = SdkBody::from(body.as_str());
                // The address was valid as that of the endpoint; a path of ASCII letters changes nothing.
                drop(request.set_uri(address.as_str()));
            })
            .interceptor(answer.clone())
            .send()
            .await;
        let Some(given) = locked(&answer.0).take() else {
            let message = sent.err().map(|error| sdk_error(&error)).unwrap_or_default();
            return Err(Refusal { code: String::new(), message });
        };
        given.read()
    }
}

/// An answer as it came.
#[derive(Debug, Default)]
struct Given {
    status: u16,
    /// The kind of an error, in protocols that say it in a header.
    kind: Option<String>,
    text: Vec<u8>,
}

impl Given {
    /// The JSON of a good answer; code and message of another one.
    fn read(self) -> Result<Json, Refusal> {
        let json: Json = serde_json::from_slice(&self.text).unwrap_or_default();
        if self.status == 200 {
            return Ok(json);
        }
        let part = |names: [&str; 2]| names.into_iter().find_map(|name| json[name].as_str()).map(ToOwned::to_owned);
        let code = self.kind.or_else(|| part(["__type", "code"])).unwrap_or_else(|| self.status.to_string());
        // `com.amazonaws.kms#NotFoundException`, or `AccessDeniedException:http://...`.
        let code = code.split(':').next().and_then(|code| code.rsplit('#').next()).unwrap_or_default().to_owned();
        Err(Refusal { code, message: part(["message", "Message"]).unwrap_or_default() })
    }
}

/// Where a service is, and how calls to it are signed.
#[derive(Debug)]
struct Place {
    url: String,
    service: &'static str,
    region: String,
}

impl ResolveEndpoint for Place {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        let scheme = [("name", "sigv4"), ("signingName", self.service), ("signingRegion", self.region.as_str())];
        let scheme = scheme.map(|(key, value)| (key.to_owned(), Document::String(value.to_owned())));
        let schemes = Document::Array(vec![Document::Object(scheme.into())]);
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.url.clone()).property("authSchemes", schemes).build()))
    }
}

/// Keeps the newest answer, which the client reads as one to another question.
#[derive(Clone, Debug, Default)]
struct Answer(Arc<Mutex<Option<Given>>>);

impl Intercept for Answer {
    fn name(&self) -> &'static str {
        "Answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        *locked(&self.0) = Some(Given {
            status: response.status().as_u16(),
            kind: response.headers().get("x-amzn-errortype").map(ToOwned::to_owned),
            text: response.body().bytes().unwrap_or_default().to_vec(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_code_of_its_service() {
        let refused = |status, kind: Option<&str>, text: &str| {
            let given = Given { status, kind: kind.map(ToOwned::to_owned), text: text.as_bytes().to_vec() };
            given.read().err().map(|refusal| (refusal.code, refusal.message))
        };
        let pair = |code: &str, message: &str| Some((code.to_owned(), message.to_owned()));
        let denied = r#"{"__type": "com.amazonaws#AccessDenied", "Message": "no"}"#;
        assert_eq!(refused(400, None, denied), pair("AccessDenied", "no"));
        assert_eq!(refused(400, Some("InvalidInput:http://x"), r#"{"message": "gone"}"#), pair("InvalidInput", "gone"));
        assert_eq!(refused(503, None, "<html>"), pair("503", ""));
        assert_eq!(refused(200, None, "{}"), None);
    }
}
