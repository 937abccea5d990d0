//! The text of the binding of a Terraform module.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::bindings::Bindings;
use crate::emit::structures;
use crate::error::Error;
use crate::example::Usage;
use crate::folder::MARK;
use crate::functions::one_line;
use crate::module_interface::{ModuleInterface, ModuleOutput};
use crate::names::{camel, first_free, snake};
use crate::structs::Structs;
use crate::words::{is_keyword, is_taken};

/// Where a module is, and what its files do not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleSource {
    /// The source, as Terraform writes it: `./modules/names`, `terraform-aws-modules/vpc/aws`, a Git URL.
    pub source: String,
    /// The version, of a module in a registry.
    pub version: Option<String>,
    /// Output to the path of a type, or to `String`, `bool`, `Number`.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
}

/// The binding of a module under a name.
///
/// # Errors
/// [`Error::Attribute`] if the bindings file types an output that the module does not have, [`Error::Unsupported`] for a name that no file
/// can have.
pub fn generate_module(name: &str, source: &ModuleSource, interface: &ModuleInterface) -> Result<String, Error> {
    if snake(name) != name || is_keyword(name) || ["mod", "aux", "con", "nul", "prn"].contains(&name) {
        return Err(Error::Unsupported(name.to_owned(), "as the name of a module in Rust".to_owned()));
    }
    if let Some(unknown) = source.outputs.keys().find(|output| !interface.outputs.contains_key(*output)) {
        return Err(Error::Attribute(format!("module.{name}"), unknown.clone()));
    }
    let short = camel(name);
    let root = if is_taken(&short) { format!("{short}Module") } else { short };
    let bindings = Bindings::default();
    let mut structs = Structs::new(name, &root, &interface.inputs, &bindings)?;
    let accessors: Vec<String> = accessors(source, interface).into_iter().map(|accessor| accessor.text(&mut structs)).collect();
    let mut body = String::new();
    // Where `oleoduto add --module` writes it.
    let usage = Usage { module: &format!("crate::bindings::modules::{name}"), method: "module", has_id: true };
    let example = usage.example(&structs.all, None);
    structures(&mut body, &structs, &format!("The inputs of the module `{}`.{example}", source.source), None);
    let version = source.version.as_ref().map_or_else(String::new, |version| format!(".version({version:?})"));
    let _ = write!(
        body,
        "\nimpl oleoduto_cdk::ModuleCall for {root} {{\n    type Refs = {root}Refs;\n\n    \
         fn into_module(mut self) -> oleoduto_cdk::Module {{\n        \
         oleoduto_cdk::Module::new({:?}){version}.inputs(&mut self)\n    }}\n}}\n\n\
         /// The outputs of the module `{}`.\n#[derive(Clone, Debug)]\npub struct {root}Refs(Target);\n\n\
         impl From<Target> for {root}Refs {{\n    fn from(target: Target) -> Self {{\n        Self(target)\n    }}\n}}\n\n\
         impl AsRef<Target> for {root}Refs {{\n    fn as_ref(&self) -> &Target {{\n        &self.0\n    }}\n}}\n\n\
         impl {root}Refs {{{}}}\n",
        source.source,
        source.source,
        if accessors.is_empty() { String::new() } else { format!("\n{}", accessors.join("\n")) }
    );
    let mut used = structs.imports;
    used.extend(["Block", "BlockWriter", "Target"]);
    let used: Vec<_> = used.into_iter().collect();
    let version = source.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
    Ok(format!(
        "//! Module `{name}`, {MARK} from {}{version}. Do not edit.\n\nuse oleoduto_cdk::{{{}}};\n{body}",
        source.source,
        used.join(", ")
    ))
}

/// The text of the file that declares the modules of this name.
pub fn index_of_modules<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let modules: String = names.into_iter().map(|name| format!("pub mod {name};\n")).collect();
    format!(
        "//! Bindings of Terraform modules, {MARK}. Do not edit.\n\n\
         // A program uses some of it, and other lints are for people's code.\n\
         #![allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery, rustdoc::all)]\n\n{modules}"
    )
}

/// What reads an output.
struct Accessor<'a> {
    name: &'a str,
    method: String,
    output: &'a ModuleOutput,
    rust_type: Option<&'a String>,
}

fn accessors<'a>(source: &'a ModuleSource, interface: &'a ModuleInterface) -> Vec<Accessor<'a>> {
    let mut methods =
        std::collections::HashSet::from(["from".to_owned(), "as_ref".to_owned(), "clone".to_owned(), "fmt".to_owned()]);
    let all = interface.outputs.iter().map(|(name, output)| {
        let method = first_free(&snake(name), |method| methods.insert(method.to_owned()));
        Accessor { name, method, output, rust_type: source.outputs.get(name) }
    });
    all.collect()
}

impl Accessor<'_> {
    fn text(&self, structs: &mut Structs<'_>) -> String {
        let Self { name, method, output, rust_type } = self;
        structs.imports.insert("Ref");
        let inferred = match (output.is_text, output.sensitive) {
            (true, true) => "Sensitive",
            (true, false) => "String",
            (false, _) => "Any",
        };
        let kind = rust_type.map_or(inferred, String::as_str);
        let engine = ["Any", "Number", "Sensitive"].into_iter().find(|engine| *engine == kind);
        structs.imports.extend(engine);
        let reader = if output.sensitive { "sensitive" } else { "new" };
        let note = if output.sensitive { " Sensitive." } else { "" };
        let description = output.description.as_deref().map_or_else(String::new, |text| format!(": {}", one_line(text)));
        format!(
            "    /// `{name}`{description}{note}\n    pub fn {method}(&self) -> Ref<{kind}> {{\n        \
             Ref::{reader}(&self.0, {name:?})\n    }}\n"
        )
    }
}
