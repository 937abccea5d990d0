//! The report of a run as a file, in the form that its ending says.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use oleoduto_runner::{Changes, Cost, Outcome, RunReport, StackReport};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::show;
use crate::weight::{by_weight, sorted_diff};

/// A file for the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportFile {
    path: PathBuf,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Markdown,
    Junit,
    /// A line per stack, written while the run goes on.
    Lines,
}

impl ReportFile {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let form = match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => Form::Json,
            Some("md") => Form::Markdown,
            Some("xml") => Form::Junit,
            Some("jsonl") => Form::Lines,
            _ => return Err("end it in .json, .md, .xml or .jsonl".to_owned()),
        };
        Ok(Self { path, form })
    }

    /// The path, if lines are written to it while the run goes on.
    pub(crate) fn lines(&self) -> Option<&Path> {
        (self.form == Form::Lines).then_some(&self.path)
    }

    /// Write the report of a run that ended.
    pub(crate) fn write(&self, report: &RunReport) -> anyhow::Result<()> {
        let text = match self.form {
            Form::Json => serde_json::to_string_pretty(report)?,
            Form::Markdown => markdown(report)?,
            Form::Junit => junit(report)?,
            Form::Lines => return Ok(()),
        };
        std::fs::write(&self.path, text).with_context(|| format!("the report `{}` could not be written", self.path.display()))
    }
}

/// For a pull request: the table, then the actions of each stack that changes, folded.
fn markdown(report: &RunReport) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let verdict = if report.succeeded { "" } else { " **failed**" };
    writeln!(text, "### {} of `{}`{verdict}\n", report.command, report.scope)?;
    table(&mut text, report)?;
    for orphan in &report.orphans {
        writeln!(text, "\n:warning: `{orphan}` is no stack of the program any more, and its resources still exist.")?;
    }
    for stack in report.stacks.iter().filter(|stack| !stack.resources.is_empty() || stack.errors().next().is_some()) {
        details(&mut text, stack)?;
    }
    Ok(text)
}

/// A row for each stack, and the sums. Costs have a column if there are any.
fn table(text: &mut String, report: &RunReport) -> std::fmt::Result {
    let costs = report.costs();
    let column = |column: &str| if costs.is_empty() { String::new() } else { format!(" {column} |") };
    writeln!(text, "| stack | add | change | destroy | s |{} result |", column("US$"))?;
    writeln!(text, "|---|--:|--:|--:|--:|{}---|", if costs.is_empty() { "" } else { "---|" })?;
    for stack in &report.stacks {
        let Changes { add, change, destroy, .. } = stack.changes;
        let time = seconds(stack).map(|time| format!("{:.1}", time.as_secs_f64())).unwrap_or_default();
        let reason = stack.reason.as_ref().map(|reason| format!(" ({})", cell(reason))).unwrap_or_default();
        let (cost, result) = (column(&in_words(&stack.cost)), show::word(stack));
        writeln!(text, "| {} | {add} | {change} | {destroy} | {time} |{cost} {result}{reason} |", stack.name)?;
    }
    let Changes { add, change, destroy, .. } = report.changes();
    writeln!(text, "| | **{add}** | **{change}** | **{destroy}** | |{} |", column(&in_words(&costs)))?;
    if costs.iter().any(|cost| !cost.certain) {
        writeln!(text, "\n\\* with a price that nobody has verified, or without one")?;
    }
    Ok(())
}

/// `0.60 / month, 0.12* / execution`.
fn in_words(costs: &[Cost]) -> String {
    let word = |Cost { usd, per, certain }: &Cost| format!("{usd:.2}{} / {}", if *certain { "" } else { "\\*" }, cell(per));
    costs.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn details(text: &mut String, stack: &StackReport) -> std::fmt::Result {
    let open = if stack.result.is_good() { "" } else { " open" };
    writeln!(text, "\n<details{open}><summary>{}: {} actions</summary>\n", stack.name, stack.resources.len())?;
    for diagnostic in stack.errors() {
        let detail = diagnostic.detail.trim();
        writeln!(text, "{}\n", fenced(&format!("{}\n{detail}", diagnostic.summary), ""))?;
    }
    if let Some(digest) = &stack.digest {
        writeln!(text, "digest `sha256:{digest}`\n")?;
    }
    if !stack.assumed.is_empty() {
        writeln!(text, "planned with values that do not exist yet:\n")?;
        for assumed in &stack.assumed {
            writeln!(text, "- `{}` ({})", show::assumption(assumed), show::source(assumed))?;
        }
        writeln!(text)?;
    }
    let rows = by_weight(&stack.resources).map(|row| format!("{} {}", row.action.sign(), row.address));
    let rows = rows.collect::<Vec<_>>().join("\n");
    let diff = stack.diff.as_deref().map(sorted_diff);
    writeln!(text, "{}\n\n</details>", fenced(diff.as_deref().unwrap_or(&rows), "diff"))
}

/// A code block that no text in it can end.
fn fenced(text: &str, language: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// For test reporters: a stack is a test case.
fn junit(report: &RunReport) -> anyhow::Result<String> {
    let mut suite = TestSuite::new(format!("{} of {}", report.command, report.scope));
    for stack in &report.stacks {
        let status = match stack.result {
            Outcome::Skipped => TestCaseStatus::skipped(),
            result if result.is_good() => TestCaseStatus::success(),
            _ => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let errors = stack.errors().map(|error| format!("{}\n{}", error.summary, error.detail.trim()));
                let errors = errors.chain(stack.reason.clone()).collect::<Vec<_>>().join("\n");
                status.set_message(show::word(stack)).set_description(errors);
                status
            }
        };
        let mut case = TestCase::new(stack.name.clone(), status);
        case.set_classname(report.command.clone());
        if let Some(time) = seconds(stack) {
            case.set_time(time);
        }
        case.properties
            .extend(stack.cost.iter().map(|cost| Property::new(format!("cost.{}", cost.per), format!("{:.2}", cost.usd))));
        suite.add_test_case(case);
    }
    let mut junit = Report::new("oleoduto");
    junit.add_test_suite(suite);
    junit.to_string().context("the report could not be written as JUnit XML")
}

fn seconds(stack: &StackReport) -> Option<std::time::Duration> {
    let time = |text: &Option<String>| text.as_ref()?.parse::<jiff::Timestamp>().ok();
    std::time::Duration::try_from(time(&stack.ended)?.duration_since(time(&stack.started)?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> RunReport {
        serde_json::from_value(serde_json::json!({
            "version": 1, "command": "apply", "scope": "o/dev/x", "started": "", "ended": "", "succeeded": false,
            "orphans": ["old"],
            "stacks": [
                {"name": "s3", "started": "2026-01-01T00:00:00Z", "ended": "2026-01-01T00:00:02.500Z", "result": "applied",
                 "changes": {"add": 1, "change": 0, "remove": 0, "import": 0}, "diagnostics": [], "commands": [], "digest": "0f",
                 "cost": [{"usd": 0.6, "per": "month", "certain": true}, {"usd": 0.115, "per": "run", "certain": false}],
                 "assumed": [{"stack": "iam", "output": "arn", "source": "name", "value": "arn:x"}],
                 "resources": [{"address": "aws_s3_bucket.b", "action": "create", "done": true}]},
                {"name": "iam", "result": "failed", "reason": "a | b", "cost": [{"usd": 0.1, "per": "month", "certain": true}], "changes": {"add": 0, "change": 0, "remove": 0, "import": 0},
                 "resources": [], "assumed": [], "commands": [],
                 "diagnostics": [{"severity": "error", "summary": "no <role>", "detail": "see ```x```"}]},
                {"name": "glue", "result": "skipped", "changes": {"add": 0, "change": 0, "remove": 0, "import": 0},
                 "resources": [], "assumed": [], "commands": [], "diagnostics": []}]
        }))
        .unwrap()
    }

    #[test]
    fn a_pull_request_sees_the_table_the_actions_and_the_errors() {
        let text = markdown(&report()).unwrap();
        assert!(text.starts_with("### apply of `o/dev/x` **failed**"), "{text}");
        assert!(
            text.contains("| s3 | 1 | 0 | 0 | 2.5 | 0.60 / month, 0.12\\* / run | applied |")
                && text.contains("| iam | 0 | 0 | 0 |  | 0.10 / month | failed (a \\| b) |"),
            "{text}"
        );
        assert!(text.contains("| | **1** | **0** | **0** | | 0.70 / month, 0.12\\* / run | |"), "the sums: {text}");
        assert!(text.contains("\\* with a price that nobody has verified"), "{text}");
        assert!(text.contains("```diff\n+ aws_s3_bucket.b\n```") && text.contains("`old` is no stack"), "{text}");
        assert!(text.contains("digest `sha256:0f`") && text.contains("- `iam.arn = arn:x` (derived from its name)"), "{text}");
        assert!(text.contains("````\nno <role>\nsee ```x```\n````"), "a fence that the text can't end: {text}");
    }

    #[test]
    fn test_reporters_see_a_case_for_each_stack() {
        let text = junit(&report()).unwrap();
        assert!(text.contains("tests=\"3\"") && text.contains("failures=\"1\"") && text.contains("time=\"2.500\""), "{text}");
        assert!(text.contains("<property name=\"cost.month\" value=\"0.60\"/>"), "{text}");
        assert!(text.contains("no &lt;role&gt;") && text.contains("<skipped/>"), "{text}");
    }

    #[test]
    fn the_ending_says_the_form() {
        assert_eq!(ReportFile::parse("a/plan.md").unwrap().form, Form::Markdown);
        assert!(ReportFile::parse("plan.txt").unwrap_err().contains(".jsonl"));
    }
}
