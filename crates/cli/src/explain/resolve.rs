//! What texts of a configuration say when everything in them is known that is known before an apply.

use serde_json::Value as Json;

use super::reference::{Reference, reference};
use super::world::{Member, World};

/// References lead through outputs of other stacks; an output of an output of ... is a circle sooner than this.
const DEEPEST: usize = 20;

/// The ARN of a resource, as far as it follows from names.
pub(super) fn arn(world: &World, member: &Member) -> Option<String> {
    let mut arguments = member.arguments.clone();
    for value in arguments.as_object_mut()?.values_mut() {
        if let Json::String(text) = value {
            *text = resolved(world, &member.stack, text);
        }
    }
    let arn = oleoduto_runner::arn(&world.account, &world.region, &member.kind, &arguments)?;
    (!arn.contains("${")).then_some(arn)
}

/// A text with everything in it that is known before an apply. What is not known stays `${...}`.
pub(super) fn resolved(world: &World, stack: &str, text: &str) -> String {
    resolve(world, stack, text, DEEPEST)
}

fn resolve(world: &World, stack: &str, text: &str, deepest: usize) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        done.push_str(before);
        let Some((expression, behind)) = after.split_once('}') else {
            rest = &rest[before.len()..];
            break;
        };
        let known = if deepest == 0 { None } else { value(world, stack, expression, deepest - 1) };
        done.push_str(&known.unwrap_or_else(|| format!("${{{expression}}}")));
        rest = behind;
    }
    done + rest
}

fn value(world: &World, stack: &str, expression: &str, deepest: usize) -> Option<String> {
    match expression.strip_prefix("data.").map(|data| data.split('.').collect::<Vec<_>>()).as_deref() {
        Some(["aws_partition", _, "partition"]) => {
            // The ARN of anything in the place begins with its partition.
            let arn = oleoduto_runner::arn("", &world.region, "aws_s3_bucket", &serde_json::json!({"bucket": ""}))?;
            return arn.split(':').nth(1).map(str::to_owned);
        }
        Some(["aws_region", _, "name" | "region"]) => return Some(world.region.clone()),
        Some(["aws_caller_identity", _, "account_id"]) => return Some(world.account.clone()),
        _ => {}
    }
    match reference(expression) {
        Reference::Output { stack: producer, output } => {
            let text = world.outputs.get(&(producer.clone(), output))?;
            Some(resolve(world, &producer, text, deepest))
        }
        Reference::Attribute { kind, name, attribute } => {
            let member = world.member(stack, &kind, &name)?;
            match member.arguments[&attribute].as_str() {
                Some(text) => Some(resolve(world, stack, text, deepest)),
                None if attribute == "arn" => arn(world, member),
                None => None,
            }
        }
        Reference::Other => None,
    }
}
