//! `mlflow`: a SageMaker tracking server, if the environment asks for one, because it costs by the hour.

use oleoduto_aws::grants::{Bucket, Grant};
use oleoduto_aws::sagemaker_mlflow_tracking_server::SagemakerMlflowTrackingServer;
use oleoduto_aws::types::S3Uri;
use oleoduto_cdk::{App, Expr, Val};

use crate::support::contract::Contract;
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
    /// A server.
    Server {
        /// Its address or ARN.
        uri: Expr,
        /// Its ARN as grants name it; of a server outside of SageMaker, which knows nothing of IAM, `None`.
        arn: Option<Expr>,
    },
}

impl Tracking {
    /// What recording needs: the models, the verdicts of many series, MLflow's file and artifacts in the bucket, and the server.
    pub(crate) fn grants(&self, data: &Bucket, contract: &Contract<'_>) -> Vec<Grant> {
        let mut grants = vec![data.list(), data.read(&Folder::Models.place()), data.read(&Folder::Verdicts.place())];
        grants.extend(store(data));
        if let Self::Server { arn: Some(arn), .. } = self {
            grants.push(Grant::new("RecordAtServer", "sagemaker-mlflow", &contract.mlflow_calls.join(" ")).on(arn.clone()));
        }
        grants
    }
}

/// What MLflow stores in the bucket: its SQLite file, and artifacts.
fn store(data: &Bucket) -> [Grant; 3] {
    let place = Folder::Mlflow.place();
    [data.list(), data.read(&place), data.write(&place)]
}

/// Add the stack if the environment asks for a server. Returns where training runs are recorded; `None` if nowhere.
pub(crate) fn stack(
    app: &mut App,
    settings: &Settings,
    contract: &Contract<'_>,
    s3: &s3::Exports,
    roles: &mut iam::Roles,
) -> Option<Tracking> {
    let mlflow = settings.parameters.mlflow.as_ref()?;
    if let Some(uri) = &mlflow.tracking_uri {
        let arn = uri.starts_with("arn:").then(|| uri.as_str().into());
        return Some(Tracking::Server { uri: uri.as_str().into(), arn });
    }
    let (Some(size), Some(role)) = (mlflow.server, &mut roles.mlflow) else { return Some(Tracking::Bucket) };
    let (stack, _) = stack::add(app, settings, StackName::Mlflow);
    role.allow(store(&roles.data));
    let artifacts: Val<S3Uri> = s3.uri(format!("{}/artifacts", Folder::Mlflow));
    let server = SagemakerMlflowTrackingServer::builder()
        .tracking_server_name(settings.names().of(Single::TrackingServer))
        .artifact_store_uri(artifacts)
        .role_arn(role.arn())
        .tracking_server_size(size.as_str())
        .mlflow_version(contract.mlflow_version)
        .build();
    let server = stack.add("tracking", server);
    stack.output("tracking_server_arn", server.arn());
    stack.output("tracking_server_url", server.tracking_server_url());
    let resource = format!("mlflow-tracking-server/{}", roles.names.of(Single::TrackingServer));
    Some(Tracking::Server { uri: server.arn().into(), arn: Some(roles.here.arn::<String>("sagemaker", resource).into()) })
}
