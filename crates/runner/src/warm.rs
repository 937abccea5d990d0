//! Providers that are started before their stacks' turn.
//!
//! A provider takes about a second to start, and a chain of stacks would pay that at each link. While a stack is applied,
//! most of the time goes into waiting for AWS: then the providers of the stacks that come next are started.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::call::Use;
use crate::fault::RunnerError;
use crate::folder::Folder;
use crate::graph::Graph;
use crate::pool::{self, Provider};
use crate::run::Inner;

/// The stack that is at work gets the processors first.
const HEAD_START: Duration = Duration::from_millis(700);

/// The providers that wait.
#[derive(Default)]
pub(crate) struct Warm(Mutex<State>);

#[derive(Default)]
struct State {
    graph: Graph,
    /// Stacks whose provider was started, or is not needed any more.
    seen: BTreeSet<String>,
    ready: BTreeMap<String, Provider>,
    /// Whether every stack that holds anything is destroyed.
    destroys: bool,
    /// No more is started after the run.
    open: bool,
}

impl Warm {
    /// A run over a graph begins.
    pub(crate) fn begin(&self, graph: &Graph, destroys: bool) {
        if let Ok(mut state) = self.0.lock() {
            *state = State { graph: graph.clone(), destroys, open: true, ..State::default() };
        }
    }

    /// The run ended: what still waits goes.
    pub(crate) fn end(&self) {
        if let Ok(mut state) = self.0.lock() {
            *state = State::default();
        }
    }

    /// The stack's turn: its provider, if it waits.
    fn take(&self, name: &str) -> Option<Provider> {
        let mut state = self.0.lock().ok()?;
        state.seen.insert(name.to_owned());
        state.ready.remove(name)
    }

    /// The stacks that come after one and were not thought of yet; now they are. At most `limit` providers wait.
    fn next(&self, name: &str, limit: usize) -> Vec<String> {
        let Ok(mut state) = self.0.lock() else { return Vec::new() };
        let room = limit.saturating_sub(state.ready.len());
        let next: Vec<_> = state.graph.consumers(name).filter(|next| !state.seen.contains(*next)).map(str::to_owned).collect();
        let mut next: Vec<_> = next.into_iter().map(|next| (std::cmp::Reverse(state.graph.height(&next)), next)).collect();
        next.sort();
        let next: Vec<_> = next.into_iter().take(room).map(|(_, next)| next).collect();
        state.seen.extend(next.iter().cloned());
        next
    }

    fn destroys(&self) -> bool {
        self.0.lock().is_ok_and(|state| state.destroys)
    }

    fn keep(&self, name: String, provider: Provider) {
        if let Ok(mut state) = self.0.lock()
            && state.open
        {
            state.ready.insert(name, provider);
        }
    }
}

impl Inner {
    /// A provider for a stack's commands; none when Terraform is to start its own.
    pub(crate) async fn provider(self: &Arc<Self>, folder: &Folder) -> Result<Option<Provider>, RunnerError> {
        let waiting = self.warm.take(&folder.name);
        let binary = self.pool.binary(folder.lock_digest()?.as_ref()).filter(|_| self.reuses(folder));
        let Some(binary) = binary else { return Ok(None) };
        let provider = match waiting {
            Some(provider) => provider,
            None => pool::start(&binary, &folder.path, &self.options.environment).await?,
        };
        let (inner, name) = (self.clone(), folder.name.clone());
        tokio::spawn(async move { inner.warm_after(&name).await });
        Ok(Some(provider))
    }

    /// Start providers for the stacks that come after one. It only saves time: whatever fails here fails again, and is
    /// reported, when the stack's turn comes.
    async fn warm_after(self: &Arc<Self>, name: &str) {
        tokio::time::sleep(HEAD_START).await;
        for next in self.warm.next(name, self.options.parallelism) {
            let Ok(folder) = self.folder(&next) else { continue };
            if !self.will_run(&next).await || !self.reuses(folder) {
                continue;
            }
            let lock = folder.lock_digest().ok().flatten();
            let Some(binary) = self.pool.binary(lock.as_ref()) else { continue };
            if let Ok(provider) = pool::start(&binary, &folder.path, &self.options.environment).await {
                self.warm.keep(next, provider);
            }
        }
    }

    /// Whether a stack surely needs its provider: it was never applied, or everything is refreshed or destroyed.
    async fn will_run(&self, name: &str) -> bool {
        self.options.refresh || matches!(self.record(name).await, Ok(None)) || self.warm.destroys()
    }
}

impl<'a> Use<'a> {
    /// The running provider, where there is one.
    pub(crate) fn of(provider: Option<&'a Provider>) -> Self {
        provider.map_or(Self::Own, Self::Running)
    }
}
