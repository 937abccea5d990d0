//! States of stacks that are not part of the app.

use crate::backend::Backend;
use crate::element::Section;
use crate::escape::push_key;
use crate::expr::{Expr, Key, Target};
use crate::meta::Meta;
use crate::stack::Stack;
use crate::value::{Ref, Val};

/// The state of another team's stack, or of one that another program declares.
///
/// ```
/// use oleoduto_cdk::{App, Backend, RemoteState, S3Backend};
/// let mut app = App::new();
/// let stack = app.stack("mine", Backend::S3(S3Backend::new("my-states", "mine.tfstate", "sa-east-1")));
/// let theirs = Backend::S3(S3Backend::new("their-states", "network.tfstate", "sa-east-1"));
/// let network = stack.remote_state("network", RemoteState::new(theirs));
/// stack.output("vpc", network.output::<String>("vpc_id"));
/// ```
#[derive(Clone, Debug)]
pub struct RemoteState {
    backend: Backend,
    workspace: Option<Expr>,
    defaults: Vec<(Key, Expr)>,
}

impl RemoteState {
    /// The state in a backend. A relative path of a local one is relative to the folder of the stack that reads it.
    pub fn new(backend: Backend) -> Self {
        Self { backend, workspace: None, defaults: Vec::new() }
    }

    /// The state of a workspace other than `default`.
    #[must_use]
    pub fn workspace(mut self, name: impl Into<Val<String>>) -> Self {
        self.workspace = Some(name.into().into_expr());
        self
    }

    /// The value of an output that the state does not have.
    #[must_use]
    pub fn default_value(mut self, output: &str, value: impl Into<Expr>) -> Self {
        self.defaults.push((output.to_owned().into(), value.into()));
        self
    }
}

/// What can be read of a state.
#[derive(Clone, Debug)]
pub struct RemoteStateRefs(Target);

impl RemoteStateRefs {
    /// An output of the root module. Nothing checks that there is one of this name and type.
    pub fn output<T>(&self, name: &str) -> Ref<T> {
        let mut path = "outputs".to_owned();
        push_key(&mut path, name);
        Ref::new(&self.0, path)
    }
}

impl AsRef<Target> for RemoteStateRefs {
    fn as_ref(&self) -> &Target {
        &self.0
    }
}

impl Stack {
    /// Read the state of a stack that is not part of the app. A stack of the app needs nothing: use its references.
    pub fn remote_state(&mut self, id: &str, state: RemoteState) -> RemoteStateRefs {
        let (kind, config) = state.backend.state();
        let mut body: Vec<(Key, Expr)> = vec![("backend".into(), kind.into()), ("config".into(), Expr::of_pairs(config))];
        body.extend(state.workspace.map(|name| ("workspace".into(), name)));
        if !state.defaults.is_empty() {
            body.push(("defaults".into(), Expr::of_pairs(state.defaults)));
        }
        RemoteStateRefs(self.add_untyped(Section::Data, "terraform_remote_state", id, body, Meta::new()))
    }
}
