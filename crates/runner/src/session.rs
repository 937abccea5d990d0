//! What all verbs of a run share: options, graph, folders, states, provider processes and interrupts.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use oleoduto_cdk::Manifest;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::approved::{ApprovedPlan, ApprovedPlans, VARIABLE};
use crate::arns::Place;
use crate::ended::Ended;
use crate::environment;
use crate::error::{Result, RunnerError};
use crate::files;
use crate::fingerprint::Fingerprint;
use crate::folder::Folder;
use crate::folder_lock::FolderLock;
use crate::graph::Graph;
use crate::last_apply::LastApply;
use crate::mutex::locked;
use crate::options::Options;
use crate::planned::{Pending, Planned};
use crate::pool::{Lease, Pool};
use crate::provider_package::Package;
use crate::provider_trust;
use crate::report::{Assumed, Source};
use crate::state::{State, StateId};
use crate::store::Store;
use crate::terraform::{self, Call};

/// A run over an output folder.
pub(crate) struct Session {
    pub(crate) options: Options,
    pub(crate) graph: Graph,
    pub(crate) store: Store,
    pub(crate) pool: Pool,
    /// Held during `terraform init`, because only one may fill the plugin cache at a time.
    pub(crate) init_gate: tokio::sync::Mutex<()>,
    /// The number of interrupts so far.
    interrupts: Arc<watch::Sender<u32>>,
    folders: BTreeMap<String, Folder>,
    loaded: Mutex<BTreeMap<String, Loaded>>,
    /// The planned outputs of stacks whose plans change them.
    planned: Mutex<BTreeMap<String, Planned>>,
    /// The plans of this run, if they are to be approved.
    recorded: Mutex<BTreeMap<String, ApprovedPlan>>,
    /// The names of stacks that left the program, once they were looked for.
    orphans: OnceLock<Vec<String>>,
    folder_lock: Arc<FolderLock>,
}

/// What the session knows about the state of a stack.
#[derive(Clone, Default)]
pub(crate) struct Loaded {
    pub(crate) state: Option<Arc<State>>,
    pub(crate) last_apply: Option<LastApply>,
}

impl Session {
    /// Reads an output folder.
    pub(crate) fn open(mut options: Options, folder_lock: FolderLock) -> Result<Self> {
        let variables = options.assumed_variables.iter().map(|(name, value)| (format!("TF_VAR_{name}"), value.clone()));
        let given = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        environment::check(given)?;
        options.environment.extend(variables.collect::<Vec<_>>());
        let manifest = Manifest::read(&options.out)?;
        // Terraform refuses a cache folder that does not exist.
        files::create_folder(&options.plugin_cache)?;
        let folders = Folder::read_all(&options.out, &manifest)?;
        let interrupts = Arc::new(watch::Sender::new(0));
        Ok(Self::over(options, Arc::new(folder_lock), interrupts, Graph::new(&manifest), folders))
    }

    /// A run over other folders with the same options.
    pub(crate) fn with(&self, graph: Graph, folders: BTreeMap<String, Folder>) -> Self {
        Self::over(self.options.clone(), self.folder_lock.clone(), self.interrupts.clone(), graph, folders)
    }

    fn over(
        options: Options,
        folder_lock: Arc<FolderLock>,
        interrupts: Arc<watch::Sender<u32>>,
        graph: Graph,
        folders: BTreeMap<String, Folder>,
    ) -> Self {
        Self {
            graph,
            store: Store::new(&options.environment, &options.missing_bucket_help),
            pool: Pool::new(&options.out, &options.plugin_cache),
            init_gate: tokio::sync::Mutex::default(),
            interrupts,
            orphans: OnceLock::new(),
            folders,
            loaded: Mutex::default(),
            planned: Mutex::default(),
            recorded: Mutex::default(),
            folder_lock,
            options,
        }
    }

    /// Lets other runs use the output folder from now on.
    pub(crate) fn free_folder(&self) -> Result<()> {
        self.folder_lock.free(&self.options.out)
    }

    /// Counts an interrupt and passes it on to every running Terraform.
    pub(crate) fn interrupt(&self) {
        self.interrupts.send_modify(|count| *count += 1);
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        *self.interrupts.borrow() > 0
    }

    /// The interrupts from now on.
    pub(crate) fn interrupts(&self) -> watch::Receiver<u32> {
        self.interrupts.subscribe()
    }

    /// Waits for a time; returns whether an interrupt came before its end.
    pub(crate) async fn interrupted_within(&self, time: Duration) -> bool {
        tokio::time::timeout(time, self.interrupts().changed()).await.is_ok()
    }

    pub(crate) fn folder(&self, name: &str) -> Result<&Folder> {
        self.folders.get(name).ok_or_else(|| RunnerError::UnknownStack {
            pattern: name.to_owned(),
            known: self.graph.names().collect::<Vec<_>>().join(", "),
        })
    }

    /// Keeps the names of stacks that left the program, for the report.
    pub(crate) fn keep_orphans(&self, names: Vec<String>) {
        self.orphans.get_or_init(|| names);
    }

    pub(crate) fn orphans(&self) -> &[String] {
        self.orphans.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// The folders of all stacks.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &Folder> {
        self.folders.values()
    }

    /// Reads the states and last applies of stacks at the same time, because each read from S3 takes a while. A state that
    /// can't be read stops only the runs that need it.
    pub(crate) async fn load(self: &Arc<Self>, names: BTreeSet<String>) -> Result<()> {
        let missing: Vec<_> = {
            let loaded = locked(&self.loaded);
            names.into_iter().filter(|name| !loaded.contains_key(name)).collect()
        };
        let mut tasks = JoinSet::new();
        for name in missing {
            let session = self.clone();
            tasks.spawn(async move {
                let state = session.stored(&name).await?;
                let last_apply = LastApply::read(&session.store, &session.folder(&name)?.location).await?;
                locked(&session.loaded).insert(name, Loaded { state, last_apply });
                Ok::<_, RunnerError>(())
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap_or_else(|error| resume_unwind(error.into_panic()))?;
        }
        Ok(())
    }

    pub(crate) fn is_loaded(&self, name: &str) -> bool {
        locked(&self.loaded).contains_key(name)
    }

    /// What was loaded of a stack.
    pub(crate) fn loaded(&self, name: &str) -> Loaded {
        locked(&self.loaded).get(name).cloned().unwrap_or_default()
    }

    /// The state of a stack at the start of the run, or after this run's last change to it.
    pub(crate) fn state(&self, name: &str) -> Option<Arc<State>> {
        self.loaded(name).state
    }

    pub(crate) fn state_id(&self, name: &str) -> StateId {
        self.state(name).map(|state| state.id.clone()).unwrap_or_default()
    }

    /// Whether a stack's state holds nothing that a destroy would remove.
    pub(crate) fn is_empty(&self, name: &str) -> bool {
        self.state(name).is_none_or(|state| state.is_empty())
    }

    /// Reads a state again.
    pub(crate) async fn reload(&self, name: &str) -> Result<Option<Arc<State>>> {
        let state = self.stored(name).await?;
        locked(&self.loaded).entry(name.to_owned()).or_default().state.clone_from(&state);
        Ok(state)
    }

    /// The fingerprint of a stack as it would be applied now.
    pub(crate) fn fingerprint(&self, name: &str) -> Result<Fingerprint> {
        self.fingerprint_after(name, &[])
    }

    /// The fingerprint of a stack as it would be applied if what is pending of its producers comes true.
    pub(crate) fn fingerprint_after(&self, name: &str, pending: &[Pending]) -> Result<Fingerprint> {
        let states: Vec<_> = self.graph.producers(name).map(|producer| (producer, self.state(producer))).collect();
        let outputs = states.iter().map(|(producer, state)| {
            let planned = pending.iter().find(|pending| pending.producer == *producer);
            (*producer, planned.map_or_else(|| state.as_deref().map(State::values).unwrap_or_default(), Pending::outputs))
        });
        Fingerprint::new(self.folder(name)?, outputs)
    }

    /// The producers of a stack whose plans change their outputs.
    pub(crate) fn pending(&self, name: &str) -> Vec<Pending> {
        let planned = locked(&self.planned);
        let producers = self.graph.producers(name).filter_map(|producer| Some((producer, planned.get(producer)?)));
        producers.map(|(producer, planned)| self.pending_of(producer, planned.clone())).collect()
    }

    /// What is pending of a producer.
    pub(crate) fn pending_of(&self, producer: &str, planned: Planned) -> Pending {
        let location = self.folders.get(producer).and_then(|folder| folder.location.name());
        let state_name = location.unwrap_or_else(|| format!("{producer}.tfstate"));
        Pending { producer: producer.to_owned(), state_name, planned, state: self.state(producer) }
    }

    /// Keeps the planned outputs of a stack for the plans of its consumers.
    pub(crate) fn keep_planned(&self, name: &str, outputs: Planned) {
        locked(&self.planned).insert(name.to_owned(), outputs);
    }

    /// Keeps the plan of a stack, to be approved.
    pub(crate) fn record(&self, name: &str, plan: ApprovedPlan) {
        locked(&self.recorded).insert(name.to_owned(), plan);
    }

    /// All plans that were kept.
    pub(crate) fn recorded(&self) -> ApprovedPlans {
        ApprovedPlans::new(&self.options.scope, locked(&self.recorded).clone())
    }

    /// The assumed values of the variables that a stack declares.
    pub(crate) fn assumed_variables(&self, folder: &Folder) -> Vec<Assumed> {
        let variables = self.options.assumed_variables.iter().filter(|(name, _)| folder.variables.contains(name));
        variables.map(|(name, value)| Assumed::new(VARIABLE, name, &value.as_str().into(), Source::StandIn)).collect()
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place { account: &self.options.account, region: &self.options.region }
    }

    /// Whether the commands of a stack use a provider of the pool.
    pub(crate) fn reuses_provider(&self, folder: &Folder) -> bool {
        self.options.reuse_provider && folder.shares_provider && provider_trust::allowed_here()
    }

    /// The package of the provider for a stack; none if Terraform is to start its own.
    async fn package(&self, folder: &Folder) -> Result<Option<Package>> {
        if !self.reuses_provider(folder) {
            return Ok(None);
        }
        Ok(self.pool.verified(folder.lock()?.as_deref()).await)
    }

    /// A provider that runs in a copy of a stack's folder; none if Terraform is to start its own.
    pub(crate) async fn provider_in(&self, copy: &Path, folder: &Folder) -> Result<Option<Lease>> {
        let Some(package) = self.package(folder).await? else { return Ok(None) };
        Pool::lease_alone(&package, copy, &self.options.environment).await.map(Some)
    }

    /// A provider for the commands of a stack; none if Terraform is to start its own.
    pub(crate) async fn provider(&self, folder: &Folder) -> Result<Option<Lease>> {
        let Some(package) = self.package(folder).await? else { return Ok(None) };
        let folders = self.folders.values().map(|folder| folder.path.as_path());
        self.pool.lease(&package, folder, folders, &self.options.environment).await.map(Some)
    }

    pub(crate) async fn terraform(&self, call: Call<'_>) -> Result<Ended> {
        terraform::run(&self.options, call, self.interrupts()).await
    }

    /// The argument with the time to wait for a state lock.
    pub(crate) fn lock_timeout(&self) -> String {
        format!("-lock-timeout={}s", self.options.lock_timeout.as_secs())
    }

    /// The argument about the state lock of a command that only reads.
    pub(crate) fn reader_lock(&self) -> String {
        if self.options.lock_for_reading { self.lock_timeout() } else { "-lock=false".to_owned() }
    }
}
