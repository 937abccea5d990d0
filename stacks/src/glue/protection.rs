//! What protects the Glue jobs: a security configuration with the key of the data, and connections to the network.

use oleoduto_aws::data_subnet::{Filter, SubnetData, SubnetDataRefs};
use oleoduto_aws::glue_connection::{GlueConnection, PhysicalConnectionRequirements};
use oleoduto_aws::glue_security_configuration::{
    EncryptionConfiguration, EncryptionConfigurationCloudwatchEncryption, EncryptionConfigurationJobBookmarksEncryption,
    EncryptionConfigurationS3Encryption, GlueSecurityConfiguration,
};
use oleoduto_aws::grants::Grant;
use oleoduto_cdk::{Expr, List, Meta, Ref, Stack, Val};

use crate::iam;
use crate::parameters::Network;
use crate::support::names::Single;
use crate::support::settings::Settings;

/// What each job refers to.
pub(super) struct Protection {
    /// The name of the security configuration.
    pub(super) configuration: Option<Ref<String>>,
    /// The names of the connections.
    pub(super) connections: Option<Val<List<String>>>,
}

impl Protection {
    /// Declare what the environment asks for.
    pub(super) fn add(stack: &mut Stack, settings: &Settings, roles: &mut iam::Roles, key: Option<&Val<String>>) -> Self {
        let configuration = key.map(|key| stack.add("encryption", configuration(settings, key)).name());
        let connections = settings.parameters.network.as_ref().map(|network| connections(stack, settings, roles, network));
        Self { configuration, connections }
    }
}

/// The key for everything but the logs: if Glue encrypted these, it would write to groups with other names. The key is that of
/// the groups themselves.
fn configuration(settings: &Settings, key: &Val<String>) -> GlueSecurityConfiguration {
    let logs = EncryptionConfigurationCloudwatchEncryption::builder().cloudwatch_encryption_mode("DISABLED").build();
    let bookmarks = EncryptionConfigurationJobBookmarksEncryption::builder()
        .job_bookmarks_encryption_mode("CSE-KMS")
        .kms_key_arn(key.clone())
        .build();
    let objects = EncryptionConfigurationS3Encryption::builder().s3_encryption_mode("SSE-KMS").kms_key_arn(key.clone()).build();
    let encryption = EncryptionConfiguration::builder()
        .cloudwatch_encryption(logs)
        .job_bookmarks_encryption(bookmarks)
        .s3_encryption(objects)
        .build();
    GlueSecurityConfiguration::builder()
        .name(settings.names().of(Single::Encryption))
        .encryption_configuration(encryption)
        .build()
}

/// A connection for each subnet: Glue takes the first one that has addresses left.
fn connections(stack: &mut Stack, settings: &Settings, roles: &mut iam::Roles, network: &Network) -> Val<List<String>> {
    let names = settings.names();
    let granted = network.grants();
    roles.glue.allow(granted.of_glue(&roles.here));
    let subnets: Vec<_> = (1..).zip(&granted.subnets).map(|(number, id)| (number, id, look_up(stack, number, id))).collect();
    let networks = subnets.iter().map(|(_, _, subnet)| Expr::from(subnet.vpc_id())).collect();
    let distinct = Expr::Call("distinct", vec![Expr::Array(networks)]);
    let one = Expr::Binary("==", Box::new((Expr::Call("length", vec![distinct]), 1_i64.into())));
    let mut connections = Vec::new();
    for (number, id, subnet) in &subnets {
        let requirements = PhysicalConnectionRequirements::builder()
            // The subnet says it, but Glue's API demands it.
            .availability_zone(subnet.availability_zone())
            .security_group_id_list(granted.security_groups.clone())
            .subnet_id(*id)
            .build();
        let name = names.connection(*number);
        let connection = GlueConnection::builder()
            .name(name.as_str())
            .connection_type("NETWORK")
            .physical_connection_requirements(requirements)
            .build();
        let message =
            format!("env.{}.network.subnets: these subnets are of several VPCs: name subnets of one", settings.environment);
        let meta = Meta::new().precondition(Val::raw(one.clone()), &message);
        let arns =
            ["catalog".to_owned(), format!("connection/{name}")].map(|resource| roles.here.arn::<String>("glue", resource));
        let grant = Grant::new("Connect", "glue", "GetConnection");
        roles.glue.allow(arns.into_iter().fold(grant, |grant, arn| grant.on(arn)));
        connections.push(stack.add_with(&format!("network_{number}"), connection, meta).name());
    }
    connections.into()
}

/// What EC2 says of a subnet.
fn look_up(stack: &mut Stack, number: usize, id: &str) -> SubnetDataRefs {
    let filter = Filter::builder().name("subnet-id").values([id]).build();
    stack.data(&format!("subnet_{number}"), SubnetData::builder().filter([filter]).build())
}
