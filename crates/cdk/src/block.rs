//! What generated bindings implement, and the writer that they write themselves with.

use serde_json::{Map as JsonMap, Value as Json};

use crate::diagnostics::Diagnostic;
use crate::expr::Target;
use crate::resolve::Resolver;
use crate::value::Val;

/// Something that writes its arguments and nested blocks.
pub trait Block {
    /// Write every argument that is set.
    fn write(&self, writer: &mut BlockWriter<'_>);
}

/// A managed resource type.
pub trait Resource: Block {
    /// The Terraform type, such as `aws_s3_bucket`.
    const TYPE: &'static str;
    /// The readable attributes.
    type Refs: From<Target> + AsRef<Target>;
}

/// A data source type.
pub trait DataSource: Block {
    /// The Terraform type, such as `aws_region`.
    const TYPE: &'static str;
    /// The readable attributes.
    type Refs: From<Target> + AsRef<Target>;
}

/// A provider configuration.
pub trait Provider: Block {
    /// The local name, such as `aws`.
    const NAME: &'static str;
    /// The source address, such as `hashicorp/aws`.
    const SOURCE: &'static str;
    /// The version that the bindings were generated from.
    const VERSION: &'static str;
}

/// Collects a block's arguments as JSON, resolving references on the way.
pub struct BlockWriter<'a> {
    resolver: &'a mut Resolver,
    path: String,
    map: JsonMap<String, Json>,
}

impl<'a> BlockWriter<'a> {
    pub(crate) fn new(resolver: &'a mut Resolver, path: String) -> Self {
        Self { resolver, path, map: JsonMap::new() }
    }

    pub(crate) fn finish(self) -> JsonMap<String, Json> {
        self.map
    }

    /// Write a required argument.
    pub fn attr<T>(&mut self, name: &'static str, value: &Val<T>) {
        let json = self.resolver.json(value.expr(), &format!("{}.{name}", self.path));
        self.map.insert(name.to_owned(), json);
    }

    /// Write an optional argument, if it is set.
    pub fn opt<T>(&mut self, name: &'static str, value: Option<&Val<T>>) {
        if let Some(value) = value {
            self.attr(name, value);
        }
    }

    fn nested(&mut self, path: String, block: &impl Block) -> Json {
        let mut writer = BlockWriter::new(self.resolver, path);
        block.write(&mut writer);
        Json::Object(writer.finish())
    }

    /// Write a block that stands once.
    pub fn block(&mut self, name: &'static str, block: &impl Block) {
        let json = self.nested(format!("{}.{name}", self.path), block);
        self.map.insert(name.to_owned(), json);
    }

    /// Write a block that may stand once, if it is set.
    pub fn opt_block<B: Block>(&mut self, name: &'static str, block: Option<&B>) {
        if let Some(block) = block {
            self.block(name, block);
        }
    }

    /// Write a repeated block; `max` 0 is unbounded.
    pub fn blocks<B: Block>(&mut self, name: &'static str, blocks: &[B], min: usize, max: usize) {
        if blocks.len() < min || (max > 0 && blocks.len() > max) {
            let bound = if blocks.len() < min { format!("at least {min}") } else { format!("at most {max}") };
            self.resolver.report(Diagnostic::error(
                format!("{}.{name}", self.path),
                format!("{bound} `{name}` blocks are needed, {} given", blocks.len()),
                "add or remove blocks",
            ));
        }
        if blocks.is_empty() {
            return;
        }
        let items = blocks
            .iter()
            .enumerate()
            .map(|(index, block)| self.nested(format!("{}.{name}[{index}]", self.path), block))
            .collect();
        self.map.insert(name.to_owned(), Json::Array(items));
    }
}
