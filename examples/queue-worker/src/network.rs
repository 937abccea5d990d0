//! `network`: a VPC, a subnet per zone, and a security group that lets traffic out only.

use oleoduto_aws::security_group::{Egress, SecurityGroup};
use oleoduto_aws::subnet::{Subnet, SubnetRefs};
use oleoduto_aws::vpc::Vpc;
use oleoduto_cdk::{App, List, Meta, Ref, func, text};

use crate::base;

/// Address range of the VPC.
const RANGE: &str = "10.20.0.0/16";
/// The zones, by the last letter of their names.
const ZONES: [&str; 2] = ["a", "b"];

/// What the worker needs of the network.
pub(crate) struct Exports {
    pub(crate) subnets: Ref<List<String>>,
    pub(crate) security_group: Ref<String>,
}

pub(crate) fn stack(app: &mut App, region: &str) -> Exports {
    let stack = base::stack(app, region, "network");
    let vpc = stack.add("main", Vpc::builder().cidr_block(RANGE).enable_dns_hostnames(true).build());
    // One subnet per zone: `each.value` is its number, from which Terraform cuts the range.
    let numbers = ZONES.iter().zip(0_i64..).map(|(zone, number)| ((*zone).to_owned(), number));
    let numbers: std::collections::BTreeMap<String, i64> = numbers.collect();
    let subnets = stack.add_for_each("zone", numbers, Meta::new(), |each| {
        let zone = text![region, each.key()];
        Subnet::builder()
            .vpc_id(vpc.id())
            .availability_zone(zone)
            .cidr_block(func::cidrsubnet(RANGE, 8, each.value()))
            .tags([("Name", text!["queue-worker-", each.key()])])
            .build()
    });
    let anywhere = Egress::builder().description("anywhere").protocol("-1").from_port(0).to_port(0).cidr_blocks(["0.0.0.0/0"]);
    let group = SecurityGroup::builder()
        .name_prefix("queue-worker-")
        .description("The worker: out, not in")
        .vpc_id(vpc.id())
        .egress([anywhere.build()])
        .build();
    let group = stack.add_with("worker", group, Meta::new().create_before_destroy());
    Exports { subnets: subnets.all(SubnetRefs::id), security_group: group.id() }
}
