//! The service: a task of one container, its role, its logs and its firewall.

use oleoduto_aws::cloudwatch_log_group::{CloudwatchLogGroup, CloudwatchLogGroupRefs};
use oleoduto_aws::data_caller_identity::CallerIdentityData;
use oleoduto_aws::iam_role::{IamRole, IamRoleRefs};
use oleoduto_aws::iam_role_policy::IamRolePolicy;
use oleoduto_aws::policy::{Statement, policy, trust};
use oleoduto_aws::security_group::{Egress, Ingress, SecurityGroup};
use oleoduto_aws::types::RetentionDays;
use oleoduto_cdk::{Blocks, Expr, Map, Ref, Stack, Variable, func, text};

use crate::bindings::ecs_cluster::{EcsCluster, Setting};
use crate::bindings::ecs_service::{EcsService, NetworkConfiguration};
use crate::bindings::ecs_task_definition::EcsTaskDefinition;
use crate::network::Network;

/// A server that answers with a page.
const IMAGE: &str = "public.ecr.aws/nginx/nginx:1.29";
const PORT: i64 = 80;

pub(crate) fn declare(stack: &mut Stack, region: &str, name: &Ref<String>, network: &Network) {
    let logs = CloudwatchLogGroup::builder().name(text!["/ecs/", name]).retention_in_days(RetentionDays::TwoWeeks);
    let logs = stack.add("service", logs.build());
    let role = role(stack, name, &logs);
    // A `setting` block for each entry of a map that is known at plan.
    let settings = Variable::new().default_value(Expr::object([("containerInsights", Expr::from("enabled"))]));
    let settings = stack.variable::<Map<String>>("cluster_settings", settings);
    let settings =
        Blocks::for_each("setting", settings, |setting| Setting::builder().name(setting.key()).value(setting.value()).build());
    let cluster = stack.add("main", EcsCluster::builder().name(name).setting(settings).build());
    let task = EcsTaskDefinition::builder()
        .family(name)
        .requires_compatibilities(["FARGATE"])
        .network_mode("awsvpc")
        .cpu("256")
        .memory("512")
        .execution_role_arn(role.arn())
        .container_definitions(func::jsonencode(vec![container(region, &logs)]))
        .build();
    let task = stack.add("service", task);
    let group = firewall(stack, name, network);
    let placed =
        NetworkConfiguration::builder().subnets(&network.subnets).security_groups([group]).assign_public_ip(true).build();
    let service = EcsService::builder()
        .name(name)
        .cluster(cluster.arn())
        .task_definition(task.arn())
        .launch_type("FARGATE")
        .desired_count(2)
        .network_configuration(placed)
        .build();
    let service = stack.add("service", service);
    stack.output("service", service.name());
    stack.output("logs", logs.name());
}

fn container(region: &str, logs: &CloudwatchLogGroupRefs) -> Expr {
    let options =
        [("awslogs-group", Expr::from(logs.name())), ("awslogs-region", region.into()), ("awslogs-stream-prefix", "web".into())];
    let logging = Expr::object([("logDriver", Expr::from("awslogs")), ("options", Expr::object(options))]);
    let port = Expr::object([("containerPort", Expr::from(PORT))]);
    Expr::object([
        ("name", Expr::from("web")),
        ("image", IMAGE.into()),
        ("essential", true.into()),
        ("portMappings", vec![port].into()),
        ("logConfiguration", logging),
    ])
}

/// The role with which ECS starts the task: it may write the logs.
fn role(stack: &mut Stack, name: &Ref<String>, logs: &CloudwatchLogGroupRefs) -> IamRoleRefs {
    let account = stack.data("current", CallerIdentityData::builder().build()).account_id();
    let trusted = trust("ecs-tasks.amazonaws.com", account);
    let role = stack.add("service", IamRole::builder().name(text![name, "-start"]).assume_role_policy(trusted).build());
    let write = Statement::allow("Logs", &["logs:CreateLogStream", "logs:PutLogEvents"]).on(text![logs.arn(), ":*"]);
    stack.add("service", IamRolePolicy::builder().name("logs").role(role.name()).policy(policy([write])).build());
    role
}

fn firewall(stack: &mut Stack, name: &Ref<String>, network: &Network) -> Ref<String> {
    let web = Ingress::builder().protocol("tcp").from_port(PORT).to_port(PORT).cidr_blocks(["0.0.0.0/0"]).description("the web");
    let anywhere = Egress::builder().protocol("-1").from_port(0).to_port(0).cidr_blocks(["0.0.0.0/0"]).description("anywhere");
    let group = SecurityGroup::builder()
        .name_prefix(text![name, "-"])
        .vpc_id(&network.vpc)
        .ingress([web.build()])
        .egress([anywhere.build()])
        .build();
    stack.add("service", group).id()
}
