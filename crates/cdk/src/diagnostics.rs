//! Mistakes and warnings found at synth, reported all together.

use std::fmt;

/// The severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Synth writes nothing.
    Error,
    /// Something to check; synth writes its output.
    Warning,
    /// Information only.
    Info,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// The word of cdktf's annotations.
    pub(crate) fn annotation(self) -> &'static str {
        match self {
            Self::Error => "@cdktf/error",
            Self::Warning => "@cdktf/warn",
            Self::Info => "@cdktf/info",
        }
    }
}

/// A mistake, a warning or a note: its place, the message and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The severity.
    pub level: Level,
    /// The place: `stack/resource.attribute`.
    pub path: String,
    /// The message.
    pub message: String,
    /// The help: what to do.
    pub help: String,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(path: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { level: Level::Error, path: path.into(), message: message.into(), help: help.into() }
    }

    /// A warning at a place.
    pub fn warning(path: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { level: Level::Warning, path: path.into(), message: message.into(), help: help.into() }
    }

    /// A note at a place.
    pub fn info(path: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { level: Level::Info, path: path.into(), message: message.into(), help: help.into() }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  --> {}\n  help: {}", self.level.word(), self.message, self.path, self.help)
    }
}

/// Every mistake that a synth found; nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SynthError(pub Vec<Diagnostic>);

impl fmt::Display for SynthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.0.iter().filter(|diagnostic| diagnostic.level == Level::Error).count();
        writeln!(f, "{errors} mistake{} found, nothing was written", if errors == 1 { "" } else { "s" })?;
        for diagnostic in &self.0 {
            writeln!(f, "\n{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SynthError {}

/// A place while a tree is walked; it costs nothing until it is printed.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    segment: Segment<'a>,
}

#[derive(Clone, Copy)]
enum Segment<'a> {
    Root(&'a str),
    Name(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    pub(crate) fn root(text: &'a str) -> Self {
        Self { parent: None, segment: Segment::Root(text) }
    }

    pub(crate) fn name(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), segment: Segment::Name(name) }
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), segment: Segment::Index(index) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.segment {
            Segment::Root(text) => f.write_str(text),
            Segment::Name(name) => write!(f, ".{name}"),
            Segment::Index(index) => write!(f, "[{index}]"),
        }
    }
}
