//! A VPC with two public subnets.

use oleoduto_aws::subnet::{Subnet, SubnetRefs};
use oleoduto_aws::vpc::Vpc;
use oleoduto_cdk::{List, Meta, Ref, Stack, func, text};

use crate::bindings::internet_gateway::InternetGateway;
use crate::bindings::route_table::{Route, RouteTable};
use crate::bindings::route_table_association::RouteTableAssociation;

/// Address range of the VPC.
const RANGE: &str = "10.30.0.0/16";
/// The zones, by the last letter of their names.
const ZONES: [&str; 2] = ["a", "b"];

/// What the service needs of the network.
pub(crate) struct Network {
    pub(crate) vpc: Ref<String>,
    pub(crate) subnets: Ref<List<String>>,
}

pub(crate) fn declare(stack: &mut Stack, region: &str, name: &Ref<String>) -> Network {
    let vpc = Vpc::builder().cidr_block(RANGE).enable_dns_hostnames(true).tags([("Name", name)]);
    let vpc = stack.add("main", vpc.build());
    let gateway = stack.add("main", InternetGateway::builder().vpc_id(vpc.id()).build());
    let subnets = stack.add_count("public", ZONES.len(), Meta::new(), |index| {
        let zones = ZONES.map(|zone| format!("{region}{zone}"));
        Subnet::builder()
            .vpc_id(vpc.id())
            .availability_zone(func::element::<String>(zones, &index))
            .cidr_block(func::cidrsubnet(RANGE, 8, &index))
            .tags([("Name", text![name, "-", index])])
            .build()
    });
    // `route` is an argument of objects: what is not set is null.
    let anywhere = Route::builder().cidr_block("0.0.0.0/0").gateway_id(gateway.id()).build();
    let routes = stack.add("public", RouteTable::builder().vpc_id(vpc.id()).route([anywhere]).build());
    stack.add_count("public", ZONES.len(), Meta::new(), |index| {
        let subnet = func::element::<String>(subnets.all(SubnetRefs::id), index);
        RouteTableAssociation::builder().route_table_id(routes.id()).subnet_id(subnet).build()
    });
    Network { vpc: vpc.id(), subnets: subnets.all(SubnetRefs::id) }
}
