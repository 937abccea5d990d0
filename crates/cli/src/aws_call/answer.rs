//! The answers of services, good and bad ones.

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::error::metadata::ErrorMetadata;
use serde::Deserialize;
use serde_json::Value as Json;

use super::protocol::AwsProtocol;

/// An error in XML.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    error: Problem,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Problem {
    code: Option<String>,
    message: Option<String>,
}

/// The text of a good answer; code and message of another one.
pub(super) fn read(protocol: AwsProtocol, response: &HttpResponse) -> Result<Vec<u8>, OrchestratorError<ErrorMetadata>> {
    let text = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return Ok(text.to_vec());
    }
    let Problem { code, message } = match protocol {
        // A proxy's page has neither code nor message.
        AwsProtocol::Query(_) => quick_xml::de::from_reader::<_, Answer>(text).unwrap_or_default().error,
        AwsProtocol::Json { .. } | AwsProtocol::RestJson => in_json(response, text),
    };
    let code = code.unwrap_or_else(|| response.status().as_u16().to_string());
    let mut metadata = ErrorMetadata::builder().code(code);
    if let Some(message) = message {
        metadata = metadata.message(message);
    }
    Err(OrchestratorError::operation(metadata.build()))
}

/// The code is in a header or in the body, as `com.amazonaws.kms#NotFoundException` or `AccessDeniedException:http://...`.
fn in_json(response: &HttpResponse, text: &[u8]) -> Problem {
    let json: Json = serde_json::from_slice(text).unwrap_or_default();
    let part = |names: [&str; 2]| names.into_iter().find_map(|name| json[name].as_str());
    let code = response.headers().get("x-amzn-errortype").or_else(|| part(["__type", "code"]));
    let code = code.and_then(|code| code.split(':').next()).and_then(|code| code.rsplit('#').next());
    Problem { code: code.map(ToOwned::to_owned), message: part(["message", "Message"]).map(ToOwned::to_owned) }
}
