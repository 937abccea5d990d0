//! `mlflow`: a SageMaker tracking server, if the environment asks for one, because it costs by the hour.

use oleoduto_aws::sagemaker_mlflow_tracking_server::SagemakerMlflowTrackingServer;
use oleoduto_aws::types::S3Uri;
use oleoduto_cdk::{App, Expr, Val};

use crate::support::folders::Folder;
use crate::support::names::Single;
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;
use crate::{iam, s3};

/// Where the state machine records training runs.
pub(crate) enum Tracking {
    /// The SQLite file in the data bucket.
    Bucket,
    /// A server with this address or ARN.
    Server(Expr),
}

/// Add the stack if the environment asks for a server. Returns where training runs are recorded; `None` if nowhere.
pub(crate) fn stack(app: &mut App, settings: &Settings, s3: &s3::Exports, iam: &iam::Exports) -> Option<Tracking> {
    let mlflow = settings.parameters.mlflow.as_ref()?;
    if let Some(uri) = &mlflow.tracking_uri {
        return Some(Tracking::Server(uri.as_str().into()));
    }
    let (Some(size), Some(role)) = (mlflow.server, &iam.mlflow) else { return Some(Tracking::Bucket) };
    let (stack, _) = stack::add(app, settings, StackName::Mlflow);
    let artifacts: Val<S3Uri> = s3.uri(format!("{}/artifacts", Folder::Mlflow));
    let server = SagemakerMlflowTrackingServer::builder()
        .tracking_server_name(settings.names().of(Single::TrackingServer))
        .artifact_store_uri(artifacts)
        .role_arn(role)
        .tracking_server_size(size.as_str())
        .build();
    let server = stack.add("tracking", server);
    stack.output("tracking_server_arn", server.arn());
    stack.output("tracking_server_url", server.tracking_server_url());
    Some(Tracking::Server(server.arn().into()))
}
