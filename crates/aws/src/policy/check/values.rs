//! Values of conditions that can match.

use std::net::IpAddr;

use super::operators::Operator;
use crate::authorization::Pattern;

/// Namespaces that AWS's services and agents write with the permissions of a role. `AWS/...` is for the services themselves.
/// Source: the services' pages on metrics, such as
/// <https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html>.
const NAMESPACES: [&str; 12] = [
    "/aws/sagemaker/Endpoints",
    "/aws/sagemaker/InferenceRecommendationsJobs",
    "/aws/sagemaker/ProcessingJobs",
    "/aws/sagemaker/TrainingJobs",
    "/aws/sagemaker/TransformJobs",
    "CWAgent",
    "CloudWatchSynthetics",
    "ContainerInsights",
    "ContainerInsights/Prometheus",
    "ECS/ContainerInsights",
    "Glue",
    "LambdaInsights",
];

/// What is wrong with a literal value of a key: what it is, and what to do.
pub(super) fn mistake(operator: Operator, key: &str, value: &str) -> Option<String> {
    // A policy variable is known only with the request.
    if value.contains("${") {
        return None;
    }
    of_operator(operator.name, value).or_else(|| of_key(&key.to_ascii_lowercase(), operator.name, value))
}

fn of_operator(operator: &str, value: &str) -> Option<String> {
    let wild = value.contains(['*', '?']);
    match operator {
        "StringEquals" | "StringNotEquals" | "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" if value.contains('*') => {
            let like = if operator.contains("Not") { "StringNotLike" } else { "StringLike" };
            Some(format!("`{value}`, in which `{operator}` takes `*` for itself: use `{like}`"))
        }
        "Bool" | "Null" if !matches!(value, "true" | "false") => {
            Some(format!("`{value}`, but `{operator}` takes `true` or `false`"))
        }
        _ if operator.starts_with("Numeric") && value.parse::<f64>().is_err() => Some(format!("`{value}`, which is no number")),
        _ if operator.starts_with("Date") && !value.starts_with(|c: char| c.is_ascii_digit()) => {
            Some(format!("`{value}`, which is no date: write it as `2026-01-31T00:00:00Z`"))
        }
        "IpAddress" | "NotIpAddress" if !is_network(value) => {
            Some(format!("`{value}`, which is no network: write it as `203.0.113.0/24`"))
        }
        _ if operator.starts_with("Arn") && !wild && !value.starts_with("arn:") => Some(format!("`{value}`, which is no ARN")),
        _ => None,
    }
}

fn of_key(key: &str, operator: &str, value: &str) -> Option<String> {
    match key {
        "cloudwatch:namespace" if operator.starts_with("String") => namespace(value),
        "iam:passedtoservice" if !is_service_principal(value) => {
            Some(format!("`{value}`, which is no service principal: write it as `SERVICE.amazonaws.com`"))
        }
        "s3:prefix" if value.starts_with('/') => Some(format!("`{value}`: keys do not begin with `/`, remove it")),
        "aws:principalaccount" | "aws:resourceaccount" | "aws:sourceaccount"
            if !value.contains(['*', '?']) && (value.len() != 12 || !value.bytes().all(|byte| byte.is_ascii_digit())) =>
        {
            Some(format!("`{value}`, which is no account: write its 12 digits"))
        }
        _ => None,
    }
}

fn namespace(value: &str) -> Option<String> {
    if value.starts_with("AWS/") {
        return Some(format!("`{value}`: only AWS's services write to the namespaces `AWS/...`"));
    }
    let (exact, any_case) = (Pattern::wildcards(value), Pattern::wildcards(&value.to_ascii_lowercase()));
    let near: Vec<_> = NAMESPACES.iter().filter(|name| any_case.fits(&name.to_ascii_lowercase())).collect();
    if near.is_empty() || near.iter().any(|name| exact.fits(name)) {
        return None;
    }
    Some(format!("`{value}`, which no namespace fits, since case counts: `{}` is one", near[0]))
}

fn is_network(value: &str) -> bool {
    let (address, bits) = value.split_once('/').map_or((value, None), |(address, bits)| (address, Some(bits)));
    address.parse::<IpAddr>().is_ok_and(|address| {
        let most = if address.is_ipv4() { 32 } else { 128 };
        bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= most))
    })
}

/// Whether the text is the name of a service as principals and `iam:PassedToService` have it, or a pattern of such names.
pub(super) fn is_service_principal(text: &str) -> bool {
    const DOMAINS: [&str; 5] = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal", ".aws.com"];
    let well_formed = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.*?".contains(&byte));
    well_formed && (text.ends_with('*') || DOMAINS.iter().any(|domain| text.len() > domain.len() && text.ends_with(domain)))
}
