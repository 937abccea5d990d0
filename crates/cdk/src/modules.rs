//! Calls of Terraform modules.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use crate::asset::Asset;
use crate::block::{Block, BlockWriter, Found};
use crate::contents::NamedBlock;
use crate::diagnostics::{Diagnostic, Path as DiagnosticPath};
use crate::expr::{Expr, Key, Target};
use crate::meta::ProviderAlias;
use crate::names;
use crate::stack::Stack;
use crate::value::Ref;

/// A call of a Terraform module.
#[derive(Clone, Debug)]
pub struct Module {
    source: Source,
    body: Vec<(Key, Expr)>,
    depends_on: Vec<Target>,
    providers: Vec<(String, ProviderAlias)>,
    /// Mistakes in its inputs, at paths within the call.
    mistakes: Vec<Diagnostic>,
}

/// Where a module is.
#[derive(Clone, Debug)]
enum Source {
    /// A folder of the program, shipped with the stack.
    Folder(PathBuf),
    /// What Terraform finds itself.
    Address(String),
}

impl Module {
    /// A module by its source: a registry address, a Git URL, or a local folder.
    ///
    /// A local folder begins with `./` or `../`, is relative to the folder in which the program runs, and is shipped with the
    /// stack as an asset.
    pub fn new(source: &str) -> Self {
        let is_local = source.starts_with("./") || source.starts_with("../");
        Self::of(if is_local { Source::Folder(source.into()) } else { Source::Address(source.to_owned()) })
    }

    /// A module by a source that Terraform gets as it is written: a path is relative to the stack's generated folder.
    pub fn as_written(source: &str) -> Self {
        Self::of(Source::Address(source.to_owned()))
    }

    fn of(source: Source) -> Self {
        Self { source, body: Vec::new(), depends_on: Vec::new(), providers: Vec::new(), mistakes: Vec::new() }
    }

    /// The version constraint, for modules of a registry.
    #[must_use]
    pub fn version(self, constraint: &str) -> Self {
        self.input("version", constraint)
    }

    /// Give an input variable of the module a value.
    #[must_use]
    pub fn input(mut self, name: &str, value: impl Into<Expr>) -> Self {
        self.body.push((name.to_owned().into(), value.into()));
        self
    }

    /// Give the inputs that a binding holds.
    #[must_use]
    pub fn inputs(mut self, block: &mut impl Block) -> Self {
        let mut found = Found::default();
        self.body.extend(BlockWriter::collect(block, DiagnosticPath::root(""), &mut found));
        self.mistakes.append(&mut found.diagnostics);
        self
    }

    /// Wait for a block without a reference to it.
    #[must_use]
    pub fn depends_on(mut self, target: &impl AsRef<Target>) -> Self {
        self.depends_on.push(target.as_ref().clone());
        self
    }

    /// Pass a provider configuration, under its name in the module.
    #[must_use]
    pub fn provider(mut self, name: &str, alias: &ProviderAlias) -> Self {
        self.providers.push((name.to_owned(), alias.clone()));
        self
    }

    /// `count` or `for_each`.
    pub(crate) fn repeat(self, name: &'static str, value: Expr) -> Self {
        self.input(name, value)
    }
}

/// A call of a module: a [`Module`], or the binding of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a call of a module",
    label = "this is not a call of a module",
    note = "finish its builder with `.build()`, and give the ID first: `module(\"ID\", MODULE)`"
)]
pub trait ModuleCall: Sized {
    /// What can be read of it.
    type Refs: From<Target> + AsRef<Target>;

    /// The call.
    fn into_module(self) -> Module;

    /// The same call with more: `names.with(|module| module.depends_on(&bucket))`.
    fn with(self, change: impl FnOnce(Module) -> Module) -> ChangedCall<Self::Refs> {
        ChangedCall { module: change(self.into_module()), refs: PhantomData }
    }
}

impl ModuleCall for Module {
    type Refs = ModuleRefs;

    fn into_module(self) -> Module {
        self
    }
}

/// What [`ModuleCall::with`] makes.
#[derive(Clone, Debug)]
pub struct ChangedCall<R> {
    module: Module,
    refs: PhantomData<fn() -> R>,
}

impl<R: From<Target> + AsRef<Target>> ModuleCall for ChangedCall<R> {
    type Refs = R;

    fn into_module(self) -> Module {
        self.module
    }
}

/// A module in a stack.
#[derive(Clone, Debug)]
pub struct ModuleRefs(Target);

impl ModuleRefs {
    /// An output of the module. Nothing checks that it has one of this name and type.
    pub fn output<T>(&self, name: &str) -> Ref<T> {
        Ref::new(&self.0, name.to_owned())
    }
}

impl From<Target> for ModuleRefs {
    fn from(target: Target) -> Self {
        Self(target)
    }
}

impl AsRef<Target> for ModuleRefs {
    fn as_ref(&self) -> &Target {
        &self.0
    }
}

impl Stack {
    /// Call a Terraform module.
    pub fn module<M: ModuleCall>(&mut self, id: &str, module: M) -> M::Refs {
        self.call_module(id, module.into_module()).into()
    }

    fn call_module(&mut self, id: &str, module: Module) -> Target {
        let (logical, path) = (self.logical_id(id), self.construct_path(id));
        let place = format!("{}/module.{path}", self.name());
        if !names::is_identifier(&logical) {
            self.report(names::refused(place.clone(), id, &logical));
        }
        module.mistakes.into_iter().for_each(|mut mistake| {
            mistake.path.insert_str(0, &place);
            self.report(mistake);
        });
        let source = match module.source {
            Source::Address(address) => address,
            Source::Folder(folder) => self.ship_module(&place, &folder),
        };
        let mut body: Vec<(Key, Expr)> = vec![("source".into(), source.into())];
        body.extend(module.body);
        let help = "`depends_on` works only within one stack: use one of its attributes, or Stack::depends_on_stack";
        module.depends_on.iter().for_each(|other| self.report_foreign(&place, "depends_on", other, help));
        if !module.depends_on.is_empty() {
            body.push(("depends_on".into(), Expr::addresses(&module.depends_on)));
        }
        module.providers.iter().for_each(|(_, alias)| self.check_alias(&place, alias));
        if !module.providers.is_empty() {
            let providers = module.providers.into_iter().map(|(name, alias)| (name, Expr::address(&alias.address)));
            body.push(("providers".into(), Expr::of_pairs(providers)));
        }
        let target = self.target(format!("module.{logical}"));
        self.add_named("module", id, NamedBlock { id: logical, path, body });
        target
    }

    /// The source of a module whose folder travels with the stack.
    fn ship_module(&mut self, place: &str, folder: &Path) -> String {
        let name = folder.file_name().map(|name| names::strip(&name.to_string_lossy())).unwrap_or_default();
        let id = if name.is_empty() { "module" } else { &name };
        match Asset::folder(id, folder) {
            Ok((source, files)) => {
                files.into_iter().for_each(|file| drop(self.asset(file)));
                format!("./{source}")
            }
            Err(error) => {
                let help =
                    "a local module is a folder with .tf files: its path is relative to the folder in which the program runs";
                self.report(Diagnostic::error(place, error.to_string(), help));
                folder.display().to_string()
            }
        }
    }
}
