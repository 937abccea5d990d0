//! Service integrations: what a `Task` can call, how, and with which parameters.

mod table;

use oleoduto_cdk::{Expr, Part};

use super::spot;
use crate::nearest::did_you_mean;
use table::{Integration, TABLE, TOKEN};

/// Check an integration as written in a resource, such as `glue:startJobRun.sync`, and its parameters.
pub(super) fn check(text: &str, parameters: &Expr, mistakes: &mut Vec<String>) {
    let (name, pattern) = match text.split_once('.') {
        Some((name, pattern)) => (name, Some(pattern)),
        None => (text, None),
    };
    match name.strip_prefix("aws-sdk:") {
        Some(action) => check_sdk(text, action, pattern, mistakes),
        None => match TABLE.iter().find(|known| known.name == name) {
            Some(known) => check_known(known, pattern, parameters, mistakes),
            None => {
                let hint = did_you_mean(name, TABLE.iter().map(|known| known.name));
                let otherwise = if hint.is_empty() { "; any action of AWS is `aws-sdk:service:action`" } else { "" };
                mistakes.push(format!("there is no integration `{name}`{hint}{otherwise}"));
            }
        },
    }
    if pattern == Some(TOKEN) && !may_hold_token(parameters) {
        mistakes
            .push(format!("`{text}` waits for its token, but no parameter contains `$$.Task.Token`: nobody could send it back"));
    }
    if let Some((_, api)) = name.rsplit_once(':')
        && name.contains("sagemaker:")
    {
        spot::check(api, parameters, mistakes);
    }
}

fn check_sdk(text: &str, action: &str, pattern: Option<&str>, mistakes: &mut Vec<String>) {
    let sound = action.split_once(':').is_some_and(|(service, action)| {
        !service.is_empty()
            && service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            && action.starts_with(|c: char| c.is_ascii_lowercase())
            && action.chars().all(|c| c.is_ascii_alphanumeric())
    });
    if !sound {
        mistakes.push(format!("`{text}` is not of the form `aws-sdk:service:action`, as in `aws-sdk:s3:listObjectsV2`"));
    }
    if let Some(pattern) = pattern.filter(|&pattern| pattern != TOKEN) {
        mistakes.push(format!("`{text}`: SDK calls do not support `.{pattern}`, only `.{TOKEN}`"));
    }
}

fn check_known(known: &Integration, pattern: Option<&str>, parameters: &Expr, mistakes: &mut Vec<String>) {
    let name = known.name;
    if let Some(pattern) = pattern.filter(|pattern| !known.patterns.contains(pattern)) {
        let allowed: Vec<_> = known.patterns.iter().map(|pattern| format!("`.{pattern}`")).collect();
        let allowed = if allowed.is_empty() { String::new() } else { format!(", only {}", allowed.join(" or ")) };
        mistakes.push(format!("`{name}` does not support `.{pattern}`{allowed}"));
    }
    // Parameters made by an expression are not known at synth.
    let Expr::Object(pairs) = parameters else { return };
    let given: Vec<&str> = pairs
        .iter()
        .map(|(key, _)| {
            let key: &str = key.as_ref();
            key.strip_suffix(".$").unwrap_or(key)
        })
        .collect();
    for parameter in known.required.split_whitespace().filter(|parameter| !given.contains(parameter)) {
        mistakes.push(format!("`{name}` needs the parameter `{parameter}`"));
    }
    for parameter in given.iter().filter(|parameter| !known.parameters().any(|known| known == **parameter)) {
        let hint = did_you_mean(parameter, known.parameters());
        mistakes.push(format!("`{name}` has no parameter `{parameter}`{hint}"));
    }
}

/// Whether the task's token is in a template, or could be for all that is known at synth.
fn may_hold_token(expr: &Expr) -> bool {
    let holds = |text: &str| text == "$$" || text.contains("$$.Task");
    match expr {
        Expr::Str(text) => holds(text),
        Expr::Template(parts) => parts.iter().any(|part| match part {
            Part::Text(text) => holds(text),
            Part::Interpolation(_) => false,
        }),
        Expr::Array(items) => items.iter().any(may_hold_token),
        Expr::Object(pairs) => pairs.iter().any(|(_, value)| may_hold_token(value)),
        Expr::Null | Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::Ref(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str, keys: &[&'static str]) -> Vec<String> {
        let mut mistakes = Vec::new();
        check(text, &Expr::object(keys.iter().map(|key| (*key, Expr::from("x")))), &mut mistakes);
        mistakes
    }

    #[test]
    fn the_table_is_in_order_and_names_each_parameter_once() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].name < pair[1].name, "{} {}", pair[0].name, pair[1].name);
        }
        for known in TABLE {
            let mut names: Vec<_> = known.parameters().collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", known.name);
            // As Step Functions writes them, whatever the service's own API does.
            assert!(names.iter().all(|name| name.starts_with(|c: char| c.is_ascii_uppercase())), "{}", known.name);
        }
    }

    #[test]
    fn names_are_suggested() {
        assert_eq!(mistakes("glue:startJob", &[]), ["there is no integration `glue:startJob`; did you mean `glue:startJobRun`?"]);
        assert_eq!(
            mistakes("quantum:entangle", &[]),
            ["there is no integration `quantum:entangle`; any action of AWS is `aws-sdk:service:action`"]
        );
    }

    #[test]
    fn patterns_are_those_of_the_service() {
        assert_eq!(mistakes("dynamodb:getItem.sync", &["TableName", "Key"]), ["`dynamodb:getItem` does not support `.sync`"]);
        assert_eq!(
            mistakes("lambda:invoke.sync", &["FunctionName"]),
            ["`lambda:invoke` does not support `.sync`, only `.waitForTaskToken`"]
        );
        assert_eq!(mistakes("states:startExecution.sync:2", &["StateMachineArn"]), Vec::<String>::new());
        assert_eq!(mistakes("aws-sdk:s3:listBuckets", &[]), Vec::<String>::new());
        assert_eq!(mistakes("aws-sdk:s3:listBuckets.sync", &[]).len(), 1);
        assert_eq!(mistakes("aws-sdk:s3", &[]).len(), 1);
    }

    #[test]
    fn parameters_are_those_of_the_service() {
        assert_eq!(mistakes("sqs:sendMessage", &["QueueUrl", "MessageBody.$", "DelaySeconds"]), Vec::<String>::new());
        assert_eq!(
            mistakes("glue:startJobRun", &["Jobname"]),
            [
                "`glue:startJobRun` needs the parameter `JobName`",
                "`glue:startJobRun` has no parameter `Jobname`; did you mean `JobName`?"
            ]
        );
    }

    #[test]
    fn a_token_that_is_waited_for_is_given_away() {
        let body = |text: &str| {
            Expr::object([("QueueUrl", Expr::from("x")), ("MessageBody", Expr::object([("T.$", Expr::from(text))]))])
        };
        let count = |parameters: &Expr| {
            let mut mistakes = Vec::new();
            check("sqs:sendMessage.waitForTaskToken", parameters, &mut mistakes);
            mistakes.len()
        };
        assert_eq!(count(&body("$$.Task.Token")), 0);
        assert_eq!(count(&body("$.token")), 1);
    }
}
