//! What can be read within a type: the blocks and objects that hold something the provider decides, each structure once.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::error::Error;
use crate::names::{self, Member};
use crate::schema::{Attribute, Block};
use crate::structs::{Structs, key, words};

/// The struct of a view, by its position.
pub(crate) type ViewId = usize;

/// How often a block or object occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Nesting {
    Single,
    List,
    Set,
    Map,
}

/// What an accessor returns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Read {
    /// A reference.
    Value { rust_type: String, words: String, sensitive: bool },
    /// A view, or several.
    View { view: ViewId, nesting: Nesting },
}

/// An accessor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Accessor {
    pub(crate) name: String,
    pub(crate) member: Member,
    pub(crate) read: Read,
    pub(crate) deprecated: bool,
}

/// The accessors of a block or object.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) accessors: Vec<Accessor>,
    pub(crate) path: Vec<String>,
    pub(crate) name: String,
}

/// All views of a type.
#[derive(Default)]
pub(crate) struct Views {
    pub(crate) all: Vec<View>,
    known: HashMap<(String, Vec<Accessor>), ViewId>,
}

impl Views {
    /// The accessors of the type itself. What they return within blocks is in `all`.
    pub(crate) fn root(&mut self, block: &Block, structs: &mut Structs<'_>) -> Result<Vec<Accessor>, Error> {
        let accessors = self.accessors(&[], block, structs)?;
        let mut order: Vec<ViewId> = (0..self.all.len()).collect();
        order.sort_by(|&a, &b| key(&self.all[a].path).cmp(&key(&self.all[b].path)));
        for id in order {
            self.all[id].name = structs.names.claim_view(&self.all[id].path);
        }
        Ok(accessors)
    }

    /// Every attribute of the type itself; below it what the provider decides, since a program knows what it has set.
    fn accessors(&mut self, path: &[String], block: &Block, structs: &mut Structs<'_>) -> Result<Vec<Accessor>, Error> {
        let is_root = path.is_empty();
        let mut members = names::members(block, is_root);
        let mut accessors = Vec::new();
        let readable =
            |attribute: &Attribute| !attribute.write_only && (is_root || attribute.computed || attribute.nested_type.is_some());
        for (name, attribute) in block.attributes.iter().filter(|(_, attribute)| readable(attribute)) {
            let read = match self.of_attribute(path, name, attribute, structs)? {
                Some(read) => read,
                None if is_root || attribute.computed => Read::Value {
                    rust_type: structs.rust_type(path, name, attribute)?,
                    words: words(&attribute.r#type),
                    sensitive: attribute.sensitive,
                },
                None => continue,
            };
            let (name, deprecated) = (name.clone(), attribute.deprecated);
            accessors.extend(members.remove(name.as_str()).map(|member| Accessor { name, member, read, deprecated }));
        }
        for (name, nested) in &block.block_types {
            let Some(view) = self.intern(path, name, &nested.block, structs)? else { continue };
            let read = Read::View { view, nesting: nesting(&nested.nesting_mode) };
            let (name, deprecated) = (name.clone(), nested.block.deprecated);
            accessors.extend(members.remove(name.as_str()).map(|member| Accessor { name, member, read, deprecated }));
        }
        Ok(accessors)
    }

    /// The view of an attribute that has a structure, and something in it that the provider decides.
    fn of_attribute(
        &mut self,
        path: &[String],
        name: &str,
        attribute: &Attribute,
        structs: &mut Structs<'_>,
    ) -> Result<Option<Read>, Error> {
        // A sensitive structure is sensitive in all its parts.
        let (content, nesting) = match (&attribute.nested_type, object(&attribute.r#type)) {
            (Some(nested), _) => {
                let mut attributes = nested.attributes.clone();
                attributes.values_mut().for_each(|inner| inner.sensitive |= attribute.sensitive);
                (Block { attributes, ..Block::default() }, nesting(&nested.nesting_mode))
            }
            (None, Some((fields, nesting))) if attribute.computed => {
                let field = |kind: &Json| Attribute {
                    r#type: kind.clone(),
                    computed: true,
                    sensitive: attribute.sensitive,
                    ..Attribute::default()
                };
                let attributes = fields.iter().map(|(name, kind)| (name.clone(), field(kind))).collect();
                (Block { attributes, ..Block::default() }, nesting)
            }
            _ => return Ok(None),
        };
        Ok(self.intern(path, name, &content, structs)?.map(|view| Read::View { view, nesting }))
    }

    /// The view of a block: an existing one, if it has the same name and the same structure; none, if nothing is in it.
    fn intern(&mut self, path: &[String], name: &str, block: &Block, structs: &mut Structs<'_>) -> Result<Option<ViewId>, Error> {
        let mut inner = path.to_vec();
        inner.push(name.to_owned());
        let accessors = self.accessors(&inner, block, structs)?;
        if accessors.is_empty() {
            return Ok(None);
        }
        let identity = (name.to_owned(), accessors);
        if let Some(&id) = self.known.get(&identity) {
            let known = &mut self.all[id].path;
            if key(&inner) < key(known) {
                *known = inner;
            }
            return Ok(Some(id));
        }
        let id = self.all.len();
        self.all.push(View { accessors: identity.1.clone(), path: inner, name: String::new() });
        self.known.insert(identity, id);
        Ok(Some(id))
    }
}

/// The fields of an object, or of the objects in a collection.
fn object(kind: &Json) -> Option<(&serde_json::Map<String, Json>, Nesting)> {
    match kind.get(0)?.as_str()? {
        "object" => Some((kind.get(1)?.as_object()?, Nesting::Single)),
        outer @ ("list" | "set" | "map") => match object(kind.get(1)?)? {
            (fields, Nesting::Single) => Some((fields, nesting(outer))),
            _ => None,
        },
        _ => None,
    }
}

fn nesting(mode: &str) -> Nesting {
    match mode {
        "list" => Nesting::List,
        "set" => Nesting::Set,
        "map" => Nesting::Map,
        _ => Nesting::Single,
    }
}
