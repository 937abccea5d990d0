//! Flows of states, and the states that hold flows: `Parallel` and `Map`.

use oleoduto_cdk::Expr;

use super::choice::Choice;
use super::common::{self, Common, Handling, data_methods, handling_methods, next_method};
use super::fail::Fail;
use super::pass::Pass;
use super::path::{self, Kind};
use super::setters::setters;
use super::task::Task;
use super::template;
use super::wait::Wait;

/// A state.
#[derive(Clone, Debug)]
pub enum State {
    /// Work done by another service.
    Task(Task),
    /// Adds or moves data, or does nothing.
    Pass(Pass),
    /// Waits.
    Wait(Wait),
    /// Goes to one of several states.
    Choice(Choice),
    /// Runs several flows at once.
    Parallel(Parallel),
    /// Runs a flow for each item of a list.
    Map(Map),
    /// Ends the flow successfully.
    Succeed,
    /// Ends the flow as failed.
    Fail(Fail),
}

macro_rules! from_states {
    ($($name:ident),+) => {
        $(impl From<$name> for State {
            fn from(state: $name) -> Self {
                Self::$name(state)
            }
        })+
    };
}

from_states!(Task, Pass, Wait, Choice, Parallel, Map, Fail);

impl State {
    /// The states that can follow, in the order in which they are written.
    pub(super) fn targets(&self) -> Vec<&str> {
        match self {
            Self::Task(task) => common::targets(&task.common, &task.handling),
            Self::Parallel(parallel) => common::targets(&parallel.common, &parallel.handling),
            Self::Map(map) => common::targets(&map.common, &map.handling),
            Self::Pass(pass) => pass.common.next.as_deref().into_iter().collect(),
            Self::Wait(wait) => wait.common.next.as_deref().into_iter().collect(),
            Self::Choice(choice) => choice.targets(),
            Self::Succeed | Self::Fail(_) => Vec::new(),
        }
    }

    /// Whether the flow can end here with success.
    pub(super) fn ends_well(&self) -> bool {
        match self {
            Self::Task(task) => task.common.next.is_none(),
            Self::Parallel(parallel) => parallel.common.next.is_none(),
            Self::Map(map) => map.common.next.is_none(),
            Self::Pass(pass) => pass.common.next.is_none(),
            Self::Wait(wait) => wait.common.next.is_none(),
            Self::Succeed => true,
            Self::Choice(_) | Self::Fail(_) => false,
        }
    }

    /// The flows inside, each with its name in the place of a mistake.
    pub(super) fn flows(&self) -> Vec<(String, &Flow)> {
        match self {
            Self::Parallel(parallel) => {
                parallel.branches.iter().enumerate().map(|(i, flow)| (format!("branch {}", i + 1), flow)).collect()
            }
            Self::Map(map) => vec![("item".to_owned(), &map.processor)],
            _ => Vec::new(),
        }
    }

    /// Check the state by itself.
    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        match self {
            Self::Task(task) => task.check(mistakes),
            Self::Pass(pass) => pass.check(mistakes),
            Self::Wait(wait) => wait.check(mistakes),
            Self::Choice(choice) => choice.check(mistakes),
            Self::Parallel(parallel) => parallel.check(mistakes),
            Self::Map(map) => map.check(mistakes),
            Self::Fail(fail) => fail.check(mistakes),
            Self::Succeed => {}
        }
    }

    fn document(&self) -> Expr {
        match self {
            Self::Task(task) => task.document(),
            Self::Pass(pass) => pass.document(),
            Self::Wait(wait) => wait.document(),
            Self::Choice(choice) => choice.document(),
            Self::Parallel(parallel) => parallel.document(),
            Self::Map(map) => map.document(),
            Self::Succeed => Expr::object([("Type", Expr::from("Succeed"))]),
            Self::Fail(fail) => fail.document(),
        }
    }
}

/// States and the ways between them: a branch of a [`Parallel`], or what a [`Map`] does with each item.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    pub(super) states: Vec<(String, State)>,
}

impl Flow {
    /// A flow that starts at the first state added.
    pub fn new() -> Self {
        Self::default()
    }

    /// Add a state. Names have 1 to 80 characters and are unique in the whole machine.
    #[must_use]
    pub fn state(mut self, name: &str, state: impl Into<State>) -> Self {
        self.states.push((name.to_owned(), state.into()));
        self
    }

    pub(super) fn start(&self) -> &str {
        self.states.first().map_or("", |(name, _)| name.as_str())
    }

    pub(super) fn documents(&self) -> Expr {
        Expr::object(self.states.iter().map(|(name, state)| (name.clone(), state.document())))
    }

    fn pairs(&self) -> Vec<(&'static str, Expr)> {
        vec![("StartAt", self.start().into()), ("States", self.documents())]
    }
}

/// Several flows at once, each with the state's data; the result is the list of theirs.
#[derive(Clone, Debug)]
pub struct Parallel {
    branches: Vec<Flow>,
    parameters: Option<Expr>,
    common: Common,
    handling: Handling,
}

data_methods!(Parallel);
next_method!(Parallel);
handling_methods!(Parallel);

impl Parallel {
    /// These flows at once; at least one must be given.
    pub fn new(branches: impl IntoIterator<Item = Flow>) -> Self {
        Self {
            branches: branches.into_iter().collect(),
            parameters: None,
            common: Common::default(),
            handling: Handling::default(),
        }
    }

    setters! {
        /// Give the flows an object made of the data: a key that ends in `.$` holds a path or an intrinsic function.
        parameters(parameters: Expr) => parameters = Some(parameters);
    }

    fn check(&self, mistakes: &mut Vec<String>) {
        self.common.check(mistakes);
        if self.branches.is_empty() {
            mistakes.push("it has no branch".to_owned());
        }
        if let Some(parameters) = &self.parameters {
            template::check("Parameters", parameters, mistakes);
        }
        self.handling.check(mistakes);
    }

    fn document(&self) -> Expr {
        let mut pairs = self.common.head("Parallel");
        pairs.extend(self.parameters.clone().map(|parameters| ("Parameters", parameters)));
        pairs.push(("Branches", Expr::Array(self.branches.iter().map(|flow| Expr::object(flow.pairs())).collect())));
        pairs.extend(self.handling.pairs());
        self.common.tail(pairs)
    }
}

/// One flow for each item of a list, in the machine's own execution (mode INLINE); the result is the list of theirs.
#[derive(Clone, Debug)]
pub struct Map {
    processor: Flow,
    items_path: Option<String>,
    selector: Option<Expr>,
    concurrency: Option<Concurrency>,
    common: Common,
    handling: Handling,
}

#[derive(Clone, Debug)]
enum Concurrency {
    Fixed(i64),
    Path(String),
}

data_methods!(Map);
next_method!(Map);
handling_methods!(Map);

impl Map {
    /// This flow for each item of the state's data, which is a list unless [`Map::items_path`] says where the list is.
    pub fn new(processor: Flow) -> Self {
        Self {
            processor,
            items_path: None,
            selector: None,
            concurrency: None,
            common: Common::default(),
            handling: Handling::default(),
        }
    }

    setters! {
        /// Where the list is.
        items_path(path: &str) => items_path = Some(path.to_owned());
        /// What each flow gets instead of the bare item: an object in which a key that ends in `.$` holds a path (the item
        /// is at `$$.Map.Item.Value`) or an intrinsic function.
        item_selector(selector: Expr) => selector = Some(selector);
        /// At most so many flows at once; 0 leaves it to AWS, which runs up to 40.
        max_concurrency(flows: i64) => concurrency = Some(Concurrency::Fixed(flows));
        /// At most as many flows at once as the number at a path says.
        max_concurrency_path(path: &str) => concurrency = Some(Concurrency::Path(path.to_owned()));
    }

    fn check(&self, mistakes: &mut Vec<String>) {
        self.common.check(mistakes);
        if let Some(text) = &self.items_path {
            path::check_field("ItemsPath", text, Kind::Reference, mistakes);
        }
        match &self.concurrency {
            Some(Concurrency::Fixed(flows)) if *flows < 0 => {
                mistakes.push(format!("MaxConcurrency is {flows}; AWS accepts 0 or more"))
            }
            Some(Concurrency::Path(text)) => path::check_field("MaxConcurrencyPath", text, Kind::Reference, mistakes),
            Some(Concurrency::Fixed(_)) | None => {}
        }
        if let Some(selector) = &self.selector {
            template::check("ItemSelector", selector, mistakes);
        }
        self.handling.check(mistakes);
    }

    fn document(&self) -> Expr {
        let mut processor = vec![("ProcessorConfig", Expr::object([("Mode", Expr::from("INLINE"))]))];
        processor.extend(self.processor.pairs());
        let mut pairs = self.common.head("Map");
        pairs.extend(self.items_path.as_deref().map(|path| ("ItemsPath", path.into())));
        pairs.extend(self.concurrency.as_ref().map(|concurrency| match concurrency {
            Concurrency::Fixed(flows) => ("MaxConcurrency", (*flows).into()),
            Concurrency::Path(path) => ("MaxConcurrencyPath", path.as_str().into()),
        }));
        pairs.extend(self.selector.clone().map(|selector| ("ItemSelector", selector)));
        pairs.push(("ItemProcessor", Expr::object(processor)));
        pairs.extend(self.handling.pairs());
        self.common.tail(pairs)
    }
}
