//! How SageMaker jobs are encrypted, and where they run.

use oleoduto_cdk::Expr;

use crate::grants::{Grant, Key, Network};
use crate::lookups::Lookups;

/// How a job of SageMaker is encrypted, and where it runs. By default with keys of AWS, in a network of AWS.
#[derive(Clone, Debug, Default)]
pub struct JobProtection {
    /// The key of the volume, the inputs and the outputs. Traffic between containers is then encrypted, too.
    pub key: Option<JobKey>,
    /// The network of the containers.
    pub network: Option<Network>,
}

/// A key as a job gets it, and as policies name it.
#[derive(Clone, Debug)]
pub struct JobKey {
    /// Its ARN.
    pub arn: Expr,
    /// How policies name it.
    pub named: Key,
}

/// A parameter's name and value.
type Parameter = (&'static str, Expr);

impl JobProtection {
    /// What the job's role needs for the volume and the network.
    pub(super) fn grants(&self, here: &Lookups) -> Vec<Grant> {
        let volume = self.key.iter().map(|key| key.named.lend_to_volumes());
        volume.chain(self.network.iter().flat_map(|network| network.of_sagemaker(here))).collect()
    }

    /// The key as policies name it.
    pub(super) fn named_key(&self) -> Option<Key> {
        self.key.as_ref().map(|key| key.named.clone())
    }

    /// An output with its key.
    pub(super) fn output(&self, output: [Parameter; 1]) -> Expr {
        Expr::object(output.into_iter().chain(self.with_arn("KmsKeyId")).collect::<Vec<_>>())
    }

    /// The key of the volume.
    pub(super) fn volume(&self) -> Option<Parameter> {
        self.with_arn("VolumeKmsKeyId")
    }

    /// The parameters of a training job.
    pub(super) fn of_training(&self) -> Vec<Parameter> {
        self.traffic().into_iter().chain(self.vpc()).collect()
    }

    /// The parameters of a processing job.
    pub(super) fn of_processing(&self) -> Option<Parameter> {
        let network = self.of_training();
        (!network.is_empty()).then(|| ("NetworkConfig", Expr::object(network)))
    }

    fn with_arn(&self, name: &'static str) -> Option<Parameter> {
        self.key.as_ref().map(|key| (name, key.arn.clone()))
    }

    fn traffic(&self) -> Option<Parameter> {
        self.key.as_ref().map(|_| ("EnableInterContainerTrafficEncryption", true.into()))
    }

    fn vpc(&self) -> Option<Parameter> {
        let Network { subnets, security_groups } = self.network.as_ref()?;
        let ids = |ids: &[String]| Expr::Array(ids.iter().map(Expr::from).collect());
        Some(("VpcConfig", Expr::object([("SecurityGroupIds", ids(security_groups)), ("Subnets", ids(subnets))])))
    }
}
