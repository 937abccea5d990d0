//! One signed call of a service of AWS that has no SDK here: an SDK takes twenty to fifty seconds of every build, whatever a
//! program asks of it. Credentials, signature, retries and time limits are the SDK's own.

mod answer;
mod call;
mod ecr;
#[cfg(test)]
pub(crate) mod fake;
mod place;
mod protocol;
#[cfg(test)]
mod tests;

pub use call::{AwsService, Refused};
pub use ecr::ECR;
pub use protocol::AwsProtocol;
