//! A run of one verb over the selected stacks, and its report.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Result, RunnerError, with_causes};
use crate::files;
use crate::graph::Graph;
use crate::hooks;
use crate::load;
use crate::report::{self, Outcome, RunReport, StackReport};
use crate::schedule::{self, Completion, NotRun};
use crate::select::{self, Needs, Selection};
use crate::session::Session;

/// The selected part of the graph, with all states loaded. Refuses a selection that leaves out stacks it needs.
pub(crate) async fn selected(session: &Arc<Session>, selection: &Selection, needs: Option<Needs>) -> Result<Graph> {
    let chosen = select::select(&session.graph, selection)?;
    let mut needed = chosen.clone();
    for name in &chosen {
        needed.extend(session.graph.producers(name).map(str::to_owned));
        if needs == Some(Needs::Consumers) {
            needed.extend(session.graph.consumers(name).map(str::to_owned));
        }
    }
    if session.options.planning.is_of_one_stack() && chosen.len() != 1 {
        return Err(RunnerError::SeveralStacks { count: chosen.len() });
    }
    session.pool.expect();
    load::load(session, needed.clone()).await?;
    needed.iter().try_for_each(|name| session.refuse_half_moved(name))?;
    if let Some(needs) = needs {
        let missing = |name: &str| match needs {
            Needs::Producers => session.is_empty(name),
            Needs::Consumers => !session.is_empty(name),
        };
        select::complete(&session.graph, &chosen, needs, missing)?;
    }
    Ok(session.graph.restricted(&chosen))
}

/// The graph with the edges of the last applies: a stack that read another one then, and does not any more, lets go of it first.
/// Otherwise the producer would delete what its former consumer still uses.
pub(crate) fn former_consumers_first(session: &Session, mut graph: Graph) -> Graph {
    let names: Vec<String> = graph.names().map(str::to_owned).collect();
    for name in &names {
        for producer in session.former_producers(name) {
            graph.add_if_acyclic(&producer, name);
        }
    }
    graph
}

/// Runs `work` for every stack of a graph, and writes the report.
pub(crate) async fn each_stack<W, F>(session: &Arc<Session>, verb: &str, graph: &Graph, work: W) -> Result<RunReport>
where
    W: Fn(Arc<Session>, String) -> F,
    F: Future<Output = Result<StackReport>> + Send + 'static,
{
    hooks::check(session)?;
    let started = report::now();
    let failed = Arc::new(AtomicBool::new(false));
    let (results, not_run) = schedule::run(
        graph,
        session.options.parallelism,
        || session.is_interrupted() || (session.options.fail_fast && failed.load(Ordering::SeqCst)),
        |name| {
            let future = work(session.clone(), name.clone());
            let observer = session.options.observer.clone();
            let failed = failed.clone();
            let (session, verb) = (session.clone(), verb.to_owned());
            async move {
                let report = async {
                    let mut report = future.await?;
                    if report.started.is_some() {
                        hooks::after(&session, &verb, &mut report).await?;
                    }
                    Ok(report)
                };
                let failure = |error: RunnerError| StackReport::new(&name, Outcome::Failed).because(with_causes(&error));
                let mut report = report.await.unwrap_or_else(failure);
                report.ended = report.started.is_some().then(report::now);
                report.cost = session.cost(&name);
                observer.ended(&report);
                if report.result.is_good() {
                    return (Completion::Done, report);
                }
                failed.store(true, Ordering::SeqCst);
                (Completion::Failed, report)
            }
        },
    )
    .await;
    let mut stacks: Vec<_> = results.into_iter().map(|(_, report)| report).collect();
    stacks.extend(reports_of_not_run(session, &not_run, &stacks));
    let report = run_report(session, verb, started, stacks);
    files::write_json(&session.options.out.join("run.json"), &report)?;
    Ok(report)
}

/// The reports of stacks that were not run.
fn reports_of_not_run(session: &Session, not_run: &BTreeMap<String, NotRun>, done: &[StackReport]) -> Vec<StackReport> {
    let report = |(name, why): (&String, &NotRun)| {
        let (result, reason) = match why {
            NotRun::Needs(other) if !waited_for_interrupted(name, not_run, done) => {
                (Outcome::Skipped, format!("needs `{other}`, which did not succeed"))
            }
            NotRun::Stopped if !session.is_interrupted() => {
                (Outcome::Skipped, "another stack failed, and nothing starts after a failure".to_owned())
            }
            NotRun::Needs(_) | NotRun::Stopped => (Outcome::Interrupted, "not started".to_owned()),
        };
        let report = StackReport { cost: session.cost(name), ..StackReport::new(name, result).because(reason) };
        session.options.observer.ended(&report);
        report
    };
    not_run.iter().map(report).collect()
}

/// Whether a stack that was not run needs one that was interrupted, maybe over others that were not run either.
fn waited_for_interrupted(name: &str, not_run: &BTreeMap<String, NotRun>, done: &[StackReport]) -> bool {
    let mut needed = name;
    while let Some(NotRun::Needs(other)) = not_run.get(needed) {
        needed = other;
    }
    done.iter().any(|stack| stack.name == needed && stack.result == Outcome::Interrupted)
}

/// The report of a run that ends now.
pub(crate) fn run_report(session: &Session, verb: &str, started: String, stacks: Vec<StackReport>) -> RunReport {
    RunReport {
        version: 1,
        command: verb.to_owned(),
        scope: session.options.scope.clone(),
        started,
        ended: report::now(),
        orphans: session.orphans().to_vec(),
        succeeded: stacks.iter().all(|stack| stack.result.is_good()),
        stacks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_that_needs_an_interrupted_one_was_interrupted_and_one_that_needs_a_failed_one_was_not() {
        let needs = |name: &str, other: &str| (name.to_owned(), NotRun::Needs(other.to_owned()));
        let not_run = BTreeMap::from([needs("b", "a"), needs("c", "b"), needs("y", "x")]);
        let done = [StackReport::new("a", Outcome::Interrupted), StackReport::new("x", Outcome::Failed)];
        let waited = |name: &str| waited_for_interrupted(name, &not_run, &done);
        assert!(waited("b") && waited("c") && !waited("y"));
    }
}
