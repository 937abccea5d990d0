//! The source of the prices of a local run: an absolute path, and a check before anything starts.

use std::path::Path;

use anyhow::{Context as _, bail};
use jiff::civil::Date;
use tokio::process::Command;

use super::context::LocalContext;

/// The source with an absolute path: jobs run in folders of their own.
pub(super) fn absolute(source: &str) -> anyhow::Result<String> {
    match source.strip_prefix("file:") {
        // One file per code: the path itself is not a file.
        Some(path) if path.contains("{code}") && !path.starts_with("s3://") => {
            let path =
                std::path::absolute(path).with_context(|| format!("--source file:{path}: the current folder can't be read"))?;
            Ok(format!("file:{}", path.display()))
        }
        Some(path) if !path.starts_with("s3://") => {
            let (file, options) = split_options(path);
            let file = std::fs::canonicalize(Path::new(file)).with_context(|| unreadable(file))?;
            Ok(format!("file:{}{options}", file.display()))
        }
        Some(_) => Ok(source.to_owned()),
        None if matches!(split_options(source), ("ipeadata" | "ipeadatapy", _) | ("sample", "")) || is_replay(source) => {
            Ok(source.to_owned())
        }
        None => bail!(
            "--source `{source}` is not known: use `ipeadata`, `ipeadatapy`, `sample`, `file:PATH` or `replay:YYYYMMDD`{}",
            meant(source)
        ),
    }
}

/// Why a file can't be read, and what to write. The shell expands `~` at the beginning of a word only.
fn unreadable(file: &str) -> String {
    let what = if file.is_empty() { "`--source file:` names no file".to_owned() } else { format!("{file} can't be read") };
    let here = std::env::current_dir().map(|folder| format!(" from {}", folder.display())).unwrap_or_default();
    match file.strip_prefix("~/") {
        Some(rest) => format!("{what}: write `file:$HOME/{rest}`, since `~` within a word stays as it is"),
        None => format!("{what}: write `file:PATH` with the path{here}, or an absolute one"),
    }
}

/// The source that was meant, if it is near.
fn meant(source: &str) -> String {
    let lower = source.to_lowercase();
    let digits: String = source.chars().filter(char::is_ascii_digit).collect();
    let meant = if Path::new(split_options(source).0).is_file() {
        format!("file:{source}")
    } else if lower.starts_with("replay:") && digits.len() == 8 {
        format!("replay:{digits}")
    } else if let Some(near) =
        ["ipeadata", "ipeadatapy", "sample"].into_iter().find(|known| strsim::levenshtein(known, &lower) <= 2)
    {
        near.to_owned()
    } else {
        return String::new();
    };
    format!("; did you mean `{meant}`?")
}

/// Path and options of a source: `prices.csv?date=Data&sep=;` has the options `?date=Data&sep=;`. The job checks them. A path
/// may hold a `?` that no `key=` follows.
fn split_options(source: &str) -> (&str, &str) {
    let is_option = |query: &str| query.split_once('=').is_some_and(|(key, _)| !key.contains('/'));
    match source.rfind('?') {
        Some(mark) if is_option(&source[mark + 1..]) => source.split_at(mark),
        _ => (source, ""),
    }
}

/// Whether a source is the kept responses of a run date. The function that starts the run checks the date.
fn is_replay(source: &str) -> bool {
    source.strip_prefix("replay:").is_some_and(|date| date.len() == 8 && date.chars().all(|c| c.is_ascii_digit()))
}

/// What the check of a source says.
enum Answer {
    /// It will do; with notices.
    Yes(String),
    /// It does not answer.
    Unreachable(String),
    /// It will not do.
    No(String),
}

/// The given source if it has enough of the series; without one Ipeadata if it answers, else the sample, which is Brent only.
pub(super) async fn checked(context: &LocalContext, given: Option<String>, date: Option<Date>) -> anyhow::Result<String> {
    if let Some(source) = given {
        // What is in the bucket is not there yet, and the package can't be asked for less than a whole series.
        if is_replay(&source) || source.starts_with("file:s3://") || split_options(&source).0 == "ipeadatapy" {
            return Ok(source);
        }
        return match ask(context, &source, date).await? {
            Answer::Yes(notices) => Ok(told(notices, source)),
            Answer::Unreachable(why) | Answer::No(why) => bail!("{why}"),
        };
    }
    match ask(context, "ipeadata", date).await? {
        Answer::Yes(notices) => Ok(told(notices, "ipeadata".to_owned())),
        Answer::No(why) => bail!("{why}"),
        Answer::Unreachable(why) => match ask(context, "sample", date).await? {
            Answer::Yes(_) => {
                errln!("notice: Ipeadata does not answer; using the sample instead (monthly Brent prices to January 2020)");
                Ok("sample".to_owned())
            }
            Answer::Unreachable(other) | Answer::No(other) => bail!("{why}\n  and {other}"),
        },
    }
}

fn told(notices: String, source: String) -> String {
    if !notices.is_empty() {
        errln!("{notices}");
    }
    source
}

/// Ask the package, which will read the source in the same way.
async fn ask(context: &LocalContext, source: &str, date: Option<Date>) -> anyhow::Result<Answer> {
    let mut command = Command::new(context.venv_python());
    command.args(["-m", "oleoduto_jobs.etl.check", "--source", source, "--series", &context.series]);
    if let Some(date) = date {
        command.args(["--run-date", &date.to_string()]);
    }
    command.env("PYTHONPATH", context.root.join("jobs/src")).kill_on_drop(true);
    let output = command.output().await.with_context(|| format!("the check of the source {source} can't be started"))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok(match output.status.code() {
        Some(0) => Answer::Yes(said),
        Some(3) => Answer::Unreachable(reason(&said)),
        _ => Answer::No(reason(&said)),
    })
}

/// The error among what the check said; notices of what it tried before are not the reason.
fn reason(said: &str) -> String {
    const ERROR: &str = "error: ";
    let start = said.rfind(&format!("\n{ERROR}")).map_or(0, |end_of_line| end_of_line + 1);
    said[start..].strip_prefix(ERROR).unwrap_or(said).to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use clap::Args as _;

    use super::super::run::Args;
    use super::*;

    #[test]
    fn the_reason_is_the_error_without_the_notices_before_it() {
        assert_eq!(reason("error: no header\n  help: add one"), "no header\n  help: add one");
        assert_eq!(reason("notice: asked again, because: no answer\nerror: unreachable"), "unreachable");
        assert_eq!(reason("Traceback: a bug"), "Traceback: a bug");
    }

    #[test]
    fn the_help_names_every_source() {
        let help = Args::augment_args(clap::Command::new("run")).render_long_help().to_string();
        for source in ["ipeadata", "ipeadatapy", "sample", "file:s3://bucket/key", "replay:20260101"] {
            assert_eq!(absolute(source).unwrap(), source);
            let kind = source.split_once(':').map_or(source.to_owned(), |(kind, _)| format!("{kind}:"));
            assert!(help.contains(&format!("`{kind}")), "{kind} is missing: {help}");
        }
        assert!(absolute("http://example.org").is_err_and(|error| !error.to_string().contains("did you mean")));
        for (given, meant) in [("Sample", "`sample`"), ("ipeadat", "`ipeadata`"), ("replay:2026-01-01", "`replay:20260101`")] {
            assert!(absolute(given).is_err_and(|error| error.to_string().contains(meant)), "{given}");
        }
    }

    #[test]
    fn options_stay_behind_the_absolute_path() {
        let folder = tempfile::tempdir().unwrap();
        let file = std::fs::canonicalize(folder.path()).unwrap().join("p.csv");
        std::fs::write(&file, "Data;Valor\n").unwrap();
        let given = format!("file:{}/./p.csv?date=Data&value=Valor&sep=;", folder.path().display());
        assert_eq!(absolute(&given).unwrap(), format!("file:{}?date=Data&value=Valor&sep=;", file.display()));
        assert_eq!(absolute("ipeadata?territory=Estados/35").unwrap(), "ipeadata?territory=Estados/35");
        assert!(absolute("sample?territory=35").is_err());
        assert_eq!(split_options("a?b/c=d"), ("a?b/c=d", ""));
    }
}
