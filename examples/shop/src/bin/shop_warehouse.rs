//! A program for the tests of the runner: `labels` reads from `shelves` what is known before anything exists. Environment variables change
//! what is declared.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use oleoduto_cdk::{App, Backend, Expr, Key, Meta, Ref, SynthError};
use oleoduto_cli::{Context, RunRules};
use oleoduto_runner::{Cost, HookTime, Retry, StackHook};

fn main() -> ExitCode {
    let hook = |variable: &str, time| {
        let script = std::env::var(variable).ok()?;
        let command = ["sh", "-c", &script].map(str::to_owned).to_vec();
        Some(StackHook { command, time, of: vec!["apply".to_owned()], stacks: vec!["label*".to_owned()], folder: ".".into() })
    };
    let hooks = [hook("WAREHOUSE_BEFORE", HookTime::Before), hook("WAREHOUSE_AFTER", HookTime::After)];
    let retry = Retry { pause: Duration::from_millis(10), ..Retry::default() };
    let rent = Cost { usd: 1.5, per: "month".to_owned(), certain: true };
    let costs = BTreeMap::from([("shelves".to_owned(), vec![rent])]);
    oleoduto_cli::run_with("warehouse", RunRules { retry, hooks: hooks.into_iter().flatten().collect(), costs }, declare)
}

fn declare(context: &Context) -> Result<App, SynthError> {
    let variable = |name: &str| std::env::var(name).ok();
    let mut app = App::new();
    let state = |stack: &str| match variable("WAREHOUSE_STATES") {
        Some(url) => {
            let address = format!("{url}/{stack}");
            Backend::Other { kind: "http".to_owned(), config: vec![(Key::from("address"), address.into())] }
        }
        None => context.local_state(stack),
    };
    let shelves = app.stack("shelves", state("shelves"));
    let input = variable("WAREHOUSE_AISLE").unwrap_or_else(|| "north".to_owned());
    let aisle = shelves.add_raw("terraform_data", "aisle", [("input", input.into())], Meta::new());
    shelves.add_raw("terraform_data", "shelf", [("input", "wood".into())], Meta::new().override_at("count", 2.into()));
    let labels = app.stack("labels", state("labels"));
    let mut printed = Meta::new();
    if let Some(command) = variable("WAREHOUSE_COMMAND") {
        let run = Expr::Object(vec![(Key::from("command"), command.into())]);
        printed = printed.override_at("provisioner", Expr::Object(vec![(Key::from("local-exec"), run)]));
    }
    labels.add_raw("terraform_data", "label", [("input", Expr::from(Ref::<String>::new(&aisle, "input")))], printed);
    Ok(app)
}
