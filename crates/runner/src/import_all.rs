//! Takes what a killed run created into the state: all resources of a stack with one plan and one apply.
//!
//! Terraform imports what `import` blocks name as a part of an apply, which would also do everything else that the configuration
//! says. In a folder of its own, all resources of the stack therefore ignore all changes, and only the imported ones are
//! planned. A plan that would do anything but import them is not applied.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::assumed_folder;
use crate::ended::Ended;
use crate::error::Result;
use crate::files::{self, TemporaryFolder};
use crate::folder::Folder;
use crate::init::Prepared;
use crate::message::Action;
use crate::report::StackReport;

/// A resource, and the id by which it is imported.
pub(crate) struct Import {
    pub(crate) address: String,
    pub(crate) id: String,
}

/// Imports resources; none if Terraform can't do that without something else, and then nothing was done.
pub(crate) async fn import_all(prepared: &Prepared<'_>, imports: &[Import], report: &mut StackReport) -> Result<Option<Ended>> {
    let Prepared { session, folder, .. } = prepared;
    let place = create(&session.options.out, folder, imports)?;
    let plan = files::absolute(&place.path().join("imports.tfplan"))?.display().to_string();
    let (timeout, out) = (session.lock_timeout(), format!("-out={plan}"));
    let targets = imports.iter().map(|import| format!("-target={}", import.address)).collect::<Vec<_>>();
    let mut arguments = vec!["plan", "-input=false", "-json", &timeout, &out];
    arguments.extend(targets.iter().map(String::as_str));
    let planned = prepared.terraform(place.path(), &arguments).await?;
    report.commands.push(planned.command.clone());
    let imported = planned.resources.iter().filter(|row| row.action == Action::Import).count();
    if !planned.succeeded() || imported != imports.len() || imported != planned.resources.len() {
        return Ok(None);
    }
    let applied = prepared.terraform(place.path(), &["apply", "-input=false", "-json", &timeout, &plan]).await?;
    Ok(Some(applied))
}

fn create(out: &Path, stack: &Folder, imports: &[Import]) -> Result<TemporaryFolder> {
    let place = assumed_folder::linked(stack, out.join("imports").join(&stack.name))?;
    let blocks: Vec<Json> = imports.iter().map(|Import { address, id }| json!({"to": address, "id": id})).collect();
    files::write_json(&place.path().join("imports.tf.json"), &json!({ "import": blocks }))?;
    files::write_json(&place.path().join("imports_override.tf.json"), &unchanging(&stack.json()?))?;
    Ok(place)
}

/// An override with which no resource of a configuration is changed.
fn unchanging(configuration: &Json) -> Json {
    let kinds = configuration["resource"].as_object().into_iter().flatten().map(|(kind, named)| {
        let names = named.as_object().into_iter().flatten().map(|(name, _)| name);
        let rows = names.map(|name| (name.clone(), json!({"lifecycle": {"ignore_changes": "all"}})));
        (kind.clone(), Json::Object(rows.collect()))
    });
    json!({ "resource": Json::Object(kinds.collect()) })
}
