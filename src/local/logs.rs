//! `oleoduto local logs`.

use anyhow::{Context as _, bail};

use super::context::LocalContext;

/// Print the logs whose names contain a text, or all.
pub(super) fn print(context: &LocalContext, wanted: Option<&str>) -> anyhow::Result<()> {
    let base = context.data();
    let mut files = Vec::new();
    // The logs of jobs and functions, and the runner's logs of Terraform.
    for folder in ["logs", "cdktf.out/logs"].map(|folder| base.join(folder)).iter().filter(|folder| folder.is_dir()) {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry.with_context(|| format!("the logs in {} can't be read", folder.display()))?;
            if entry.file_type().is_file() {
                files.push(entry.into_path());
            }
        }
    }
    if files.is_empty() {
        bail!("there are no logs in {}: `oleoduto local run` writes them", base.display());
    }
    files.sort();
    let names: Vec<String> = files.iter().map(|file| file.strip_prefix(&base).unwrap_or(file).display().to_string()).collect();
    let chosen: Vec<_> = files.iter().zip(&names).filter(|(_, name)| wanted.is_none_or(|wanted| name.contains(wanted))).collect();
    if chosen.is_empty() {
        bail!("no log's name contains `{}`; the logs are: {}", wanted.unwrap_or_default(), names.join(", "));
    }
    for (file, name) in chosen {
        outln!("== {name} ==\n{}", String::from_utf8_lossy(&std::fs::read(file)?));
    }
    Ok(())
}
