//! `oleoduto local ui`: the page of the local AWS.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
use oleoduto_cli::remove;

use super::context::LocalContext;
use super::endpoint::{self, Endpoint};
use super::open;

/// Print the address of a page that shows the run as it goes, its logs and its tables
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

impl Args {
    /// Print the address, and open the page if that is asked for.
    pub(super) async fn run(self, context: &LocalContext) -> anyhow::Result<ExitCode> {
        let endpoint = endpoint::require(context).await?;
        outln!("{}", address(&endpoint)?);
        errln!("the address opens the page once, within 10 minutes");
        if self.open {
            open::in_browser(&doorway(context, &endpoint)?)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Open the page while something else goes on; some browsers end only when the user closes them.
pub(super) fn open_beside(context: &LocalContext, endpoint: &Endpoint) -> anyhow::Result<()> {
    let doorway = doorway(context, endpoint)?;
    std::thread::spawn(move || {
        if let Err(error) = open::in_browser(&doorway) {
            errln!("note: {error:#}");
        }
    });
    Ok(())
}

/// The page's address with a key, which is of use once.
fn address(endpoint: &Endpoint) -> anyhow::Result<String> {
    let moment = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("this machine's clock is before 1970")?;
    Ok(format!("{}/_oleoduto/ui/#key={}", endpoint.url, endpoint.page_key(moment.as_nanos())?))
}

/// A file that leads to the page. Every user of the machine can read the arguments of a browser, but not this file.
fn doorway(context: &LocalContext, endpoint: &Endpoint) -> anyhow::Result<PathBuf> {
    let path = context.data().join("ui.html");
    remove(&path)?;
    let page =
        format!("<!doctype html><meta http-equiv=\"refresh\" content=\"0;url={}\"><title>Oleoduto</title>\n", address(endpoint)?);
    let file = File::options().write(true).create_new(true).mode(0o600).open(&path);
    let written = file.and_then(|mut file| file.write_all(page.as_bytes()));
    written.with_context(|| format!("{} can't be written", path.display()))?;
    Ok(path)
}
