//! `mlflow`: a tracking server of SageMaker, where the environment asks for one. It costs by the hour, so nobody has it
//! unasked.

use oleoduto_aws::sagemaker_mlflow_tracking_server::SagemakerMlflowTrackingServer;
use oleoduto_aws::types::S3Uri;
use oleoduto_cdk::{App, Expr, Val, text};

use crate::settings::Settings;
use crate::{iam, s3, shared};

/// What the state machine is told of where to record.
pub(crate) enum Tracking {
    /// The SQLite file in the data bucket.
    Bucket,
    /// A server, by its address or ARN.
    Server(Expr),
}

/// The stack if a server is asked for, and where training runs are recorded; none if nowhere.
pub(crate) fn stack(app: &mut App, settings: &Settings, s3: &s3::Exports, iam: &iam::Exports) -> Option<Tracking> {
    let mlflow = settings.parameters.mlflow.as_ref()?;
    if let Some(uri) = &mlflow.tracking_uri {
        return Some(Tracking::Server(uri.as_str().into()));
    }
    let (Some(size), Some(role)) = (mlflow.server, &iam.mlflow) else { return Some(Tracking::Bucket) };
    let (stack, _) = shared::stack(app, settings, "mlflow");
    let artifacts: Val<S3Uri> = text!["s3://", &s3.bucket, "/mlflow/artifacts"];
    let server = SagemakerMlflowTrackingServer::builder()
        .tracking_server_name(server_name(settings))
        .artifact_store_uri(artifacts)
        .role_arn(role)
        .tracking_server_size(size.as_str())
        .build();
    let server = stack.add("tracking", server);
    stack.output("tracking_server_arn", server.arn());
    stack.output("tracking_server_url", server.tracking_server_url());
    Some(Tracking::Server(server.arn().into()))
}

/// The server's name.
pub(crate) fn server_name(settings: &Settings) -> String {
    format!("{}-tracking", settings.prefix())
}
