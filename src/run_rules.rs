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
        costs: costs(settings)?,
    })
}

/// What the stacks cost. A region without prices is no reason not to deploy there: `oleoduto cost` says what is missing.
fn costs(settings: &Settings) -> anyhow::Result<BTreeMap<String, Vec<Cost>>> {
    let known = match stack_costs(settings) {
        Err(PriceError::Region { .. }) => Vec::new(),
        known => known?,
    };
    let mut costs: BTreeMap<String, Vec<Cost>> = BTreeMap::new();
    for StackCost { stack, usd, per, certain } in known {
        costs.entry(stack.to_owned()).or_default().push(Cost { usd, per: per.to_owned(), certain });
    }
    Ok(costs)
}
