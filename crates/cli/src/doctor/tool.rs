//! Programs of this machine that commands start.

use std::time::Duration;

use tokio::process::Command;

use super::finding::Finding;

/// A version: major, minor.
pub type Version = (u32, u32);

/// Time for a program to print its version.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program, how it prints its version, the oldest version that works, and what to do.
#[derive(Clone, Copy, Debug)]
pub struct Tool<'a> {
    /// Its name in the findings.
    pub what: &'a str,
    /// What is started.
    pub binary: &'a str,
    /// The argument with which it prints its version.
    pub argument: &'a str,
    /// The oldest version that works.
    pub oldest: Version,
    /// Only some commands need it.
    pub optional: bool,
    /// What to do if it is missing or too old.
    pub fix: &'a str,
}

impl<'a> Tool<'a> {
    /// Terraform or OpenTofu, which all commands over stacks start.
    pub fn terraform(binary: &'a str) -> Self {
        Self {
            what: "terraform",
            binary,
            argument: "version",
            oldest: (1, 10),
            optional: false,
            fix: "install Terraform (or OpenTofu) 1.10 or newer, or name it with --terraform",
        }
    }

    /// git, for comparisons with a commit.
    pub fn git() -> Self {
        Self::optional("git", "--version", (2, 5), "install git: `list --changed-since` needs it")
    }

    /// A program that only some commands need, whose binary has its name.
    pub fn optional(what: &'a str, argument: &'a str, oldest: Version, fix: &'a str) -> Self {
        Self { what, binary: what, argument, oldest, optional: true, fix }
    }

    /// Start it, and judge what it says of its version.
    pub async fn check(&self) -> Finding {
        let mut command = Command::new(self.binary);
        command.arg(self.argument).env("CHECKPOINT_DISABLE", "1").kill_on_drop(true);
        let said = match tokio::time::timeout(PATIENCE, command.output()).await {
            Err(_) => return self.judge(Err(format!("`{}` does not answer", self.binary))),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return self.judge(Err(format!("`{}` was not found", self.binary)));
            }
            Ok(Err(error)) => return self.judge(Err(format!("`{}` can't be started: {error}", self.binary))),
            Ok(Ok(output)) => {
                let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
                if output.status.success() {
                    Ok(said)
                } else {
                    // A broken build may print numbers too.
                    Err(format!("`{} {}` failed ({}): {}", self.binary, self.argument, output.status, said.trim()))
                }
            }
        };
        self.judge(said)
    }

    fn judge(&self, said: Result<String, String>) -> Finding {
        let bad = |found: String| {
            if self.optional {
                Finding::warning(self.what, found, self.fix)
            } else {
                Finding::failure(self.what, found, self.fix)
            }
        };
        match said.map(|text| (version(&text), text)) {
            Err(why) => bad(why),
            Ok((Some((major, minor)), _)) if (major, minor) >= self.oldest => Finding::ok(self.what, format!("{major}.{minor}")),
            Ok((Some((major, minor)), _)) => bad(format!("{major}.{minor} is older than {}.{}", self.oldest.0, self.oldest.1)),
            Ok((None, text)) => bad(format!("its version can't be read: {}", text.lines().next().unwrap_or_default())),
        }
    }
}

/// The first `MAJOR.MINOR` in a text; a lone number before a quote or space counts as `MAJOR.0` (`openjdk version "17"`).
fn version(text: &str) -> Option<Version> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let numbers = words.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let parsed = numbers.map(|word| {
        let mut parts = word.split('.').map(str::parse::<u32>);
        let major = parts.next()?.ok()?;
        Some((major, parts.next().and_then(Result::ok).unwrap_or(0)))
    });
    parsed.flatten().next()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        assert_eq!(version("Terraform v1.11.4\non linux_amd64"), Some((1, 11)));
        assert_eq!(version("OpenTofu v1.10.0"), Some((1, 10)));
        assert_eq!(version("openjdk version \"17.0.9\" 2023-10-17"), Some((17, 0)));
        assert_eq!(version("openjdk version \"21\" 2023-09-19"), Some((21, 0)));
        assert_eq!(version("Docker version 27.3.1, build ce12230"), Some((27, 3)));
        assert_eq!(version("v22.19.0"), Some((22, 19)));
        assert_eq!(version("no version here"), None);
    }

    #[test]
    fn what_is_old_or_missing_weighs_by_what_it_is_for() {
        let program = |optional| Tool { what: "p", binary: "p", argument: "v", oldest: (1, 10), optional, fix: "install it" };
        assert_eq!(program(false).judge(Ok("v1.9.8".to_owned())).verdict, Verdict::Failure);
        assert_eq!(program(true).judge(Ok("v1.9.8".to_owned())).verdict, Verdict::Warning);
        assert_eq!(program(false).judge(Ok("v1.10.0".to_owned())).verdict, Verdict::Ok);
        let gone = program(false).judge(Err("gone".to_owned()));
        assert_eq!((gone.verdict, gone.fix.as_str()), (Verdict::Failure, "install it"));
    }
}
