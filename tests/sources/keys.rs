//! The keys of `oleoduto.toml`, as the committed schema has them: something reads each, and the documents have a row for it.
//!
//! That the schema is the code's is a test of `oleoduto config`, which writes it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;
use syn::visit::Visit;

use crate::crate_files::read_files;

/// Rows of the documents that are sections, not keys.
const SECTIONS: [&str; 3] = ["env.NAME", "env.NAME.mlflow", "env.NAME.ci"];

#[test]
fn every_key_is_read_and_in_the_documents() {
    let mistakes = mistakes(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// What is wrong in a folder with the schema, the documents and the crates; crates that it lacks read nothing.
pub(crate) fn mistakes(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("schemas/oleoduto.schema.json")).unwrap();
    let schema: Json = serde_json::from_str(&text).unwrap();
    let mut keys = BTreeSet::new();
    collect(&schema, &schema, "", &mut keys);
    let mut reads = Reads::default();
    for source in ["stacks/src", "backend/src", "src"] {
        read_files(&folder.join(source)).values().for_each(|file| reads.visit_file(file));
    }
    let name_of = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let unread = keys.iter().filter(|key| !reads.0.contains(&name_of(key)));
    let mut mistakes: Vec<String> = unread.map(|key| format!("nothing reads the key {key}: use it in a stack")).collect();
    for document in ["docs/configuration.md", "docs/configuration.pt-BR.md"] {
        let text = std::fs::read_to_string(folder.join(document)).unwrap();
        let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let rows: BTreeSet<String> = rows.filter(|key| key.contains('.')).map(str::to_owned).collect();
        mistakes.extend(keys.difference(&rows).map(|key| format!("{document} has no row for {key}")));
        let unknown = rows.difference(&keys).filter(|key| !SECTIONS.contains(&key.as_str()));
        mistakes.extend(unknown.map(|key| format!("{document} has a row for {key}, which the schema does not have")));
    }
    mistakes
}

/// The keys of a table of the schema, with the keys of the tables in it. A map's key is `NAME`.
fn collect(schema: &Json, table: &Json, path: &str, found: &mut BTreeSet<String>) {
    let target = |property: &Json| {
        let reference = property.get("$ref").or_else(|| property["anyOf"][0].get("$ref")).and_then(Json::as_str);
        reference.and_then(|reference| schema.pointer(reference.trim_start_matches('#'))).cloned()
    };
    let named = table["properties"].as_object().into_iter().flatten();
    let maps = table["patternProperties"].as_object().into_iter().flat_map(|map| map.values());
    let rows = named.map(|(key, property)| (key.as_str(), property)).chain(maps.map(|property| ("NAME", property)));
    for (key, property) in rows {
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let inner = target(property).unwrap_or_else(|| property.clone());
        let before = found.len();
        collect(schema, &inner, &path, found);
        if found.len() == before {
            found.insert(path);
        }
    }
}

/// Names of fields that code outside of tests reads, as `value.field` or in a pattern.
#[derive(Default)]
struct Reads(BTreeSet<String>);

impl Reads {
    fn add(&mut self, member: &syn::Member) {
        if let syn::Member::Named(name) = member {
            self.0.insert(name.to_string().trim_start_matches("r#").to_owned());
        }
    }
}

impl<'ast> Visit<'ast> for Reads {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        self.add(&field.member);
        syn::visit::visit_expr_field(self, field);
    }

    fn visit_field_pat(&mut self, field: &'ast syn::FieldPat) {
        self.add(&field.member);
        syn::visit::visit_field_pat(self, field);
    }
}
