//! The structs of a type: its blocks, each structure once, named by the shortest path that leads to it.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value as Json;

use crate::bindings::Bindings;
use crate::error::Error;
use crate::names::{self, Member, StructNames};
use crate::schema::{Attribute, Block, NestedBlock, NestedType};

/// The struct of a block, by its position.
pub(crate) type Id = usize;

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Holds {
    /// `Val<T>`, or `Option` of it.
    Value { rust_type: String, words: String, required: bool },
    /// `Val` of an object, or of a collection of them, or `Option` of it: the collections from outside.
    Object { object: Id, around: Vec<&'static str>, words: String, required: bool },
    /// One block, or `Option` of it.
    One { block: Id, required: bool },
    /// Repeated blocks.
    Many { block: Id, min: usize, max: usize, required: bool },
    /// Labeled blocks.
    Labeled { block: Id, required: bool },
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) member: Member,
    pub(crate) holds: Holds,
    pub(crate) sensitive: bool,
    pub(crate) write_only: bool,
}

/// What a struct is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// A block.
    Block,
    /// An object: the value of an argument. It has every attribute.
    Object,
    /// An object with a structure of its own (protocol 6): it may lack attributes.
    Nested,
}

/// A struct: its fields, and the path that names it.
#[derive(Clone, Debug)]
pub(crate) struct Struct {
    pub(crate) form: Form,
    pub(crate) fields: Vec<Field>,
    pub(crate) path: Vec<String>,
    pub(crate) name: String,
}

/// All structs of a type. The last is the type itself.
pub(crate) struct Structs<'a> {
    type_name: &'a str,
    pub(crate) bindings: &'a Bindings,
    pub(crate) all: Vec<Struct>,
    known: HashMap<(String, Form, Vec<Field>), Id>,
    pub(crate) imports: BTreeSet<&'static str>,
    pub(crate) names: StructNames,
}

impl<'a> Structs<'a> {
    pub(crate) fn new(type_name: &'a str, root: &str, block: &Block, bindings: &'a Bindings) -> Result<Self, Error> {
        let mut structs = Self {
            type_name,
            bindings,
            all: Vec::new(),
            known: HashMap::new(),
            imports: BTreeSet::new(),
            names: StructNames::new(root),
        };
        let fields = structs.fields(&[], block)?;
        let mut order: Vec<Id> = (0..structs.all.len()).collect();
        order.sort_by(|&a, &b| key(&structs.all[a].path).cmp(&key(&structs.all[b].path)));
        for id in order {
            structs.all[id].name = structs.names.claim(&structs.all[id].path);
        }
        structs.all.push(Struct { form: Form::Block, fields, path: Vec::new(), name: root.to_owned() });
        Ok(structs)
    }

    fn fields(&mut self, path: &[String], block: &Block) -> Result<Vec<Field>, Error> {
        let mut members = names::members(block, path.is_empty());
        let mut fields = Vec::new();
        for (name, attribute) in &block.attributes {
            if attribute.is_settable(name, path.is_empty()) {
                let holds = self.attribute(path, name, attribute)?;
                let (name, sensitive, write_only) = (name.clone(), attribute.sensitive, attribute.write_only);
                let member = members.remove(name.as_str());
                fields.extend(member.map(|member| Field { name, member, holds, sensitive, write_only }));
            }
        }
        for (name, nested) in &block.block_types {
            let holds = self.block(path, name, nested)?;
            let member = members.remove(name.as_str());
            let name = name.clone();
            fields.extend(member.map(|member| Field { name, member, holds, sensitive: false, write_only: false }));
        }
        Ok(fields)
    }

    fn attribute(&mut self, path: &[String], name: &str, attribute: &Attribute) -> Result<Holds, Error> {
        self.imports.insert("Val");
        if let Some(nested) = &attribute.nested_type {
            return self.nested(path, name, attribute, nested);
        }
        let mut around = Vec::new();
        if let Some(fields) = object(&attribute.r#type, &mut around).filter(|_| self.semantic(path, name).is_none()) {
            return self.object(path, name, attribute, fields, around);
        }
        Ok(Holds::Value {
            rust_type: self.rust_type(path, name, attribute)?,
            words: words(&attribute.r#type),
            required: attribute.required,
        })
    }

    /// An argument whose type is an object, or a collection of them.
    fn object(
        &mut self,
        path: &[String],
        name: &str,
        attribute: &Attribute,
        fields: &serde_json::Map<String, Json>,
        around: Vec<&'static str>,
    ) -> Result<Holds, Error> {
        let field = |kind: &Json| Attribute {
            r#type: kind.clone(),
            optional: true,
            sensitive: attribute.sensitive,
            ..Attribute::default()
        };
        let attributes = fields.iter().map(|(name, kind)| (name.clone(), field(kind))).collect();
        let object = self.intern(path, name, Form::Object, &Block { attributes, ..Block::default() })?;
        self.imports.extend(&around);
        Ok(Holds::Object { object, around, words: words(&attribute.r#type), required: attribute.required })
    }

    /// An argument with a structure of its own: it takes objects as well as any expression.
    fn nested(&mut self, path: &[String], name: &str, attribute: &Attribute, nested: &NestedType) -> Result<Holds, Error> {
        let (around, words) = match nested.nesting_mode.as_str() {
            "single" => (vec![], "object"),
            "map" => (vec!["Map"], "map of objects"),
            "list" => (vec!["List"], "list of objects"),
            "set" => (vec!["List"], "set of objects"),
            other => return Err(self.unsupported(format!("nesting mode `{other}` of `{name}`"))),
        };
        let content = Block { attributes: nested.attributes.clone(), ..Block::default() };
        let object = self.intern(path, name, Form::Nested, &content)?;
        self.imports.extend(&around);
        Ok(Holds::Object { object, around, words: words.to_owned(), required: attribute.required })
    }

    fn block(&mut self, path: &[String], name: &str, nested: &NestedBlock) -> Result<Holds, Error> {
        let block = self.intern(path, name, Form::Block, &nested.block)?;
        let (min, max) = (nested.min_items, nested.max_items);
        Ok(match nested.nesting_mode.as_str() {
            "single" | "group" => Holds::One { block, required: min > 0 },
            "list" | "set" if max == 1 => Holds::One { block, required: min > 0 },
            "list" | "set" => Holds::Many { block, min, max, required: min > 0 },
            "map" => Holds::Labeled { block, required: false },
            other => return Err(self.unsupported(format!("nesting mode `{other}` of block `{name}`"))),
        })
    }

    /// The struct of a block: an existing one, if it has the same name and the same structure.
    fn intern(&mut self, path: &[String], name: &str, form: Form, block: &Block) -> Result<Id, Error> {
        let mut inner = path.to_vec();
        inner.push(name.to_owned());
        let fields = self.fields(&inner, block)?;
        let identity = (name.to_owned(), form, fields);
        if let Some(&id) = self.known.get(&identity) {
            let known = &mut self.all[id].path;
            if key(&inner) < key(known) {
                *known = inner;
            }
            return Ok(id);
        }
        let id = self.all.len();
        self.all.push(Struct { form, fields: identity.2.clone(), path: inner, name: String::new() });
        self.known.insert(identity, id);
        Ok(id)
    }

    /// The Rust type of an attribute, without `Val` or `Ref`.
    pub(crate) fn rust_type(&mut self, path: &[String], name: &str, attribute: &Attribute) -> Result<String, Error> {
        if let Some(semantic) = self.semantic(path, name) {
            let is_path = semantic.contains("::");
            return Ok(if is_path { semantic.clone() } else { format!("crate::types::{semantic}") });
        }
        if attribute.nested_type.is_some() {
            return Ok(self.import("Any"));
        }
        self.plain_type(&attribute.r#type, attribute.sensitive, &full(path, name))
    }

    /// The type that the bindings file gives an attribute.
    fn semantic(&self, path: &[String], name: &str) -> Option<&'a String> {
        self.bindings.types.get(self.type_name)?.get(&full(path, name))
    }

    /// The Rust type of a Terraform type.
    pub(crate) fn plain_type(&mut self, kind: &Json, sensitive: bool, path: &str) -> Result<String, Error> {
        let word = |json: &Json| json.as_str().map(str::to_owned);
        match kind {
            Json::String(text) => match text.as_str() {
                "string" if sensitive => Ok(self.import("Sensitive")),
                "string" => Ok("String".to_owned()),
                "bool" => Ok("bool".to_owned()),
                "number" => Ok(self.import("Number")),
                "dynamic" => Ok(self.import("Any")),
                _ => Err(self.unsupported(format!("type {kind} of `{path}`"))),
            },
            Json::Array(parts) => match (parts.first().and_then(word).as_deref(), parts.get(1)) {
                (Some("list" | "set"), Some(item)) => {
                    Ok(format!("{}<{}>", self.import("List"), self.plain_type(item, sensitive, path)?))
                }
                (Some("map"), Some(item)) => Ok(format!("{}<{}>", self.import("Map"), self.plain_type(item, sensitive, path)?)),
                (Some("object" | "tuple"), Some(_)) => Ok(self.import("Any")),
                _ => Err(self.unsupported(format!("type {kind} of `{path}`"))),
            },
            // A trimmed schema has no type.
            Json::Null => Ok(self.import("Any")),
            _ => Err(self.unsupported(format!("type {kind} of `{path}`"))),
        }
    }

    fn import(&mut self, name: &'static str) -> String {
        self.imports.insert(name);
        name.to_owned()
    }

    fn unsupported(&self, what: String) -> Error {
        Error::Unsupported(self.type_name.to_owned(), what)
    }
}

/// The path of an attribute as the bindings file writes it.
fn full(path: &[String], name: &str) -> String {
    path.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".")
}

/// The fields of an object, or of the objects in collections, which go to `around` from outside.
fn object<'a>(kind: &'a Json, around: &mut Vec<&'static str>) -> Option<&'a serde_json::Map<String, Json>> {
    match kind.get(0)?.as_str()? {
        "object" => kind.get(1)?.as_object().filter(|fields| !fields.is_empty()),
        "list" | "set" => {
            around.push("List");
            object(kind.get(1)?, around)
        }
        "map" => {
            around.push("Map");
            object(kind.get(1)?, around)
        }
        _ => None,
    }
}

/// By what paths are sorted: the shortest first.
pub(crate) fn key(path: &[String]) -> (usize, &[String]) {
    (path.len(), path)
}

/// A Terraform type in words: `list of string`.
pub(crate) fn words(kind: &Json) -> String {
    match kind {
        Json::String(word) => word.clone(),
        Json::Array(parts) => match (parts.first().and_then(Json::as_str), parts.get(1)) {
            (Some(outer @ ("list" | "set" | "map")), Some(inner)) => format!("{outer} of {}", words(inner)),
            (Some(outer), _) => outer.to_owned(),
            _ => "any".to_owned(),
        },
        Json::Null => "any".to_owned(),
        _ => "object".to_owned(),
    }
}

/// What the documentation of an argument or attribute adds.
pub(crate) fn notes(deprecated: bool, sensitive: bool, write_only: bool) -> String {
    let mut notes = String::new();
    if deprecated {
        notes.push_str(" Deprecated.");
    }
    if sensitive {
        notes.push_str(" Sensitive.");
    }
    if write_only {
        notes.push_str(" Write-only: nothing can read it.");
    }
    notes
}
