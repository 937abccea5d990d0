//! Which part of the data a state takes or gives.

use oleoduto_cdk::Expr;

use super::path::{self, Kind};

/// Which part of the data passes.
#[derive(Clone, Debug, Default)]
pub(super) enum Portion {
    /// All of it: the default of AWS.
    #[default]
    Whole,
    /// The value at a path; for results, the place to write to.
    At(String),
    /// Nothing of it.
    Nothing,
}

impl Portion {
    pub(super) fn document(&self) -> Option<Expr> {
        match self {
            Self::Whole => None,
            Self::At(path) => Some(path.as_str().into()),
            Self::Nothing => Some(Expr::Null),
        }
    }

    pub(super) fn check(&self, field: &str, kind: Kind, mistakes: &mut Vec<String>) {
        if let Self::At(text) = self {
            path::check_field(field, text, kind, mistakes);
        }
    }
}
