//! `oleoduto local logs`.

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::context::LocalContext;

/// Time between two looks at the logs.
const PAUSE: Duration = Duration::from_millis(300);
/// Words of lines that tell of a failure; without regard to case.
const FAILURES: [&str; 5] = ["error", "exception", "traceback", "failed", "fatal"];

/// Print the logs of jobs, functions and Terraform
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Part of the names of the logs [default: all logs]
    name: Option<String>,
    /// Print what is added, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// Print only lines that tell of a failure
    #[arg(long)]
    errors: bool,
}

impl Args {
    /// Print the chosen logs.
    ///
    /// # Errors
    ///
    /// No log is chosen, or one can't be read.
    pub(super) async fn run(self, context: &LocalContext) -> anyhow::Result<()> {
        let base = context.data();
        let names = logs(&base)?;
        // One that is followed may not be there yet.
        if names.is_empty() && !self.follow {
            bail!("there are no logs in {}: `oleoduto local run` writes them", base.display());
        }
        let wanted = |name: &str| self.name.as_deref().is_none_or(|part| name.contains(part));
        if !self.follow && !names.iter().any(|name| wanted(name)) {
            bail!("no log's name contains `{}`; the logs are: {}", self.name.unwrap_or_default(), names.join(", "));
        }
        let mut reader = Reader { ends: BTreeMap::new(), follows: self.follow };
        loop {
            for name in logs(&base)?.iter().filter(|name| wanted(name)) {
                let added = reader.added(&base, name).with_context(|| format!("the log {name} can't be read"))?;
                let shown: Vec<&str> = added.lines().filter(|line| !self.errors || tells_of_failure(line)).collect();
                if !shown.is_empty() || !(self.follow || self.errors) {
                    outln!("== {name} ==\n{}", shown.join("\n"));
                }
            }
            if !self.follow {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The names of the logs: of jobs and functions, and the runner's of Terraform.
fn logs(base: &Path) -> anyhow::Result<Vec<String>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["logs", "cdktf.out/logs"].map(|folder| base.join(folder)).iter().filter(|folder| folder.is_dir()) {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry.with_context(|| format!("the logs in {} can't be read", folder.display()))?;
            if entry.file_type().is_file() {
                files.push(entry.into_path());
            }
        }
    }
    files.sort();
    Ok(files.iter().map(|file| file.strip_prefix(base).unwrap_or(file).display().to_string()).collect())
}

/// Terraform's lines are JSON and say their level; names in them may have such a word.
fn tells_of_failure(line: &str) -> bool {
    let json: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
    if let Some(level) = json["@level"].as_str() {
        return level == "error";
    }
    let line = line.to_lowercase();
    FAILURES.iter().any(|word| line.contains(word))
}

/// How far each log was read.
#[derive(Debug)]
struct Reader {
    ends: BTreeMap<String, u64>,
    /// Whether more may be added.
    follows: bool,
}

impl Reader {
    /// What was added to a log. Of one that is followed only whole lines: a line that is being written comes with its end.
    fn added(&mut self, base: &Path, name: &str) -> std::io::Result<String> {
        let end = self.ends.entry(name.to_owned()).or_default();
        let mut file = std::fs::File::open(base.join(name))?;
        let length = file.metadata()?.len();
        // A job of the same name began anew.
        if length < *end {
            *end = 0;
        }
        file.seek(SeekFrom::Start(*end))?;
        let mut bytes = Vec::new();
        file.take(length - *end).read_to_end(&mut bytes)?;
        let whole = match bytes.iter().rposition(|byte| *byte == b'\n') {
            _ if !self.follows => bytes.len(),
            Some(place) => place + 1,
            None => 0,
        };
        *end += whole as u64;
        Ok(String::from_utf8_lossy(&bytes[..whole]).into_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn only_what_was_added_is_read_and_only_in_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| std::fs::write(folder.path().join("a.log"), text).unwrap();
        let mut reader = Reader { ends: BTreeMap::new(), follows: true };
        let mut added = || reader.added(folder.path(), "a.log").unwrap();
        write("one\ntwo\nthr");
        assert_eq!(added(), "one\ntwo\n");
        write("one\ntwo\nthree\n");
        assert_eq!(added(), "three\n");
        assert_eq!(added(), "");
        write("new\n");
        assert_eq!(added(), "new\n");
        write("new\nlast");
        let mut whole = Reader { ends: BTreeMap::new(), follows: false };
        assert_eq!(whole.added(folder.path(), "a.log").unwrap(), "new\nlast");
    }

    #[test]
    fn lines_that_tell_of_a_failure_are_known() {
        for line in ["error: no", "java.io.IOException: gone", "Traceback (most recent call last):", "2 rules FAILED"] {
            assert!(tells_of_failure(line), "{line}");
        }
        assert!(!tells_of_failure("extract: 10 rows"));
        // A line of Terraform says its level; the names of resources say nothing.
        assert!(!tells_of_failure(r#"{"@level":"info","@message":"aws_cloudwatch_log_group.error: Creating..."}"#));
        assert!(tells_of_failure(r#"{"@level":"error","@message":"Error: creating IAM Role: refused"}"#));
    }
}
