//! `output`: what the applied stacks give.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::call::{self, Call, Use};
use crate::fault::RunnerError;
use crate::report::{Outcome, StackReport};
use crate::run::Inner;

impl Inner {
    /// The outputs of a stack (`terraform output -json`), without those that are there for other stacks only.
    pub(crate) async fn outputs(&self, name: &str) -> Result<Result<BTreeMap<String, Json>, StackReport>, RunnerError> {
        let folder = self.folder(name)?;
        if self.state(name).await?.is_none_or(|state| state.outputs.is_empty()) {
            return Ok(Ok(BTreeMap::new()));
        }
        let mut report = StackReport::new(name, Outcome::Failed);
        if !self.initialise(folder, &mut report).await? {
            return Ok(Err(self.failed(report)));
        }
        let binary = self.pool.binary(folder.lock_digest()?.as_ref());
        let arguments = vec!["output".to_owned(), "-json".to_owned()];
        let call = Call { stack: name, folder: &folder.path, arguments, provider: Use::none(binary.as_ref()) };
        let ended = call::run(&self.options, call, self.interrupt.subscribe()).await?;
        // It holds values that may be secret.
        std::fs::remove_file(&ended.log).map_err(RunnerError::file("remove", &ended.log))?;
        report.commands.push(ended.command.clone());
        report.diagnostics.extend(ended.diagnostics.iter().cloned());
        if ended.code != Some(0) {
            self.explain(&mut report, &ended);
            return Ok(Err(report));
        }
        let all: BTreeMap<String, Json> = serde_json::from_str(&ended.text).map_err(|error| RunnerError::Format {
            path: format!("`{}`", ended.command),
            why: format!("its output is not JSON: {error}"),
        })?;
        Ok(Ok(all.into_iter().filter(|(output, _)| folder.own_outputs.contains(output)).collect()))
    }
}
