//! Files that a stack ships.

use std::path::Path;

use crate::asset::Asset;
use crate::diagnostics::Diagnostic;
use crate::expr::Expr;
use crate::stack::Stack;
use crate::value::Val;

impl Stack {
    /// Ship a file with the stack; returns its path relative to the stack's folder.
    pub fn asset(&mut self, asset: Asset) -> String {
        let path = asset.path();
        if !asset.stays_inside() {
            let place = format!("{}/asset.{path}", self.name());
            let message = format!("`{path}` leaves the folder of assets");
            let help = "an id or a file name has neither `..` in it nor `/` at its beginning";
            self.report(Diagnostic::error(place, message, help));
        }
        if !self.assets.iter().any(|known| known.relative == asset.relative) {
            self.assets.push(asset);
        }
        path
    }

    /// Ship a file with the stack. A file that can't be read is reported at synth with everything else.
    pub fn asset_file(&mut self, id: &str, path: &Path) -> Val<String> {
        match Asset::from_file(id, path) {
            Ok(asset) => Val::raw(Expr::Str(self.asset(asset))),
            Err(error) => {
                let place = format!("{}/asset.{id}", self.name());
                self.report(Diagnostic::error(place, error.to_string(), "correct the path, or build the file first"));
                // A placeholder, so that the mistake is reported once.
                Val::raw(Expr::Str(path.display().to_string()))
            }
        }
    }
}
