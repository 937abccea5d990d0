//! Show a page in the user's browser.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// Open a file with `$BROWSER`, or with the system's own program.
pub(crate) fn in_browser(page: &Path) -> anyhow::Result<()> {
    let system = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let program = std::env::var("BROWSER").unwrap_or_else(|_| system.to_owned());
    let status = Command::new(&program)
        .arg(page)
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{program}` can't be started: set BROWSER, or open {} yourself", page.display()))?;
    if !status.success() {
        bail!("`{program}` ended with {status}: set BROWSER, or open {} yourself", page.display());
    }
    Ok(())
}
