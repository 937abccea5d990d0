//! The programs of this machine.

use std::time::Duration;

use tokio::process::Command;

use super::finding::Finding;

/// A version: major, minor.
type Version = (u32, u32);

/// Time for a program to print its version.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program, how it prints its version, the oldest version that works, and what to do.
struct Program<'a> {
    what: &'a str,
    binary: &'a str,
    argument: &'a str,
    oldest: Version,
    /// Only some commands need it.
    optional: bool,
    fix: &'a str,
}

/// What `oleoduto local run` can't do without, as failures.
pub(crate) async fn for_local_run(terraform: &str) -> Vec<Finding> {
    let java_home = JavaHome::of_environment();
    let (terraform, java) = (terraform_of(terraform), java_home.program(false));
    let (terraform, java) = tokio::join!(look(&terraform), look(&java));
    vec![terraform, java]
}

/// Everything that some command needs.
pub(crate) async fn all(terraform: &str) -> Vec<Finding> {
    let python = std::env::var("OLEODUTO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let java_home = JavaHome::of_environment();
    let programs = [
        terraform_of(terraform),
        java_home.program(true),
        Program {
            binary: &python,
            ..optional(
                "python",
                "--version",
                (3, 11),
                "install Python 3.11 or newer, or set OLEODUTO_PYTHON: `oleoduto local` needs it",
            )
        },
        optional("git", "--version", (2, 5), "install git: `list --changed-since` needs it"),
        optional("docker", "--version", (20, 10), "install Docker: building the image needs it"),
        optional("node", "--version", (22, 19), "install Node.js 22.19 or newer, if you use the cdktn command line"),
    ];
    let [a, b, c, d, e, f] = &programs;
    let (a, b, c, d, e, f) = tokio::join!(look(a), look(b), look(c), look(d), look(e), look(f));
    vec![a, b, c, d, e, f]
}

fn terraform_of(binary: &str) -> Program<'_> {
    let fix = "install Terraform (or OpenTofu) 1.10 or newer, or name it with --terraform";
    Program { what: "terraform", binary, argument: "version", oldest: (1, 10), optional: false, fix }
}

/// The Java that Spark starts: that of `JAVA_HOME`, or the one on the path.
struct JavaHome {
    binary: String,
    fix: String,
}

impl JavaHome {
    fn of_environment() -> Self {
        Self::of(std::env::var("JAVA_HOME").ok().filter(|home| !home.is_empty()))
    }

    fn of(home: Option<String>) -> Self {
        const FIX: &str = "install Java 17: `oleoduto local run` needs it for Spark";
        match home {
            Some(home) => Self {
                binary: format!("{}/bin/java", home.trim_end_matches('/')),
                fix: format!("JAVA_HOME is {home}: correct it, or unset it to use the `java` on the path; {FIX}"),
            },
            None => Self { binary: "java".to_owned(), fix: FIX.to_owned() },
        }
    }

    fn program(&self, optional: bool) -> Program<'_> {
        Program { what: "java", binary: &self.binary, argument: "-version", oldest: (17, 0), optional, fix: &self.fix }
    }
}

/// A program that only some commands need, whose binary has its name.
fn optional<'a>(what: &'a str, argument: &'a str, oldest: Version, fix: &'a str) -> Program<'a> {
    Program { what, binary: what, argument, oldest, optional: true, fix }
}

async fn look(program: &Program<'_>) -> Finding {
    let mut command = Command::new(program.binary);
    command.arg(program.argument).env("CHECKPOINT_DISABLE", "1").kill_on_drop(true);
    let said = match tokio::time::timeout(PATIENCE, command.output()).await {
        Err(_) => return judge(program, Err(format!("`{}` does not answer", program.binary))),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            return judge(program, Err(format!("`{}` was not found", program.binary)));
        }
        Ok(Err(error)) => return judge(program, Err(format!("`{}` can't be started: {error}", program.binary))),
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            if output.status.success() {
                Ok(said)
            } else {
                // A broken build may print numbers too.
                Err(format!("`{} {}` failed ({}): {}", program.binary, program.argument, output.status, said.trim()))
            }
        }
    };
    judge(program, said)
}

fn judge(program: &Program<'_>, said: Result<String, String>) -> Finding {
    let bad = |found: String| {
        if program.optional {
            Finding::warning(program.what, found, program.fix)
        } else {
            Finding::failure(program.what, found, program.fix)
        }
    };
    match said.map(|text| (version(&text), text)) {
        Err(why) => bad(why),
        Ok((Some((major, minor)), _)) if (major, minor) >= program.oldest => {
            Finding::ok(program.what, format!("{major}.{minor}"))
        }
        Ok((Some((major, minor)), _)) => bad(format!("{major}.{minor} is older than {}.{}", program.oldest.0, program.oldest.1)),
        Ok((None, text)) => bad(format!("its version can't be read: {}", text.lines().next().unwrap_or_default())),
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
    use super::*;
    use crate::doctor::finding::Verdict;

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
    fn java_is_that_of_its_variable() {
        assert_eq!(JavaHome::of(None).program(true).binary, "java");
        let named = JavaHome::of(Some("/opt/jdk/".to_owned()));
        assert_eq!(named.program(true).binary, "/opt/jdk/bin/java");
        assert!(named.fix.contains("JAVA_HOME is /opt/jdk/"), "{}", named.fix);
    }

    #[test]
    fn what_is_old_or_missing_weighs_by_what_it_is_for() {
        let program = |optional| Program { what: "p", binary: "p", argument: "v", oldest: (1, 10), optional, fix: "install it" };
        assert_eq!(judge(&program(false), Ok("v1.9.8".to_owned())).verdict, Verdict::Failure);
        assert_eq!(judge(&program(true), Ok("v1.9.8".to_owned())).verdict, Verdict::Warning);
        assert_eq!(judge(&program(false), Ok("v1.10.0".to_owned())).verdict, Verdict::Ok);
        let gone = judge(&program(false), Err("gone".to_owned()));
        assert_eq!((gone.verdict, gone.fix.as_str()), (Verdict::Failure, "install it"));
    }
}
