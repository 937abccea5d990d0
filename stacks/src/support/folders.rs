//! The folders of the data bucket.

use super::listed::listed;

listed!(
    /// A folder of the data bucket.
    pub(crate) enum Folder {
        /// Files of the user: prices for the source `file:`, and lists of series.
        Inbox = "inbox",
        Raw = "raw",
        Responses = "responses",
        ExtractReport = "extract_report",
        Revisions = "revisions",
        Interim = "interim",
        Final = "final",
        Quality = "quality",
        Quarantine = "quarantine",
        Models = "models",
        Predictions = "predictions",
        Verdicts = "verdicts",
        Forecasts = "forecasts",
        /// What of a long job is ready.
        Checkpoints = "checkpoints",
        Reports = "reports",
        Mlflow = "mlflow",
        Packages = "packages",
        Scripts = "scripts",
    }
);

impl Folder {
    /// The folder and everything in it, as grants name a place of a bucket.
    pub(crate) fn place(self) -> String {
        format!("{self}/")
    }

    /// The option by which a Glue job gets the folder's URI: `--extract-report-uri`.
    pub(crate) fn option(self) -> String {
        format!("--{}-uri", self.as_str().replace('_', "-"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::collections::BTreeSet;

    use super::*;

    /// Whether the folder holds a table of the catalog.
    fn is_table(folder: Folder) -> bool {
        match folder {
            Folder::Raw
            | Folder::ExtractReport
            | Folder::Revisions
            | Folder::Interim
            | Folder::Final
            | Folder::Quality
            | Folder::Quarantine
            | Folder::Predictions
            | Folder::Verdicts
            | Folder::Forecasts => true,
            Folder::Inbox
            | Folder::Responses
            | Folder::Models
            | Folder::Checkpoints
            | Folder::Reports
            | Folder::Mlflow
            | Folder::Packages
            | Folder::Scripts => false,
        }
    }

    #[test]
    fn the_folders_with_tables_are_the_tables_of_the_schema() {
        let tables: serde_json::Map<_, _> = serde_json::from_str(include_str!("../../schema.json")).unwrap();
        let tables: BTreeSet<&str> = tables.keys().map(String::as_str).collect();
        let folders: BTreeSet<&str> = Folder::ALL.into_iter().filter(|folder| is_table(*folder)).map(Folder::as_str).collect();
        assert_eq!(folders, tables);
    }
}
