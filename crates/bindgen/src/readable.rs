//! The text of what can be read of a type: the implementation of its trait, its accessors, and those within blocks and objects.

use std::fmt::Write as _;

use crate::error::Error;
use crate::place::Kind;
use crate::schema::Block;
use crate::structs::{Structs, notes};
use crate::views::{Accessor, Nesting, Read, View, Views};

/// The implementation of the trait `Resource`, `DataSource` or `EphemeralResource`, and the readable attributes.
pub(crate) fn text(kind: Kind, name: &str, root: &str, block: &Block, structs: &mut Structs<'_>) -> Result<String, Error> {
    let kind_trait = match kind {
        Kind::Resource => "Resource",
        // By its path: a provider may have an `ephemeral_resource` of its own.
        Kind::Ephemeral => "oleoduto_cdk::EphemeralResource",
        Kind::DataSource | Kind::Provider | Kind::Functions => "DataSource",
    };
    structs.imports.extend(Some(kind_trait).filter(|path| !path.contains("::")));
    structs.imports.insert("Target");
    let refs = format!("{root}Refs");
    let mut views = Views::default();
    let own = views.root(block, structs)?;
    let accessors: Vec<String> = own.iter().map(|own| accessor(own, &views.all, Place::Root, structs)).collect();
    let taggable = if kind == Kind::Resource && is_taggable(block) { "    const TAGGABLE: bool = true;\n" } else { "" };
    let local_name = structs.bindings.local_name();
    let provider = if name.split('_').next() == Some(local_name) {
        String::new()
    } else {
        format!("    const PROVIDER: Option<&'static str> = Some({local_name:?});\n")
    };
    let mut out = format!(
        "\nimpl {kind_trait} for {root} {{\n    const TYPE: &'static str = {name:?};\n{taggable}{provider}    type Refs = {refs};\n}}\n\n\
         /// The readable attributes of `{name}`.\n#[derive(Clone, Debug)]\npub struct {refs}(Target);\n\n\
         impl From<Target> for {refs} {{\n    fn from(target: Target) -> Self {{\n        Self(target)\n    }}\n}}\n\n\
         impl AsRef<Target> for {refs} {{\n    fn as_ref(&self) -> &Target {{\n        &self.0\n    }}\n}}\n\n\
         impl {refs} {{{}}}\n",
        if accessors.is_empty() { String::new() } else { format!("\n{}", accessors.join("\n")) }
    );
    let mut order: Vec<&View> = views.all.iter().collect();
    order.sort_by_key(|view| (view.path.len(), view.path.clone()));
    for view in order {
        let accessors: Vec<String> =
            view.accessors.iter().map(|inner| accessor(inner, &views.all, Place::Inner, structs)).collect();
        let _ = write!(
            out,
            "\n/// What the provider decides of `{path}`.\n#[derive(Clone, Debug)]\npub struct {name}(Nested);\n\n\
             impl From<Nested> for {name} {{\n    fn from(at: Nested) -> Self {{\n        Self(at)\n    }}\n}}\n\n\
             impl {name} {{\n{}}}\n",
            accessors.join("\n"),
            path = view.path.join("."),
            name = view.name,
        );
    }
    Ok(out)
}

/// Whether tags of a whole app can be added: `tags` may be set, and is a map of text.
fn is_taggable(block: &Block) -> bool {
    let tags = block.attributes.get("tags").filter(|attribute| attribute.is_settable("tags", true));
    tags.is_some_and(|attribute| attribute.r#type == serde_json::json!(["map", "string"]))
}

/// What an accessor belongs to.
#[derive(Clone, Copy)]
enum Place {
    Root,
    Inner,
}

fn accessor(accessor: &Accessor, views: &[View], place: Place, structs: &mut Structs<'_>) -> String {
    let name = &accessor.name;
    let (doc, result, body) = match &accessor.read {
        Read::Value { rust_type, words, sensitive } => {
            structs.imports.insert("Ref");
            let body = match (place, sensitive) {
                (Place::Root, true) => format!("Ref::sensitive(&self.0, {name:?})"),
                (Place::Root, false) => format!("Ref::new(&self.0, {name:?})"),
                (Place::Inner, true) => format!("self.0.sensitive({name:?})"),
                (Place::Inner, false) => format!("self.0.value({name:?})"),
            };
            (format!("({words}).{}", notes(accessor.deprecated, *sensitive, false)), format!("Ref<{rust_type}>"), body)
        }
        Read::View { view, nesting } => {
            structs.imports.insert("Nested");
            let inner = &views[*view].name;
            let (words, collection) = match nesting {
                Nesting::Single => ("one", None),
                Nesting::List => ("list", Some("NestedList")),
                Nesting::Set => ("set", Some("NestedSet")),
                Nesting::Map => ("map", Some("NestedMap")),
            };
            structs.imports.extend(collection);
            let result = collection.map_or_else(|| inner.clone(), |collection| format!("{collection}<{inner}>"));
            let body = match place {
                Place::Root => format!("Nested::new(&self.0, {name:?}).into()"),
                Place::Inner => format!("self.0.inner({name:?}).into()"),
            };
            (format!("({words}): what the provider decides.{}", notes(accessor.deprecated, false, false)), result, body)
        }
    };
    let deprecated = if accessor.deprecated {
        format!("    #[deprecated = \"the provider calls `{name}` deprecated\"]\n")
    } else {
        String::new()
    };
    format!(
        "    /// `{name}` {doc}\n{deprecated}    pub fn {}(&self) -> {result} {{\n        {body}\n    }}\n",
        accessor.member.identifier
    )
}
