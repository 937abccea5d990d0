//! Schedules the work on stacks: a stack starts when all stacks that it needs are done.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::panic::resume_unwind;

use tokio::task::JoinSet;

use crate::graph::Graph;

/// How the work on one stack ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completion {
    /// Dependent stacks can start.
    Done,
    /// Dependent stacks are skipped.
    Failed,
}

/// Why a stack did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotRun {
    /// A stack that it needs failed or was skipped.
    Needs(String),
    /// The run was stopped before.
    Stopped,
}

/// Runs `work` for every stack of the graph, for at most `parallelism` stacks at the same time. After a failure, running
/// stacks finish, stacks that need the failed one are skipped, and the others continue. While `stopped()`, no stack starts.
pub(crate) async fn run<W, F, T, S>(
    graph: &Graph,
    parallelism: usize,
    stopped: S,
    mut work: W,
) -> (Vec<(String, T)>, BTreeMap<String, NotRun>)
where
    W: FnMut(String) -> F,
    F: Future<Output = (Completion, T)> + Send + 'static,
    T: Send + 'static,
    S: Fn() -> bool,
{
    let consumers = graph.reversed();
    // The longest chain first, because it determines the time of the whole run.
    let heights = graph.heights();
    let place = |name: &str| (Reverse(heights.get(name).copied().unwrap_or(0)), name.to_owned());
    let mut missing: BTreeMap<String, usize> =
        graph.names().map(|name| (name.to_owned(), graph.producers(name).count())).collect();
    let mut ready: BTreeSet<_> = missing.iter().filter(|(_, count)| **count == 0).map(|(name, _)| place(name)).collect();
    let mut results = Vec::new();
    let mut not_run = BTreeMap::new();
    let mut running: JoinSet<(String, Completion, T)> = JoinSet::new();
    loop {
        while !stopped() && running.len() < parallelism.max(1) {
            let Some((_, name)) = ready.pop_first() else { break };
            missing.remove(&name);
            let future = work(name.clone());
            running.spawn(async move {
                let (completion, result) = future.await;
                (name, completion, result)
            });
        }
        let Some(ended) = running.join_next().await else { break };
        // A panic in a task is a bug: it continues in the caller, with its message.
        let (name, completion, result) = ended.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        match completion {
            Completion::Done => {
                for consumer in consumers.producers(&name) {
                    if let Some(count) = missing.get_mut(consumer) {
                        *count -= 1;
                        if *count == 0 {
                            ready.insert(place(consumer));
                        }
                    }
                }
            }
            Completion::Failed => skip_dependents(&consumers, &name, &mut missing, &mut not_run),
        }
        results.push((name, result));
    }
    not_run.extend(missing.into_keys().map(|name| (name, NotRun::Stopped)));
    (results, not_run)
}

fn skip_dependents(
    consumers: &Graph,
    failed: &str,
    missing: &mut BTreeMap<String, usize>,
    not_run: &mut BTreeMap<String, NotRun>,
) {
    for name in consumers.producers(failed) {
        if missing.remove(name).is_some() {
            not_run.insert(name.to_owned(), NotRun::Needs(failed.to_owned()));
            skip_dependents(consumers, name, missing, not_run);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::graph::tests::graph;

    type Log = Arc<Mutex<Vec<String>>>;

    fn worker(
        log: &Log,
        fails: &'static [&'static str],
    ) -> impl FnMut(String) -> std::pin::Pin<Box<dyn Future<Output = (Completion, ())> + Send>> {
        let log = log.clone();
        move |name| {
            let log = log.clone();
            Box::pin(async move {
                log.lock().unwrap().push(format!("+{name}"));
                tokio::time::sleep(Duration::from_millis(20)).await;
                log.lock().unwrap().push(format!("-{name}"));
                (if fails.contains(&name.as_str()) { Completion::Failed } else { Completion::Done }, ())
            })
        }
    }

    #[tokio::test]
    async fn a_stack_starts_when_all_stacks_that_it_needs_are_done() {
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"])]);
        let log = Log::default();
        let (results, not_run) = run(&graph, 4, || false, worker(&log, &[])).await;
        assert_eq!((results.len(), not_run.len()), (4, 0));
        let log = log.lock().unwrap().clone();
        let at = |text: &str| log.iter().position(|line| line == text).unwrap();
        assert!(at("-a") < at("+b") && at("-a") < at("+c") && at("-b") < at("+d") && at("-c") < at("+d"));
        assert!(at("+b") < at("-c") && at("+c") < at("-b"), "b and c run at the same time: {log:?}");
    }

    #[tokio::test]
    async fn no_more_run_at_once_than_allowed_and_the_longest_chain_is_first() {
        let graph = graph(&[("a", &[]), ("x", &[]), ("y", &["x"])]);
        let log = Log::default();
        run(&graph, 1, || false, worker(&log, &[])).await;
        assert_eq!(*log.lock().unwrap(), ["+x", "-x", "+a", "-a", "+y", "-y"]);
    }

    #[tokio::test]
    async fn a_failure_skips_what_needs_it_and_nothing_else() {
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("x", &[]), ("y", &["x"])]);
        let log = Log::default();
        let (results, not_run) = run(&graph, 2, || false, worker(&log, &["a"])).await;
        assert_eq!(results.iter().map(|(name, ())| name.as_str()).collect::<BTreeSet<_>>(), BTreeSet::from(["a", "x", "y"]));
        let expected = [("b", NotRun::Needs("a".to_owned())), ("c", NotRun::Needs("b".to_owned()))];
        assert_eq!(not_run, expected.map(|(name, why)| (name.to_owned(), why)).into());
    }

    #[tokio::test]
    async fn an_interrupted_run_starts_nothing_new() {
        let graph = graph(&[("a", &[]), ("b", &["a"])]);
        let log = Log::default();
        let seen = log.clone();
        let (results, not_run) = run(&graph, 2, move || !seen.lock().unwrap().is_empty(), worker(&log, &[])).await;
        assert_eq!(results.len(), 1);
        assert_eq!(not_run, BTreeMap::from([("b".to_owned(), NotRun::Stopped)]));
    }

    /// The number of chains through these layers has 46 digits: whoever walks each of them never ends.
    #[tokio::test]
    async fn a_thousand_stacks_in_fifty_layers_are_scheduled_in_their_order() {
        const WIDTH: usize = 20;
        let layer = |number: usize| (0..WIDTH).map(move |at| format!("s{number:02}x{at:02}")).collect::<Vec<_>>();
        let names: Vec<_> = (0..50).map(layer).collect();
        let needs: Vec<Vec<&str>> =
            std::iter::once(Vec::new()).chain(names.iter().map(|layer| layer.iter().map(String::as_str).collect())).collect();
        let rows: Vec<(&str, &[&str])> = names
            .iter()
            .zip(&needs)
            .flat_map(|(layer, needs)| layer.iter().map(|name| (name.as_str(), needs.as_slice())))
            .collect();
        let graph = graph(&rows);
        assert_eq!((graph.heights()["s00x00"], graph.heights()["s49x19"]), (50, 1));
        let started = Log::default();
        let log = started.clone();
        let work = move |name: String| {
            log.lock().unwrap().push(name);
            std::future::ready((Completion::Done, ()))
        };
        let (results, not_run) = run(&graph, 8, || false, work).await;
        assert_eq!((results.len(), not_run.len()), (1000, 0));
        let order = started.lock().unwrap().clone();
        assert_eq!(order, names.concat(), "no stack starts before the layer that it needs");
    }
}
