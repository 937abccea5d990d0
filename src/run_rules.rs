//! The keys `retry` and `hooks` of an environment, as the runner wants them.

use std::path::Path;
use std::time::Duration;

use oleoduto_cli::RunRules;
use oleoduto_runner::{HookTime, Retry, StackHook};
use oleoduto_stacks::parameters::{self, Environment, HookVerb};

/// The rules of an environment. Its hooks run in the project's folder.
pub(crate) fn run_rules(environment: &Environment, root: &Path) -> RunRules {
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
    RunRules {
        retry: Retry { attempts, pause: Duration::from_secs(pause_seconds.into()), errors },
        hooks: environment.hooks.iter().map(hook).collect(),
    }
}
