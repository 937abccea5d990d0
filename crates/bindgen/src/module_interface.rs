//! What a Terraform module takes and gives, as its files say it.

use std::collections::BTreeMap;

use hcl_edit::expr::{Expression, FuncCall, ObjectKey};
use hcl_edit::structure::Body;
use serde_json::{Value as Json, json};

use crate::error::Error;
use crate::schema::{Attribute, Block, NestedType};

/// A module: its input variables and its outputs.
#[derive(Clone, Debug, Default)]
pub struct ModuleInterface {
    /// The variables, as the arguments of a block.
    pub(crate) inputs: Block,
    /// The outputs by name.
    pub(crate) outputs: BTreeMap<String, ModuleOutput>,
}

/// An output of a module.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModuleOutput {
    pub(crate) description: Option<String>,
    pub(crate) sensitive: bool,
    /// Whether its value is text, whatever stands in it. Terraform's language has no types of outputs.
    pub(crate) is_text: bool,
}

impl ModuleInterface {
    /// Read the files of a module's folder: names and texts. Files that are no configuration are passed over.
    ///
    /// # Errors
    /// [`Error::Module`] if a file can't be read as Terraform's language, or a type is none.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let mut files: Vec<_> = files.into_iter().collect();
        // Terraform merges these into what other files declare.
        files.sort_by_key(|(name, _)| (is_override(name), *name));
        let mut interface = Self::default();
        for (name, text) in files {
            if name.ends_with(".tf.json") {
                let json: Json = serde_json::from_str(text).map_err(|error| refused(name, &error.to_string()))?;
                interface.json(name, &json)?;
            } else if name.ends_with(".tf") {
                let body: Body = text.parse().map_err(|error: hcl_edit::parser::Error| refused(name, &error.to_string()))?;
                interface.body(name, &body)?;
            }
        }
        Ok(interface)
    }

    fn body(&mut self, file: &str, body: &Body) -> Result<(), Error> {
        for block in body.blocks() {
            let [label] = block.labels.as_slice() else { continue };
            let value = |key: &str| block.body.get_attribute(key).map(|attribute| &attribute.value);
            let is_true = |key: &str| value(key).and_then(Expression::as_bool);
            match block.ident.as_str() {
                "variable" => {
                    let kind = value("type").map(|kind| attribute(file, kind)).transpose()?;
                    self.variable(label.as_str(), kind, value("default").is_some(), is_true("sensitive"));
                }
                "output" => {
                    let output = self.outputs.entry(label.as_str().to_owned()).or_default();
                    let description = value("description").and_then(Expression::as_str);
                    output.description = description.map(str::to_owned).or(output.description.take());
                    output.sensitive = is_true("sensitive").unwrap_or(output.sensitive);
                    output.is_text = value("value").map_or(output.is_text, is_text);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn json(&mut self, file: &str, json: &Json) -> Result<(), Error> {
        let blocks = |section: &str| json[section].as_object().cloned().unwrap_or_default();
        for (name, block) in blocks("variable") {
            let expression =
                |text: &str| text.parse().map_err(|error: hcl_edit::parser::Error| refused(file, &error.to_string()));
            let kind = block["type"].as_str().map(expression).transpose()?;
            let kind = kind.map(|kind| attribute(file, &kind)).transpose()?;
            self.variable(&name, kind, block.get("default").is_some(), block["sensitive"].as_bool());
        }
        for (name, block) in blocks("output") {
            let output = self.outputs.entry(name).or_default();
            output.description = block["description"].as_str().map(str::to_owned).or(output.description.take());
            output.sensitive = block["sensitive"].as_bool().unwrap_or(output.sensitive);
        }
        Ok(())
    }

    fn variable(&mut self, name: &str, kind: Option<Attribute>, has_default: bool, sensitive: Option<bool>) {
        let known = self.inputs.attributes.remove(name);
        let old = known.as_ref();
        let mut variable = kind.or_else(|| old.cloned()).unwrap_or_else(|| of_type(json!("dynamic")));
        variable.optional = has_default || old.is_some_and(|old| old.optional);
        variable.required = !variable.optional;
        variable.sensitive = sensitive.unwrap_or(old.is_some_and(|old| old.sensitive));
        self.inputs.attributes.insert(name.to_owned(), variable);
    }
}

fn is_override(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    stem == "override" || stem.ends_with("_override")
}

fn is_text(value: &Expression) -> bool {
    match value {
        Expression::String(_) | Expression::HeredocTemplate(_) => true,
        // A reference alone keeps its type.
        Expression::StringTemplate(template) => template.iter().count() > 1,
        _ => false,
    }
}

fn refused(file: &str, reason: &str) -> Error {
    Error::Module(file.to_owned(), reason.trim().to_owned())
}

fn of_type(kind: Json) -> Attribute {
    Attribute { r#type: kind, ..Attribute::default() }
}

/// The type of a variable. An object has a structure of its own, as attributes of protocol 6 have: it may lack attributes.
fn attribute(file: &str, kind: &Expression) -> Result<Attribute, Error> {
    let nested = |mode: &str, attributes| Attribute {
        nested_type: Some(NestedType { attributes, nesting_mode: mode.to_owned() }),
        ..Attribute::default()
    };
    if let Some(attributes) = fields(file, kind)? {
        return Ok(nested("single", attributes));
    }
    if let Some((mode @ ("list" | "set" | "map"), [inner])) = call(kind).as_ref().map(|(name, inner)| (*name, inner.as_slice()))
        && let Some(attributes) = fields(file, inner)?
    {
        return Ok(nested(mode, attributes));
    }
    Ok(of_type(plain(file, kind)?))
}

/// The attributes of an object, if the type is one that has some.
fn fields(file: &str, kind: &Expression) -> Result<Option<BTreeMap<String, Attribute>>, Error> {
    let Some(("object", [Expression::Object(object)])) = call(kind).as_ref().map(|(name, inner)| (*name, inner.as_slice()))
    else {
        return Ok(None);
    };
    let mut attributes = BTreeMap::new();
    for (key, value) in object.iter() {
        let name = key_text(key).ok_or_else(|| refused(file, "an attribute of an object type has no plain name"))?;
        let (inner, optional) = unwrapped(value.expr());
        let attribute = attribute(file, inner)?;
        attributes.insert(name, Attribute { optional, required: !optional, ..attribute });
    }
    Ok(Some(attributes).filter(|attributes| !attributes.is_empty()))
}

/// The type as a schema writes it.
fn plain(file: &str, kind: &Expression) -> Result<Json, Error> {
    let unknown = || refused(file, &format!("`{}` is no type of a variable", kind.to_string().trim()));
    if let Some(word) = kind.as_variable().map(|word| word.as_str()).or(kind.as_str()) {
        return match word {
            "string" | "number" | "bool" => Ok(json!(word)),
            "any" => Ok(json!("dynamic")),
            "list" | "set" | "map" => Ok(json!([word, "dynamic"])),
            _ => Err(unknown()),
        };
    }
    let (name, inner) = call(kind).ok_or_else(unknown)?;
    match (name, inner.as_slice()) {
        ("list" | "set" | "map", [inner]) => Ok(json!([name, plain(file, inner)?])),
        ("object", [Expression::Object(object)]) => {
            let mut fields = serde_json::Map::new();
            for (key, value) in object.iter() {
                fields.insert(key_text(key).ok_or_else(unknown)?, plain(file, unwrapped(value.expr()).0)?);
            }
            Ok(json!([name, fields]))
        }
        ("tuple", [Expression::Array(items)]) => {
            let items = items.iter().map(|item| plain(file, item)).collect::<Result<Vec<_>, _>>()?;
            Ok(json!([name, items]))
        }
        _ => Err(unknown()),
    }
}

/// The name and the arguments of a call such as `list(string)`.
fn call(kind: &Expression) -> Option<(&str, Vec<&Expression>)> {
    match kind {
        Expression::Parenthesis(inner) => call(inner.inner()),
        Expression::FuncCall(call) => Some((name_of(call), call.args.iter().collect())),
        _ => None,
    }
}

fn name_of(call: &FuncCall) -> &str {
    call.name.name.as_str()
}

/// The type within `optional(..)`, and whether it was within.
fn unwrapped(kind: &Expression) -> (&Expression, bool) {
    match kind.as_func_call() {
        Some(call) if name_of(call) == "optional" => (call.args.get(0).unwrap_or(kind), true),
        _ => (kind, false),
    }
}

fn key_text(key: &ObjectKey) -> Option<String> {
    let text = key.as_ident().map(|ident| ident.as_str()).or(key.as_expr().and_then(|expr| expr.as_str()));
    text.or(key.as_expr().and_then(Expression::as_variable).map(|ident| ident.as_str())).map(str::to_owned)
}
