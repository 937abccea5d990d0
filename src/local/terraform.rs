//! The runner over the stacks of the local AWS.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::bail;
use oleoduto_cli::failure;
use oleoduto_runner::{Approval, FolderLock, Message, Observer, Options, Outcome, Runner, Selection, StackReport, locked};

use super::context::LocalContext;
use super::endpoint::Endpoint;
use super::progress::ProgressStep;
use crate::global::MISSING_BUCKET_HELP;

/// A provider takes about 1 GB: two at a time suit a laptop.
const PARALLELISM: usize = 2;

/// The runner while it works, which an interrupt is passed to.
pub(crate) type Working = Arc<Mutex<Option<Runner>>>;

/// Shows a line per applied stack.
struct Lines(Arc<ProgressStep>);

impl Observer for Lines {
    fn started(&self, _: &str, _: &str) {}
    fn message(&self, _: &str, _: &Message) {}

    fn ended(&self, report: &StackReport) {
        match report.result {
            Outcome::Applied => self.0.line(&format!("      applied {}", report.name)),
            Outcome::Unchanged => self.0.line(&format!("      unchanged {}", report.name)),
            _ => {}
        }
    }

    fn note(&self, text: &str) {
        self.0.line(text);
    }
}

/// `init` and `apply` of every stack of an output folder.
pub(crate) async fn apply(
    context: &LocalContext,
    endpoint: &Endpoint,
    out: &Path,
    step: &Arc<ProgressStep>,
    working: &Working,
) -> anyhow::Result<()> {
    let environment = endpoint.environment().into_iter().map(|(key, value)| (key.to_owned(), value));
    let options = Options {
        terraform: context.terraform.clone(),
        environment: environment.collect(),
        parallelism: PARALLELISM,
        account: endpoint.account.to_string(),
        region: endpoint.region.to_string(),
        unlock_command: Arc::new(|stack| format!("oleoduto unlock {stack}")),
        missing_bucket_help: MISSING_BUCKET_HELP.to_owned(),
        observer: Arc::new(Lines(step.clone())),
        ..Options::new(out.to_owned(), format!("local/{}", context.series), context.plugin_cache.clone())
    };
    let runner = Runner::open(options, FolderLock::take(out)?)?;
    set(working, Some(runner.clone()));
    let report = runner.apply(&Selection::default(), Approval::Given).await;
    set(working, None);
    let report = report?;
    if report.succeeded {
        return Ok(());
    }
    report.stacks.iter().for_each(failure);
    let failed: Vec<_> = report.stacks.iter().filter(|stack| !stack.result.is_good()).map(|stack| stack.name.as_str()).collect();
    bail!("not applied: {}", failed.join(", "))
}

/// Waits until no runner works.
pub(crate) async fn ended(working: &Working) {
    while locked(working).is_some() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn set(working: &Working, runner: Option<Runner>) {
    *locked(working) = runner;
}
