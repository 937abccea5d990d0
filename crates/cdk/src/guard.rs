//! Guards: rules over all stacks of an app, which synth enforces (policies as code).

use std::fmt;

use indexmap::IndexMap;

use crate::diagnostics::{Diagnostic, Level};
use crate::expr::Target;
use crate::stack::Stack;
use crate::view::{ResourceView, StackView};

/// A rule over all stacks of an app. [`App::guard`](crate::App::guard) enforces it.
///
/// Synth asks each guard once, after aspects and overrides, and reports what it finds with all other mistakes.
pub trait Guard {
    /// The name in messages, such as `required-tags`.
    fn name(&self) -> &str;

    /// Everything that breaks the rule: errors, or warnings. The place of a finding is that of a resource or something in it.
    fn check(&self, app: &AppView<'_>) -> Vec<Diagnostic>;

    /// The same rule, of which nothing is an error: a program learns what it would refuse.
    fn advice(self) -> Advice<Self>
    where
        Self: Sized,
    {
        Advice(self)
    }

    /// An exception: nothing is said of `place` (`stack/aws_s3_bucket.site`) and what is in it, but the reason, as a note.
    /// An exception that nothing needs is a warning.
    fn except(self, place: &str, reason: &str) -> Except<Self>
    where
        Self: Sized,
    {
        Except { guard: self, place: place.to_owned(), reason: reason.to_owned() }
    }
}

/// What a guard sees: all stacks, and what each needs.
#[derive(Clone, Copy)]
pub struct AppView<'a> {
    stacks: &'a [Stack],
    dependencies: &'a IndexMap<String, Vec<String>>,
}

impl<'a> AppView<'a> {
    pub(crate) fn new(stacks: &'a [Stack], dependencies: &'a IndexMap<String, Vec<String>>) -> Self {
        Self { stacks, dependencies }
    }

    /// The stacks, in the order of declaration.
    pub fn stacks(&self) -> impl Iterator<Item = StackView<'a>> + use<'a> {
        self.stacks.iter().map(Stack::view)
    }

    /// The resources of all stacks.
    pub fn resources(&self) -> impl Iterator<Item = ResourceView<'a>> + use<'a> {
        self.stacks().flat_map(|stack| stack.resources())
    }

    /// The resources of all stacks that refer to a block, from whatever stack.
    pub fn referring_to(&self, target: &Target) -> impl Iterator<Item = ResourceView<'a>> {
        self.resources().filter(move |resource| resource.references().any(|reference| reference.target().is_of(target)))
    }

    /// The names of the stacks that a stack needs, in the order of first use.
    pub fn dependencies(&self, stack: &str) -> &'a [String] {
        self.dependencies.get(stack).map(Vec::as_slice).unwrap_or_default()
    }

    /// The names of the stacks that need a stack, in the order of declaration.
    pub fn consumers(&self, stack: &str) -> impl Iterator<Item = &'a str> {
        self.dependencies.iter().filter(move |(_, needs)| needs.iter().any(|need| need == stack)).map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for AppView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.dependencies).finish()
    }
}

/// A guard made of a name and a function.
///
/// ```
/// use oleoduto_cdk::{App, Diagnostic, guard};
/// let mut app = App::new();
/// app.guard(guard("no-secrets-in-outputs", |app| {
///     let outputs = app.stacks().flat_map(|stack| stack.outputs());
///     let secret = outputs.filter(|output| output.get("sensitive").is_some());
///     let found = secret.map(|output| {
///         let message = format!("the output `{}` is secret", output.name());
///         Diagnostic::error(output.place(), message, "keep it in a secret store, and output its name")
///     });
///     found.collect()
/// }));
/// assert!(app.synth().is_ok());
/// ```
pub fn guard(name: &'static str, check: impl Fn(&AppView<'_>) -> Vec<Diagnostic> + 'static) -> impl Guard + 'static {
    Function { name, check }
}

struct Function<F> {
    name: &'static str,
    check: F,
}

impl<F: Fn(&AppView<'_>) -> Vec<Diagnostic>> Guard for Function<F> {
    fn name(&self) -> &str {
        self.name
    }

    fn check(&self, app: &AppView<'_>) -> Vec<Diagnostic> {
        (self.check)(app)
    }
}

/// A guard of which nothing is an error: see [`Guard::advice`].
#[derive(Clone, Debug)]
pub struct Advice<G>(G);

impl<G: Guard> Guard for Advice<G> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn check(&self, app: &AppView<'_>) -> Vec<Diagnostic> {
        let mut found = self.0.check(app);
        found.iter_mut().for_each(|finding| finding.level = finding.level.max(Level::Warning));
        found
    }
}

/// A guard with an exception: see [`Guard::except`].
#[derive(Clone, Debug)]
pub struct Except<G> {
    guard: G,
    place: String,
    reason: String,
}

impl<G: Guard> Guard for Except<G> {
    fn name(&self) -> &str {
        self.guard.name()
    }

    fn check(&self, app: &AppView<'_>) -> Vec<Diagnostic> {
        let is_excepted = |finding: &Diagnostic| {
            let rest = finding.path.strip_prefix(&self.place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', '/']))
        };
        let (excepted, mut found): (Vec<_>, Vec<_>) = self.guard.check(app).into_iter().partition(is_excepted);
        if excepted.is_empty() {
            let message = format!("nothing at `{}` breaks this rule: the exception ({}) is not needed", self.place, self.reason);
            found.push(Diagnostic::warning(&self.place, message, "remove the exception, or correct its place"));
        }
        let notes = excepted.into_iter().map(|finding| Diagnostic {
            level: Level::Info,
            message: format!("{}; it is an exception: {}", finding.message, self.reason),
            ..finding
        });
        found.extend(notes);
        found
    }
}

/// What all guards find.
pub(crate) fn check(guards: &[Box<dyn Guard>], app: &AppView<'_>) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    for guard in guards {
        let found = guard.check(app).into_iter();
        all.extend(found.map(|finding| Diagnostic { help: format!("{} (guard `{}`)", finding.help, guard.name()), ..finding }));
    }
    all
}
