//! Fields that several states share: input, output, next state, and the handling of results and errors.

use oleoduto_cdk::Expr;

use super::path::Kind;
use super::portion::Portion;
use super::retry::{self, Catch, Retry};
use super::template;

/// The fields of every state that has a next state.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    pub(super) comment: Option<String>,
    pub(super) input: Portion,
    pub(super) output: Portion,
    pub(super) next: Option<String>,
}

impl Common {
    /// `Type`, `Comment` and `InputPath`.
    pub(super) fn head(&self, kind: &str) -> Vec<(&'static str, Expr)> {
        let mut pairs = vec![("Type", Expr::from(kind))];
        pairs.extend(self.comment.as_deref().map(|comment| ("Comment", comment.into())));
        pairs.extend(self.input.document().map(|path| ("InputPath", path)));
        pairs
    }

    /// `OutputPath`.
    pub(super) fn output(&self) -> Option<(&'static str, Expr)> {
        self.output.document().map(|path| ("OutputPath", path))
    }

    /// `OutputPath`, then `Next` or `End`.
    pub(super) fn tail(&self, mut pairs: Vec<(&'static str, Expr)>) -> Expr {
        pairs.extend(self.output());
        pairs.push(match &self.next {
            Some(state) => ("Next", state.as_str().into()),
            None => ("End", true.into()),
        });
        Expr::object(pairs)
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        self.input.check("InputPath", Kind::Path, mistakes);
        self.output.check("OutputPath", Kind::Path, mistakes);
    }
}

/// The fields of every state that does work: the handling of its result and of its errors.
#[derive(Clone, Debug)]
pub(super) struct Handling {
    pub(super) selector: Option<Expr>,
    pub(super) result: Portion,
    pub(super) retry: Vec<Retry>,
    pub(super) catch: Vec<Catch>,
}

impl Default for Handling {
    fn default() -> Self {
        // AWS would replace the state's data by the result, and the states after it would miss what they read.
        Self { selector: None, result: Portion::Nothing, retry: Vec::new(), catch: Vec::new() }
    }
}

impl Handling {
    pub(super) fn pairs(&self) -> Vec<(&'static str, Expr)> {
        let mut pairs = Vec::new();
        pairs.extend(self.selector.clone().map(|selector| ("ResultSelector", selector)));
        pairs.extend(self.result.document().map(|path| ("ResultPath", path)));
        if !self.retry.is_empty() {
            pairs.push(("Retry", Expr::Array(self.retry.iter().map(Retry::document).collect())));
        }
        if !self.catch.is_empty() {
            pairs.push(("Catch", Expr::Array(self.catch.iter().map(Catch::document).collect())));
        }
        pairs
    }

    pub(super) fn check(&self, mistakes: &mut Vec<String>) {
        if let Some(selector) = &self.selector {
            template::check("ResultSelector", selector, mistakes);
        }
        self.result.check("ResultPath", Kind::Result, mistakes);
        retry::check(&self.retry, &self.catch, mistakes);
    }
}

pub(super) fn targets<'a>(common: &'a Common, handling: &'a Handling) -> Vec<&'a str> {
    common.next.as_deref().into_iter().chain(handling.catch.iter().map(Catch::target)).collect()
}

/// The setters of [`Common`] but `next`, for a type that has it in the field `common`.
macro_rules! data_methods {
    ($name:ident) => {
        impl $name {
            $crate::asl::setters::setters! {
                /// A comment for readers of the definition.
                comment(comment: &str) => common.comment = Some(comment.to_owned());
                /// Take only the value at a path of the data.
                input_path(path: &str) => common.input = $crate::asl::portion::Portion::At(path.to_owned());
                /// Take nothing: the input is `{}`.
                without_input() => common.input = $crate::asl::portion::Portion::Nothing;
                /// Give only the value at a path of the data to the next state.
                output_path(path: &str) => common.output = $crate::asl::portion::Portion::At(path.to_owned());
                /// Give nothing to the next state: its input is `{}`.
                without_output() => common.output = $crate::asl::portion::Portion::Nothing;
            }
        }
    };
}

/// The setter `next`, for a type with the field `common`.
macro_rules! next_method {
    ($name:ident) => {
        impl $name {
            $crate::asl::setters::setters! {
                /// The next state; without one the flow ends here successfully.
                next(state: &str) => common.next = Some(state.to_owned());
            }
        }
    };
}

/// The setters of [`Handling`], for a type that has it in the field `handling`.
macro_rules! handling_methods {
    ($name:ident) => {
        impl $name {
            /// Keep parts of the result under a path of the state's data: pairs of a key and the part's path or
            /// intrinsic function. Without this and [`Self::result_path`] the result is dropped.
            #[must_use]
            pub fn keep(self, selector: &[(&str, &str)], path: &str) -> Self {
                let selector = selector.iter().map(|(key, source)| (format!("{key}.$"), ::oleoduto_cdk::Expr::from(*source)));
                self.result_selector(::oleoduto_cdk::Expr::object(selector)).result_path(path)
            }

            $crate::asl::setters::setters! {
                /// Replace the result by an object in which a key that ends in `.$` holds a path or an intrinsic function.
                result_selector(selector: ::oleoduto_cdk::Expr) => handling.selector = Some(selector);
                /// Put the result at a path of the state's data; `$` puts it in place of all data.
                result_path(path: &str) => handling.result = $crate::asl::portion::Portion::At(path.to_owned());
            }

            /// Add a retrier; the first one that names an error is used.
            #[must_use]
            pub fn retry(mut self, retry: $crate::asl::retry::Retry) -> Self {
                self.handling.retry.push(retry);
                self
            }

            /// Add a catcher; the first one that names an error is used. The name of a state catches any error, and
            /// puts it at `$.error`.
            #[must_use]
            pub fn catch(mut self, catch: impl Into<$crate::asl::retry::Catch>) -> Self {
                self.handling.catch.push(catch.into());
                self
            }
        }
    };
}

pub(super) use {data_methods, handling_methods, next_method};
