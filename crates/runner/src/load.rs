//! Reads states before a run. Those in a backend that only Terraform can read need the folder of the stack to be initialized.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Result;
use crate::init;
use crate::location::Location;
use crate::report::{Outcome, StackReport};
use crate::session::Session;
use crate::store;

/// Reads the states and last applies of stacks that the session does not know yet.
pub(crate) async fn load(session: &Arc<Session>, names: BTreeSet<String>) -> Result<()> {
    for name in names.iter().filter(|name| !session.is_loaded(name)) {
        let folder = session.folder(name)?;
        if !matches!(folder.location, Location::Other { .. }) {
            continue;
        }
        let mut report = StackReport::new(name, Outcome::Initialized);
        if !init::initialize(session, folder, &mut report).await? {
            return Err(store::refused(&folder.location, report.errors()));
        }
    }
    session.load(names).await
}
