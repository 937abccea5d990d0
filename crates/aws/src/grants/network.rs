//! Networks: what services need to put jobs and functions into subnets, by interfaces that they create.

use oleoduto_cdk::Val;

use super::grant::Grant;
use crate::lookups::Lookups;

/// Subnets of one network, and the security groups of what runs in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Ids of the subnets.
    pub subnets: Vec<String>,
    /// Ids of the security groups.
    pub security_groups: Vec<String>,
}

/// EC2 lists only everything.
const LISTS: &str = "the lists of EC2 know no resources";

impl Network {
    /// The jobs of Glue.
    /// Source: <https://docs.aws.amazon.com/glue/latest/dg/create-service-policy.html>.
    pub fn of_glue(&self, here: &Lookups) -> Vec<Grant> {
        let lists = "DescribeNetworkInterfaces DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeVpcEndpoints";
        let tags = Grant::new("TagInterfaces", "ec2", "CreateTags DeleteTags").on(interfaces(here)).when(
            "ForAllValues:StringEquals",
            "aws:TagKeys",
            "aws-glue-service-resource",
        );
        let vpcs = Grant::new("LookAtNetworks", "ec2", "DescribeVpcAttribute").on(here.arn::<String>("ec2", "vpc/*"));
        vec![self.create(here), own(here, "DeleteNetworkInterface"), list(lists), vpcs, tags]
    }

    /// Functions.
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions>.
    pub fn of_lambda(&self, here: &Lookups) -> Vec<Grant> {
        let addresses = "AssignPrivateIpAddresses DeleteNetworkInterface UnassignPrivateIpAddresses";
        vec![self.create(here), own(here, addresses), list("DescribeNetworkInterfaces DescribeSubnets")]
    }

    /// The jobs of SageMaker.
    /// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms>.
    pub fn of_sagemaker(&self, here: &Lookups) -> Vec<Grant> {
        let actions = "CreateNetworkInterfacePermission DeleteNetworkInterface DeleteNetworkInterfacePermission";
        let lists = "DescribeDhcpOptions DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets DescribeVpcs";
        vec![self.create(here), own(here, actions), list(lists)]
    }

    /// More than all of these together, in any network: for a limit of several roles, which has no room for subnets.
    pub fn of_all_anywhere(here: &Lookups) -> [Grant; 2] {
        let actions = "AssignPrivateIpAddresses CreateNetworkInterface* DeleteNetworkInterface* UnassignPrivateIpAddresses";
        [Grant::new("UseInterfaces", "ec2", actions).on(here.arn::<String>("ec2", "*")), list("Describe*")]
    }

    /// Create interfaces in these subnets, with these groups.
    fn create(&self, here: &Lookups) -> Grant {
        let subnets = self.subnets.iter().map(|id| format!("subnet/{id}"));
        let groups = self.security_groups.iter().map(|id| format!("security-group/{id}"));
        let grant = Grant::new("CreateInterfaces", "ec2", "CreateNetworkInterface").on(interfaces(here));
        subnets.chain(groups).fold(grant, |grant, resource| grant.on(here.arn::<String>("ec2", resource)))
    }
}

/// The ids of interfaces are made when they are created.
fn interfaces(here: &Lookups) -> Val<String> {
    here.arn("ec2", "network-interface/*")
}

fn own(here: &Lookups, actions: &str) -> Grant {
    Grant::new("UseInterfaces", "ec2", actions).on(interfaces(here))
}

fn list(actions: &str) -> Grant {
    Grant::new("LookAtNetworks", "ec2", actions).on_any_because(LISTS)
}
