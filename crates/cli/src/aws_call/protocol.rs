//! How services are spoken to.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

/// How an operation and its input become a request.
#[derive(Clone, Copy, Debug)]
pub enum AwsProtocol {
    /// JSON; the operation is in a header, after this prefix.
    Json {
        /// The version of the protocol.
        version: &'static str,
        /// The prefix, as in `TrentService`.
        prefix: &'static str,
    },
    /// JSON; the operation is the path.
    RestJson,
    /// A form of this version; the answer is XML.
    Query(&'static str),
}

impl AwsProtocol {
    /// The request of an operation, without its address and signature.
    pub(super) fn request(self, operation: &str, body: String) -> Result<HttpRequest, BoxError> {
        let length = body.len().to_string();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST")?;
        request.headers_mut().insert("content-length", length);
        match self {
            Self::Json { version, prefix } => {
                request.headers_mut().insert("content-type", format!("application/x-amz-json-{version}"));
                request.headers_mut().insert("x-amz-target", format!("{prefix}.{operation}"));
            }
            Self::RestJson => {
                request.headers_mut().insert("content-type", "application/json");
                request.set_uri(format!("/{operation}"))?;
            }
            Self::Query(_) => drop(request.headers_mut().insert("content-type", "application/x-www-form-urlencoded")),
        }
        Ok(request)
    }
}
