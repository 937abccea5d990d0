//! The commands over all selected stacks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use oleoduto_cdk::Manifest;
use serde_json::Value as Json;
use tokio::sync::watch;

use crate::apply::Approved;
use crate::assume::Planned;
use crate::call::Ended;
use crate::fault::RunnerError;
use crate::folder::Folder;
use crate::graph::Graph;
use crate::init::InitGate;
use crate::inputs::Inputs;
use crate::lock::{self, LockInfo};
use crate::options::{Approval, Options};
use crate::pool::{Lease, Pool};
use crate::record::Record;
use crate::report::{self, Outcome, RunReport, StackReport};
use crate::schedule::{self, NotRun, Step};
use crate::select::{self, Needs};
use crate::store::{State, Store, write_json};

/// Holds an output folder for one run: a second one would change files under the feet of the first.
#[derive(Debug)]
pub struct FolderLock(#[allow(dead_code, reason = "held, not read: closing the file frees the lock")] File);

impl FolderLock {
    /// Take the folder, or say who has it.
    ///
    /// # Errors
    /// Another run works in it, or it can't be written.
    pub fn take(out: &Path) -> Result<Self, RunnerError> {
        std::fs::create_dir_all(out).map_err(RunnerError::file("make", out))?;
        let path = out.join(".run.lock");
        let mut options = File::options();
        let mut file =
            options.create(true).truncate(false).read(true).write(true).open(&path).map_err(RunnerError::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let pid = std::fs::read_to_string(&path).unwrap_or_default().trim().to_owned();
                return Err(RunnerError::Busy { pid, folder: out.to_owned() });
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(RunnerError::file("lock", &path)(error)),
        }
        file.set_len(0).map_err(RunnerError::file("write", &path))?;
        writeln!(file, "{}", std::process::id()).map_err(RunnerError::file("write", &path))?;
        Ok(Self(file))
    }
}

/// Runs Terraform over the stacks of an output folder.
#[derive(Clone)]
pub struct Runner {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) graph: Graph,
    pub(crate) store: Store,
    pub(crate) pool: Pool,
    pub(crate) init_gate: InitGate,
    /// How many interrupts there were.
    pub(crate) interrupt: watch::Sender<u32>,
    folders: BTreeMap<String, Folder>,
    states: tokio::sync::Mutex<BTreeMap<String, Option<Arc<State>>>>,
    records: tokio::sync::Mutex<BTreeMap<String, Option<Record>>>,
    /// The outputs of stacks whose plans change them.
    planned: Mutex<BTreeMap<String, Planned>>,
    _folder_lock: FolderLock,
}

impl Runner {
    /// Read an output folder.
    ///
    /// # Errors
    /// There is no whole output, or a stack's configuration can't be read.
    pub fn open(options: Options, folder_lock: FolderLock) -> Result<Self, RunnerError> {
        let manifest = Manifest::read(&options.out)?;
        let inner = Inner {
            graph: Graph::new(&manifest),
            store: Store::new(&options.environment),
            pool: Pool::new(&options.out, &options.plugin_cache),
            init_gate: InitGate::default(),
            interrupt: watch::Sender::new(0),
            folders: Folder::read_all(&options.out, &manifest)?,
            states: tokio::sync::Mutex::default(),
            records: tokio::sync::Mutex::default(),
            planned: Mutex::default(),
            _folder_lock: folder_lock,
            options,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The first time: start nothing more, let Terraform end what it is doing and save its state. The second time:
    /// Terraform gives up at once.
    pub fn interrupt(&self) {
        self.inner.interrupt.send_modify(|count| *count += 1);
    }

    /// Initialise the folders of stacks; none means all.
    ///
    /// # Errors
    /// As of [`Runner::plan`].
    pub async fn init(&self, patterns: &[String]) -> Result<RunReport, RunnerError> {
        let graph = self.selected(patterns, None).await?.apart();
        self.over("init", &graph, |inner, name| async move {
            let mut report = StackReport::new(&name, Outcome::Initialised);
            let good = inner.initialise(inner.folder(&name)?, &mut report).await?;
            Ok(if good { (Step::Done, report) } else { (Step::Failed, inner.failed(report)) })
        })
        .await
    }

    /// Plan stacks, producers first; none means all. The plans are kept for [`Runner::apply`].
    ///
    /// # Errors
    /// The run could not begin or go on; a stack's own failure is in its report.
    pub async fn plan(&self, patterns: &[String]) -> Result<RunReport, RunnerError> {
        let graph = self.selected(patterns, Some(Needs::Producers)).await?;
        let report = self.over("plan", &graph, |inner, name| inner.plan_stack(name)).await?;
        Ok(report)
    }

    /// Apply stacks, producers first; none means all. See [`Approval`] for who decides.
    ///
    /// # Errors
    /// As of [`Runner::plan`]; and nobody could be asked.
    pub async fn apply(&self, patterns: &[String], approval: Approval) -> Result<RunReport, RunnerError> {
        let graph = self.selected(patterns, Some(Needs::Producers)).await?;
        let approved = match &approval {
            Approval::Given => Approved::new(),
            Approval::Nobody | Approval::Ask(_) => match self.approved_by_plans(&graph).await? {
                Some(approved) => approved,
                None => match self.ask(patterns, &approval).await? {
                    Ok(approved) => approved,
                    Err(report) => return Ok(report),
                },
            },
        };
        let approved = Arc::new(approved);
        self.over("apply", &graph, |inner, name| inner.apply_stack(name, approval.clone(), approved.clone())).await
    }

    /// The actions of saved plans, if every stack that is to be applied has one.
    async fn approved_by_plans(&self, graph: &Graph) -> Result<Option<Approved>, RunnerError> {
        let mut approved = Approved::new();
        for name in graph.names() {
            match self.inner.saved(name) {
                Some(saved) => drop(approved.insert(name.to_owned(), saved.actions)),
                None if self.inner.options.refresh || !self.inner.is_unchanged(name).await? => return Ok(None),
                None => {}
            }
        }
        Ok(Some(approved))
    }

    /// Plan, show, ask. The inner error is the report of a plan that failed or was not agreed to.
    async fn ask(&self, patterns: &[String], approval: &Approval) -> Result<Result<Approved, RunReport>, RunnerError> {
        let Approval::Ask(ask) = approval else {
            return Err(RunnerError::NeedsApproval { what: "there are changes that nobody has seen yet".to_owned() });
        };
        let mut report = self.plan(patterns).await?;
        if !report.succeeded || *self.inner.interrupt.borrow() > 0 {
            return Ok(Err(report));
        }
        let changing = report.stacks.iter().any(|stack| stack.outputs_change || !stack.changes.is_empty());
        if changing && !ask(&report.stacks) {
            report.succeeded = false;
            for stack in &mut report.stacks {
                stack.reason = Some("not approved".to_owned());
            }
            return Ok(Err(report));
        }
        Ok(Ok(report.stacks.iter().map(|stack| (stack.name.clone(), stack.actions())).collect()))
    }

    /// Destroy stacks, consumers first; none means all.
    ///
    /// # Errors
    /// As of [`Runner::apply`].
    pub async fn destroy(&self, patterns: &[String], approval: Approval) -> Result<RunReport, RunnerError> {
        let graph = self.selected(patterns, Some(Needs::Consumers)).await?.reversed();
        let mut preview = Vec::new();
        for name in graph.names() {
            preview.push(self.inner.destroy_preview(name).await?);
        }
        let anything = preview.iter().any(|stack| !stack.changes.is_empty());
        match &approval {
            Approval::Ask(ask) if anything && !ask(&preview) => {
                let stacks = preview.into_iter().map(|stack| stack.because("not approved")).collect();
                return Ok(self.report("destroy", report::now(), stacks, false));
            }
            Approval::Nobody if anything => {
                return Err(RunnerError::NeedsApproval { what: "destroy removes resources".to_owned() });
            }
            _ => {}
        }
        self.over("destroy", &graph, |inner, name| inner.destroy_stack(name)).await
    }

    /// Compare reality with the states of stacks; none means all.
    ///
    /// # Errors
    /// As of [`Runner::plan`].
    pub async fn drift(&self, patterns: &[String]) -> Result<RunReport, RunnerError> {
        let graph = self.selected(patterns, None).await?.apart();
        self.over("drift", &graph, |inner, name| inner.drift_stack(name)).await
    }

    /// The outputs of stacks; none means all. The error of a stack is its report.
    ///
    /// # Errors
    /// As of [`Runner::plan`].
    #[allow(clippy::type_complexity, reason = "the pair of what worked and what did not")]
    pub async fn outputs(
        &self,
        patterns: &[String],
    ) -> Result<(BTreeMap<String, BTreeMap<String, Json>>, Vec<StackReport>), RunnerError> {
        let graph = self.selected(patterns, None).await?;
        let mut found = BTreeMap::new();
        let mut failed = Vec::new();
        for name in graph.names() {
            match self.inner.outputs(name).await? {
                Ok(outputs) => drop(found.insert(name.to_owned(), outputs)),
                Err(report) => failed.push(report),
            }
        }
        Ok((found, failed))
    }

    /// The locks that are held on the states of stacks.
    ///
    /// # Errors
    /// A lock can't be read.
    pub async fn locks(&self, patterns: &[String]) -> Result<Vec<(String, LockInfo)>, RunnerError> {
        let mut held = Vec::new();
        for name in select::select(&self.inner.graph, patterns)? {
            if let Some(info) = lock::read(&self.inner.store, &self.inner.folder(&name)?.location).await? {
                held.push((name, info));
            }
        }
        Ok(held)
    }

    /// Free a state's lock (`terraform force-unlock`).
    ///
    /// # Errors
    /// As of [`Runner::plan`].
    pub async fn unlock(&self, name: &str, info: &LockInfo) -> Result<StackReport, RunnerError> {
        self.inner.unlock(name, info).await
    }

    /// The selected part of the graph; refused when it leaves out what it needs.
    async fn selected(&self, patterns: &[String], needs: Option<Needs>) -> Result<Graph, RunnerError> {
        let inner = &self.inner;
        let chosen = select::select(&inner.graph, patterns)?;
        inner.load().await?;
        if let Some(needs) = needs {
            let states = inner.states.lock().await;
            let is_empty = |name: &str| states.get(name).and_then(Option::as_ref).is_none_or(|state| state.is_empty());
            let missing = |name: &str| match needs {
                Needs::Producers => is_empty(name),
                Needs::Consumers => !is_empty(name),
            };
            select::complete(&inner.graph, &chosen, needs, missing)?;
        }
        Ok(inner.graph.restricted(&chosen))
    }

    /// Do something with every stack of a graph, and report.
    async fn over<W, F>(&self, command: &str, graph: &Graph, work: W) -> Result<RunReport, RunnerError>
    where
        W: Fn(Arc<Inner>, String) -> F,
        F: Future<Output = Result<(Step, StackReport), RunnerError>> + Send + 'static,
    {
        let started = report::now();
        let stopped = || *self.inner.interrupt.borrow() > 0;
        let (results, not_run) = schedule::run(graph, self.inner.options.parallelism, stopped, |name| {
            let future = work(self.inner.clone(), name.clone());
            let observer = self.inner.options.observer.clone();
            async move {
                let (step, report) = match future.await {
                    Ok(result) => result,
                    Err(error) => (Step::Failed, StackReport::new(&name, Outcome::Failed).because(error.to_string())),
                };
                observer.ended(&report);
                (step, report)
            }
        })
        .await;
        let mut stacks: Vec<_> = results.into_iter().map(|(_, report)| report).collect();
        for (name, why) in not_run {
            let report = match why {
                NotRun::Needs(other) => StackReport::new(&name, Outcome::Skipped)
                    .because(format!("needs `{other}`, which did not come to a good end")),
                NotRun::Interrupted => StackReport::new(&name, Outcome::Interrupted).because("not started"),
            };
            self.inner.options.observer.ended(&report);
            stacks.push(report);
        }
        let succeeded = stacks.iter().all(|stack| stack.result.is_good());
        let report = self.report(command, started, stacks, succeeded);
        write_json(&self.inner.options.out.join("run.json"), &report)?;
        Ok(report)
    }

    fn report(&self, command: &str, started: String, stacks: Vec<StackReport>, succeeded: bool) -> RunReport {
        let scope = self.inner.options.scope.clone();
        RunReport { version: 1, command: command.to_owned(), scope, started, ended: report::now(), succeeded, stacks }
    }
}

impl Inner {
    pub(crate) fn folder(&self, name: &str) -> Result<&Folder, RunnerError> {
        self.folders.get(name).ok_or_else(|| RunnerError::UnknownStack {
            pattern: name.to_owned(),
            known: self.graph.names().collect::<Vec<_>>().join(", "),
        })
    }

    /// Read all states and records at the same time: on S3 each takes a while.
    async fn load(self: &Arc<Self>) -> Result<(), RunnerError> {
        let mut tasks = tokio::task::JoinSet::new();
        let missing: BTreeSet<String> = {
            let states = self.states.lock().await;
            self.folders.keys().filter(|name| !states.contains_key(*name)).cloned().collect()
        };
        for name in missing {
            let inner = self.clone();
            tasks.spawn(async move {
                let location = &inner.folder(&name)?.location;
                let state = inner.store.state(location).await?;
                let record = Record::read(&inner.store, location).await?;
                Ok::<_, RunnerError>((name, state, record))
            });
        }
        while let Some(ended) = tasks.join_next().await {
            let Ok(read) = ended else { continue };
            let (name, state, record) = read?;
            self.states.lock().await.insert(name.clone(), state.map(Arc::new));
            self.records.lock().await.insert(name, record);
        }
        Ok(())
    }

    /// A stack's state as of the beginning of the run, or of this run's last change to it.
    pub(crate) async fn state(&self, name: &str) -> Result<Option<Arc<State>>, RunnerError> {
        match self.states.lock().await.get(name) {
            Some(state) => Ok(state.clone()),
            None => self.reload(name).await,
        }
    }

    /// Read a state again.
    pub(crate) async fn reload(&self, name: &str) -> Result<Option<Arc<State>>, RunnerError> {
        let state = self.store.state(&self.folder(name)?.location).await?.map(Arc::new);
        self.states.lock().await.insert(name.to_owned(), state.clone());
        Ok(state)
    }

    pub(crate) async fn record(&self, name: &str) -> Result<Option<Record>, RunnerError> {
        Ok(self.records.lock().await.get(name).cloned().flatten())
    }

    /// What an apply of a stack would go by, now.
    pub(crate) async fn inputs(&self, name: &str) -> Result<Inputs, RunnerError> {
        let mut producers = Vec::new();
        for producer in self.graph.producers(name) {
            producers.push((producer, self.state(producer).await?));
        }
        let producers = producers.iter().map(|(name, state)| (*name, state.as_deref()));
        Inputs::new(self.folder(name)?, producers)
    }

    async fn is_unchanged(&self, name: &str) -> Result<bool, RunnerError> {
        let Some(record) = self.record(name).await? else { return Ok(false) };
        Ok(record.stale(&self.inputs(name).await?, self.state(name).await?.as_deref()).is_none())
    }

    /// The producers of a stack whose plans change their outputs, with these.
    pub(crate) fn pending(&self, name: &str) -> Vec<(String, Planned)> {
        let Ok(planned) = self.planned.lock() else { return Vec::new() };
        let producers = self.graph.producers(name);
        producers.filter_map(|producer| Some((producer.to_owned(), planned.get(producer)?.clone()))).collect()
    }

    pub(crate) fn keep_planned(&self, name: &str, outputs: Planned) {
        if let Ok(mut planned) = self.planned.lock() {
            planned.insert(name.to_owned(), outputs);
        }
    }

    /// A provider for a stack's commands; none when Terraform is to start its own.
    pub(crate) async fn provider(&self, folder: &Folder) -> Result<Option<Lease>, RunnerError> {
        let binary = self.pool.binary(folder.lock_digest()?.as_ref()).filter(|_| self.reuses(folder));
        let Some(binary) = binary else { return Ok(None) };
        let folders = self.folders.values().map(|folder| folder.path.as_path());
        self.pool.lease(&binary, folder, folders, &self.options.environment).await.map(Some)
    }

    pub(crate) fn lock_timeout(&self) -> String {
        format!("-lock-timeout={}s", self.options.lock_timeout.as_secs())
    }

    /// A report of a stack that could not go on.
    pub(crate) fn failed(&self, mut report: StackReport) -> StackReport {
        report.result = if *self.interrupt.borrow() > 0 { Outcome::Interrupted } else { Outcome::Failed };
        report.ended = Some(report::now());
        report
    }

    /// Say why a stack's Terraform failed.
    pub(crate) fn explain(&self, report: &mut StackReport, ended: &Ended) {
        let interrupted = *self.interrupt.borrow() > 0;
        report.result = if interrupted { Outcome::Interrupted } else { Outcome::Failed };
        report.ended.get_or_insert_with(report::now);
        if ended.is_locked() {
            let command = (self.options.unlock_command)(&report.name);
            report.reason = Some(format!("somebody else holds its state lock: wait, or see `{command}`"));
        } else if interrupted {
            report.reason = Some("interrupted; what was done so far is in its state".to_owned());
        } else if ended.code.is_none() {
            report.reason = Some("Terraform was killed; the next apply goes on from its state".to_owned());
        }
    }

    async fn unlock(&self, name: &str, info: &LockInfo) -> Result<StackReport, RunnerError> {
        let folder = self.folder(name)?;
        let mut report = StackReport::new(name, Outcome::Applied);
        if !self.initialise(folder, &mut report).await? {
            return Ok(self.failed(report));
        }
        let arguments = ["force-unlock", "-force", &info.id].map(str::to_owned).to_vec();
        let call = crate::call::Call { stack: name, folder: &folder.path, arguments, provider: crate::call::Use::Own };
        let ended = crate::call::run(&self.options, call, self.interrupt.subscribe()).await?;
        report.commands.push(ended.command.clone());
        report.diagnostics.extend(ended.diagnostics.iter().cloned());
        if ended.code != Some(0) {
            self.explain(&mut report, &ended);
        }
        Ok(report)
    }
}
