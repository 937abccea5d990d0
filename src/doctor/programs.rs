//! The programs of this machine.

use oleoduto_cli::doctor::{Finding, Tool};

/// What `oleoduto local run` can't do without, as failures.
pub(crate) async fn for_local_run(terraform: &str) -> Vec<Finding> {
    let java_home = JavaHome::of_environment();
    let (terraform, java) = (Tool::terraform(terraform), Tool { optional: false, ..java_home.tool() });
    let (terraform, java) = tokio::join!(terraform.check(), java.check());
    vec![terraform, java]
}

/// Everything that some command needs.
pub(crate) async fn all(terraform: &str) -> Vec<Finding> {
    let python = std::env::var("OLEODUTO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let java_home = JavaHome::of_environment();
    let programs = [
        Tool::terraform(terraform),
        java_home.tool(),
        Tool {
            binary: &python,
            ..Tool::optional(
                "python",
                "--version",
                (3, 11),
                "install Python 3.11 or newer, or set OLEODUTO_PYTHON: `oleoduto local` needs it",
            )
        },
        Tool::git(),
        Tool::optional("docker", "--version", (20, 10), "install Docker: building the image for AWS needs it"),
        Tool::optional("node", "--version", (22, 19), "install Node.js 22.19 or newer: only the cdktn command line needs it"),
    ];
    let [a, b, c, d, e, f] = &programs;
    let (a, b, c, d, e, f) = tokio::join!(a.check(), b.check(), c.check(), d.check(), e.check(), f.check());
    // A local run needs neither Docker nor Node.js.
    vec![a, b, c, d, e.noted(), f.noted()]
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

    fn tool(&self) -> Tool<'_> {
        Tool { binary: &self.binary, ..Tool::optional("java", "-version", (17, 0), &self.fix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_is_that_of_its_variable() {
        assert_eq!(JavaHome::of(None).tool().binary, "java");
        let named = JavaHome::of(Some("/opt/jdk/".to_owned()));
        assert_eq!(named.tool().binary, "/opt/jdk/bin/java");
        assert!(named.fix.contains("JAVA_HOME is /opt/jdk/"), "{}", named.fix);
    }
}
