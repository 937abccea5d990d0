//! `lambda`: the function that decides run date, partition and job names once per execution, and what follows when a job fails.

use std::collections::BTreeMap;

use oleoduto_aws::grants::{LogGroup, trace};
use oleoduto_aws::lambda_function::{Environment, LambdaFunction, LoggingConfig, TracingConfig, VpcConfig};
use oleoduto_aws::types::{FunctionArn, LambdaRuntime};
use oleoduto_cdk::{App, Ref, Val, func};

use crate::parameters::Network;
use crate::support::files::Files;
use crate::support::logs;
use crate::support::names::{Names, Single};
use crate::support::settings::Settings;
use crate::support::stack;
use crate::support::stack_name::StackName;
use crate::{iam, s3};

/// The function.
pub(crate) struct Exports {
    pub(crate) training_vars: Ref<FunctionArn>,
}

pub(crate) fn stack(
    app: &mut App,
    settings: &Settings,
    s3: &s3::Exports,
    roles: &mut iam::Roles,
    files: &Files,
    key: Option<&Val<String>>,
) -> Exports {
    let (stack, _) = stack::add(app, settings, StackName::Lambda);
    let names = settings.names();
    let name = names.of(Single::Function);
    let group = stack.add("training_vars", logs::group(settings, Names::function_logs(&name), key));
    // By name: the role's stack can't read this one, which reads it.
    let group_name = format!("log-group:{}", Names::function_logs(&name));
    roles.lambda.allow(LogGroup::new(roles.here.arn("logs", group_name)).write());
    let network = settings.parameters.network.as_ref().map(Network::grants);
    roles.lambda.allow(network.iter().flat_map(|network| network.of_lambda(&roles.here)));
    let tracing = settings.parameters.recorded().tracing;
    if tracing {
        roles.lambda.allow([trace()]);
    }
    let filename = stack.asset(files.training_vars.clone());
    let hash = func::filebase64sha256(&filename);
    let mut variables: BTreeMap<String, Val<String>> = BTreeMap::from([
        ("PIPELINE_PREFIX".to_owned(), names.prefix().into()),
        ("SERIES".to_owned(), settings.series.as_str().into()),
        ("DEFAULT_SOURCE".to_owned(), "ipeadata".into()),
    ]);
    let codes = settings.parameters.additional_series.joined_without(&settings.series);
    if let Some(additional) = codes.map(Val::from).or_else(|| s3.series.as_ref().map(|key| s3.uri(key))) {
        variables.insert("ADDITIONAL_SERIES".to_owned(), additional);
    }
    variables.extend(settings.parameters.training.variables().map(|(key, value)| (key, value.into())));
    let function =
        LambdaFunction::builder()
            .function_name(name)
            .role(roles.lambda.arn())
            .runtime(LambdaRuntime::Python313)
            .architectures(["arm64"])
            .handler("oleoduto_jobs.function.handler")
            .filename(filename)
            .source_code_hash(hash)
            .timeout(30)
            .memory_size(i64::from(settings.parameters.sizes.lambda_memory_mb))
            .environment(Environment::builder().variables(variables).build())
            .logging_config(LoggingConfig::builder().log_format("JSON").log_group(group.name()).build())
            .maybe_vpc_config(network.map(|network| {
                VpcConfig::builder().security_group_ids(network.security_groups).subnet_ids(network.subnets).build()
            }))
            .maybe_tracing_config(tracing.then(|| TracingConfig::builder().mode("Active").build()))
            .build();
    Exports { training_vars: stack.add("training_vars", function).arn() }
}
