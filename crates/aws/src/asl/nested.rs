//! States with flows inside: `Parallel` and `Map`.

use oleoduto_cdk::Expr;

use super::common::{Common, Handling, data_methods, handling_methods, next_method};
use super::path::{self, Kind};
use super::{Flow, template};

/// Several flows at once, each with the state's data; the result is the list of theirs.
#[derive(Clone, Debug)]
pub struct Parallel {
    pub(super) branches: Vec<Flow>,
    parameters: Option<Expr>,
    pub(super) common: Common,
    pub(super) handling: Handling,
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

    /// Give the flows an object made of the data: a key that ends in `.$` holds a path or an intrinsic function.
    #[must_use]
    pub fn parameters(mut self, parameters: Expr) -> Self {
        self.parameters = Some(parameters);
        self
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        self.common.check(mistakes);
        if self.branches.is_empty() {
            mistakes.push("it has no branch".to_owned());
        }
        if let Some(parameters) = &self.parameters {
            template::check("Parameters", parameters, mistakes);
        }
        self.handling.check(mistakes);
    }

    pub(super) fn document(&self) -> Expr {
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
    pub(super) processor: Flow,
    items_path: Option<String>,
    selector: Option<Expr>,
    concurrency: Option<Concurrency>,
    pub(super) common: Common,
    pub(super) handling: Handling,
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

    /// Where the list is.
    #[must_use]
    pub fn items_path(mut self, path: &str) -> Self {
        self.items_path = Some(path.to_owned());
        self
    }

    /// What each flow gets instead of the bare item: an object in which a key that ends in `.$` holds a path (the item
    /// is at `$$.Map.Item.Value`) or an intrinsic function.
    #[must_use]
    pub fn item_selector(mut self, selector: Expr) -> Self {
        self.selector = Some(selector);
        self
    }

    /// At most so many flows at once; 0 leaves it to AWS, which runs up to 40.
    #[must_use]
    pub fn max_concurrency(mut self, flows: i64) -> Self {
        self.concurrency = Some(Concurrency::Fixed(flows));
        self
    }

    /// At most as many flows at once as the number at a path says.
    #[must_use]
    pub fn max_concurrency_path(mut self, path: &str) -> Self {
        self.concurrency = Some(Concurrency::Path(path.to_owned()));
        self
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        self.common.check(mistakes);
        if let Some(text) = &self.items_path {
            path::check_field("ItemsPath", text, Kind::Reference, mistakes);
        }
        match &self.concurrency {
            Some(Concurrency::Fixed(flows)) if *flows < 0 => {
                mistakes.push(format!("MaxConcurrency is {flows}; AWS takes 0 or more"))
            }
            Some(Concurrency::Path(text)) => path::check_field("MaxConcurrencyPath", text, Kind::Reference, mistakes),
            Some(Concurrency::Fixed(_)) | None => {}
        }
        if let Some(selector) = &self.selector {
            template::check("ItemSelector", selector, mistakes);
        }
        self.handling.check(mistakes);
    }

    pub(super) fn document(&self) -> Expr {
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
