//! What a graph shows, whatever language it is written in.

/// Nodes, and arrows between them.
#[derive(Debug)]
pub(super) struct Picture {
    /// What it shows, in words.
    pub(super) title: String,
    /// A word that Graphviz and ids can take.
    pub(super) name: &'static str,
    /// Whether it runs from the left to the right, and not from the top down.
    pub(super) rightwards: bool,
    pub(super) nodes: Vec<Node>,
    pub(super) arrows: Vec<Arrow>,
}

/// A box.
#[derive(Debug)]
pub(super) struct Node {
    /// Unique in the picture.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The box around it.
    pub(super) parent: Option<String>,
    /// What it does, in a few words.
    pub(super) note: String,
}

/// How a box looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A stack, or a state that works.
    Work,
    /// A state that decides where to go on.
    Choice,
    /// A state that only waits or changes the data.
    Quiet,
    /// A box around others.
    Group,
    /// An end without an error.
    Success,
    /// An end with an error.
    Failure,
}

impl Kind {
    /// Its class in style sheets.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Choice => "choice",
            Self::Quiet => "quiet",
            Self::Group => "group",
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// From one box to another.
#[derive(Debug)]
pub(super) struct Arrow {
    pub(super) from: String,
    pub(super) to: String,
    /// Whether it is taken after an error.
    pub(super) after_error: bool,
}
