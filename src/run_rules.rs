//! The keys `retry` and `hooks` of an environment, and the estimate of its costs, as the runner wants them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use oleoduto_cli::RunRules;
use oleoduto_runner::{Cost, HookTime, Retry, StackHook};
use oleoduto_stacks::parameters::{self, HookVerb};
use oleoduto_stacks::{PriceError, Settings, StackCost, stack_costs};

/// The rules of an environment. Its hooks run in the project's folder.
///
/// # Errors
/// The table of prices can't be parsed.
pub(crate) fn run_rules(settings: &Settings, root: &Path) -> anyhow::Result<RunRules> {
    let environment = &settings.parameters;
    let parameters::Retry { attempts, pause_seconds, errors } = environment.retry.clone();
    let hook = |hook: &parameters::Hook| StackHook {
        command: hook.command.clone(),
        time: match hook.time {
            parameters::HookTime::Before => HookTime::Before,
            parameters::HookTime::After => HookTime::After,
        },
        of: hook.of.iter().copied().map(HookVerb::as_str).map(str::to_owned).collect(),
        stacks: hook.stacks.clone(),
        folder: root.to_owned(),
    };
    Ok(RunRules {
        retry: Retry { attempts, pause: Duration::from_secs(pause_seconds.into()), errors },
        hooks: environment.hooks.iter().map(hook).collect(),
        costs: costs(stack_costs(settings))?,
    })
}

/// What the stacks cost. A region without prices is no reason not to deploy there: `oleoduto cost` says what is missing.
fn costs(known: Result<Vec<StackCost>, PriceError>) -> anyhow::Result<BTreeMap<String, Vec<Cost>>> {
    let known = match known {
        Err(PriceError::Region { .. }) => Vec::new(),
        known => known?,
    };
    let mut costs: BTreeMap<String, Vec<Cost>> = BTreeMap::new();
    for StackCost { stack, usd, per, certain } in known {
        costs.entry(stack.to_owned()).or_default().push(Cost { usd, per: per.to_owned(), certain });
    }
    Ok(costs)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn a_region_without_prices_can_be_deployed_to_and_a_broken_table_is_an_error() {
        let region = PriceError::Region { region: "eu-north-1".to_owned(), known: "us-east-1".to_owned() };
        assert!(costs(Err(region)).unwrap().is_empty());
        let broken = serde_json::from_str::<bool>("{").unwrap_err();
        assert!(costs(Err(PriceError::Json(broken))).is_err());
        let cost = |per| StackCost { stack: "glue", usd: 1.0, per, certain: true };
        assert_eq!(costs(Ok(vec![cost("month"), cost("execution")])).unwrap()["glue"].len(), 2);
    }
}
