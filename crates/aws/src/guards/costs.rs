//! Resources that cost money while nothing uses them.

use std::collections::BTreeSet;

use oleoduto_cdk::{AppView, Diagnostic, Guard};

/// No resource that AWS bills by the hour, whether it is used or not, but of the allowed types.
///
/// `RunningCosts::new().advice()` warns of them only.
#[derive(Clone, Debug, Default)]
pub struct RunningCosts {
    allowed: BTreeSet<String>,
}

/// Types that are billed by the hour, and what is billed. Source: the pages <https://aws.amazon.com/SERVICE/pricing/>.
const TABLE: [(&str, &str); 34] = [
    ("aws_acmpca_certificate_authority", "a private certificate authority"),
    ("aws_apprunner_service", "the memory of its instances"),
    ("aws_autoscaling_group", "its instances"),
    ("aws_db_instance", "its instance and storage"),
    ("aws_directory_service_directory", "its domain controllers"),
    ("aws_dms_replication_instance", "its instance"),
    ("aws_docdb_cluster_instance", "its instance"),
    ("aws_ec2_client_vpn_endpoint", "its associations"),
    ("aws_ec2_transit_gateway", "its attachments"),
    ("aws_ecs_service", "its tasks"),
    ("aws_eip", "its address"),
    ("aws_eks_cluster", "its control plane"),
    ("aws_eks_node_group", "its instances"),
    ("aws_elasticache_cluster", "its nodes"),
    ("aws_elasticache_replication_group", "its nodes"),
    ("aws_emr_cluster", "its instances"),
    ("aws_fsx_lustre_file_system", "its storage"),
    ("aws_globalaccelerator_accelerator", "its addresses"),
    ("aws_instance", "its instance"),
    ("aws_kendra_index", "its capacity"),
    ("aws_kinesis_stream", "its shards"),
    ("aws_lb", "the load balancer"),
    ("aws_mq_broker", "its instances"),
    ("aws_msk_cluster", "its brokers"),
    ("aws_mwaa_environment", "its environment"),
    ("aws_nat_gateway", "the gateway"),
    ("aws_neptune_cluster_instance", "its instance"),
    ("aws_networkfirewall_firewall", "its endpoints"),
    ("aws_opensearch_domain", "its instances"),
    ("aws_rds_cluster_instance", "its instance"),
    ("aws_redshift_cluster", "its nodes"),
    ("aws_sagemaker_endpoint", "its instances"),
    ("aws_sagemaker_mlflow_tracking_server", "the server"),
    ("aws_vpn_connection", "the connection"),
];

impl RunningCosts {
    /// No type is allowed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Allow a type, such as `aws_nat_gateway`.
    #[must_use]
    pub fn allow(mut self, type_name: &str) -> Self {
        self.allowed.insert(type_name.to_owned());
        self
    }
}

impl Guard for RunningCosts {
    fn name(&self) -> &str {
        "running-costs"
    }

    fn check(&self, app: &AppView<'_>) -> Vec<Diagnostic> {
        let billed = app.resources().filter_map(|resource| {
            let (kind, what) = TABLE.iter().find(|(kind, _)| *kind == resource.type_name())?;
            let message = format!("`{}` costs by the hour, used or not: {what}", resource.address());
            let help = format!("remove it, or allow the type: RunningCosts::allow(\"{kind}\")");
            (!self.allowed.contains(*kind)).then(|| Diagnostic::error(resource.place(), message, help))
        });
        billed.collect()
    }
}
