//! The programs of this machine.

use oleoduto_cli::doctor::{Finding, Tool};

pub(crate) async fn all(terraform: &str) -> Vec<Finding> {
    let python = std::env::var("OLEODUTO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let programs = [
        Tool::terraform(terraform),
        Tool::optional("java", "-version", (17, 0), "install Java 17: `oleoduto local run` needs it for Spark"),
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
        Tool::optional("docker", "--version", (20, 10), "install Docker: building the image needs it"),
        Tool::optional("node", "--version", (22, 19), "install Node.js 22.19 or newer, if you use the cdktn command line"),
    ];
    let [a, b, c, d, e, f] = &programs;
    let (a, b, c, d, e, f) = tokio::join!(a.check(), b.check(), c.check(), d.check(), e.check(), f.check());
    vec![a, b, c, d, e, f]
}
