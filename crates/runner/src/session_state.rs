//! How a session reads states: from files and S3 itself, from other backends through Terraform.

use std::sync::Arc;

use crate::error::Result;
use crate::folder::Folder;
use crate::location::Location;
use crate::session::Session;
use crate::state::State;
use crate::store;
use crate::terraform::{Call, Use};

impl Session {
    /// The state of a stack as it is stored now; none if it is missing or empty. If only Terraform can read it, the folder of the
    /// stack is initialized.
    pub(crate) async fn stored(&self, name: &str) -> Result<Option<Arc<State>>> {
        let location = &self.folder(name)?.location;
        let Some(content) = self.stored_content(name).await? else { return Ok(None) };
        store::parse::<State>(location, &content).map(|state| Some(Arc::new(state)))
    }

    /// The same, as it is written.
    pub(crate) async fn stored_content(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let folder = self.folder(name)?;
        let content = match folder.location {
            Location::Other { .. } => Some(self.pulled(folder).await?),
            _ => self.store.read(&folder.location).await?,
        };
        Ok(content.filter(|content| !content.trim_ascii().is_empty()))
    }

    /// What `terraform state pull` prints: nothing if there is no state.
    async fn pulled(&self, folder: &Folder) -> Result<Vec<u8>> {
        let package = self.pool.installed();
        let arguments = &["state", "pull"];
        let call = Call { stack: &folder.name, folder: &folder.path, arguments, provider: Use::none(package.as_ref()) };
        let ended = self.terraform(call).await?;
        if ended.succeeded() {
            return Ok(ended.into_text()?.into_bytes());
        }
        Err(store::refused(&folder.location, ended.diagnostics.iter()))
    }
}
