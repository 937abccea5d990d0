//! `Pass` states.

use oleoduto_cdk::Expr;

use super::common::{Common, data_methods, next_method};
use super::path::Kind;
use super::portion::Portion;
use super::setters::setters;
use super::template;

/// A state that adds or moves data, or does nothing.
#[derive(Clone, Debug, Default)]
pub struct Pass {
    result: Option<Expr>,
    parameters: Option<Expr>,
    place: Portion,
    pub(super) common: Common,
}

data_methods!(Pass);
next_method!(Pass);

impl Pass {
    /// A state that leaves the data as it is.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Give a fixed value; nothing in it is read as a path.
        result(result: Expr) => result = Some(result);
        /// Give an object made of the data: a key that ends in `.$` holds a path or an intrinsic function.
        parameters(parameters: Expr) => parameters = Some(parameters);
        /// Put the output at a path of the data; without this it replaces all data.
        result_path(path: &str) => place = Portion::At(path.to_owned());
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        self.common.check(mistakes);
        if let Some(parameters) = &self.parameters {
            template::check("Parameters", parameters, mistakes);
        }
        if self.result.is_some() && self.parameters.is_some() {
            mistakes.push("Result and Parameters are both given: Step Functions would ignore Parameters".to_owned());
        }
        self.place.check("ResultPath", Kind::Result, mistakes);
    }

    pub(super) fn document(&self) -> Expr {
        let mut pairs = self.common.head("Pass");
        pairs.extend(self.parameters.clone().map(|parameters| ("Parameters", parameters)));
        pairs.extend(self.result.clone().map(|result| ("Result", result)));
        pairs.extend(self.place.document().map(|path| ("ResultPath", path)));
        self.common.tail(pairs)
    }
}
