//! What the compiler says about programs that use the bindings, compared with the files beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use oleoduto_compiler_call::compiler_call;

/// The compiler whose words the `.stderr` files hold.
const COMPILER: &str = "rustc 1.95.";

/// The folder of this crate, from that of the workspace.
const CRATE: &str = "crates/aws";

/// The compiler of this test, which finds the libraries that cargo built for it.
fn compiler() -> Command {
    let [program, options @ ..] = compiler_call!();
    let mut command = Command::new(program);
    // Where cargo starts it: the libraries name their sources from there.
    command.args(options).current_dir(root());
    command
}

/// The folder of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR").strip_suffix(CRATE).unwrap())
}

/// Check that no program of a folder compiles, and that the compiler says what stands beside it. Another compiler says the same in
/// other words: there the programs must fail, with whatever text. `INSTA_UPDATE=always` writes the texts anew, as for other snapshots.
pub(crate) fn refuses(folder: &str) {
    let version = Command::new(compiler().get_program()).arg("--version").output().unwrap();
    let cases = cases(folder);
    assert!(!cases.is_empty(), "no program in {folder}");
    let same_words = String::from_utf8_lossy(&version.stdout).starts_with(COMPILER);
    let update = std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    let mut wrong = Vec::new();
    for (case, said) in said_about(&cases) {
        let beside = case.with_extension("stderr");
        match said {
            None => wrong.push(format!("{} compiles", case.display())),
            Some(_) if !same_words => {}
            Some(said) if update => fs::write(&beside, said).unwrap(),
            Some(said) => {
                if fs::read_to_string(&beside).ok().as_ref() != Some(&said) {
                    wrong.push(format!("{} is not what the compiler says:\n{said}", beside.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Check that every program of a folder compiles.
pub(crate) fn accepts(folder: &str) {
    let cases = cases(folder);
    assert!(!cases.is_empty(), "no program in {folder}");
    let refused: Vec<String> = said_about(&cases).into_values().flatten().collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// The programs of a folder, from the folder of the crate.
fn cases(folder: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

/// What the compiler says about each program, as many at once as there are processors; nothing if the program compiles.
fn said_about(cases: &[PathBuf]) -> BTreeMap<&Path, Option<String>> {
    let (waiting, said) = (Mutex::new(cases.iter()), Mutex::new(BTreeMap::new()));
    let next = || waiting.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let text = compile(case);
                    said.lock().unwrap().insert(case.as_path(), text);
                }
            });
        }
    });
    said.into_inner().unwrap()
}

fn compile(case: &Path) -> Option<String> {
    let output = compiler()
        .args(["--emit=metadata", "--out-dir", env!("CARGO_TARGET_TMPDIR")])
        .arg(Path::new(CRATE).join(case))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    (!output.status.success()).then(|| normalized(&text, &case.to_string_lossy()))
}

/// The compiler's text without what changes from one build or machine to the next.
fn normalized(text: &str, case: &str) -> String {
    let text = paths(text);
    let diagnostics = text.split("\n\n").filter(|diagnostic| !is_summary(diagnostic));
    let diagnostics: Vec<_> = diagnostics.map(|diagnostic| lines(diagnostic.trim_end(), case)).collect();
    diagnostics.join("\n")
}

fn is_summary(diagnostic: &str) -> bool {
    let first = diagnostic.trim_start();
    let counts = ["error: aborting due to", "For more information about", "Some errors have detailed"];
    first.is_empty() || counts.iter().any(|start| first.starts_with(start)) || first.ends_with(" emitted")
}

/// Paths from the folder of the crate; those of other crates without the machine's folder and the version.
fn paths(text: &str) -> String {
    let text = text.replace(&format!("{}/", root().display()), "").replace(&format!("{CRATE}/"), "");
    let line = |line: &str| match line.split_once("/registry/src/") {
        Some((before, after)) => {
            let arrow = before.find('/').map_or(before, |start| &before[..start]);
            let (package, path) = after.split_once('/').and_then(|(_index, path)| path.split_once('/')).unwrap();
            let name = package.rsplit_once('-').unwrap().0;
            format!("{arrow}$CARGO/{name}-$VERSION/{path}\n")
        }
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// The lines of one diagnostic. Line numbers stay only where they are those of the case: others change with the bindings.
fn lines(diagnostic: &str, case: &str) -> String {
    let Some(width) = diagnostic.lines().find_map(|line| line.trim_start().starts_with("--> ").then(|| indent(line))) else {
        return format!("{diagnostic}\n");
    };
    let mut of_case = true;
    let lines: Vec<(Option<&str>, String)> = diagnostic
        .lines()
        .map(|line| {
            of_case |= !line.starts_with([' ', '.']) && !line.starts_with(|first: char| first.is_ascii_digit());
            let Some((gutter, rest)) = gutter(line, width) else { return (None, others(line)) };
            let Some(place) = rest.strip_prefix("--> ").or_else(|| rest.strip_prefix("::: ")) else {
                return (Some(if of_case { gutter.trim() } else { "" }), others(rest));
            };
            of_case = place.starts_with(case);
            let mut parts = place.rsplitn(3, ':');
            let file = parts.nth(2).unwrap_or(place);
            (Some(""), if of_case { rest.to_owned() } else { format!("{}{file}", &rest[..4]) })
        })
        .collect();
    let width = lines.iter().filter_map(|(number, _)| number.map(str::len)).max().unwrap_or(0).max(1);
    let line = |(number, rest): (Option<&str>, String)| match number {
        Some(number) => format!("{number:width$}{rest}\n"),
        None => format!("{rest}\n"),
    };
    lines.into_iter().map(line).collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A line's number, if any, and what stands behind it.
fn gutter(line: &str, width: usize) -> Option<(&str, &str)> {
    let (gutter, rest) = line.split_at_checked(width)?;
    let is_gutter = gutter.bytes().all(|byte| byte == b' ' || byte.is_ascii_digit());
    (is_gutter && rest.starts_with([' ', '-', ':'])).then_some((gutter, rest))
}

/// How many other types implement a trait changes with the bindings.
fn others(line: &str) -> String {
    let number = line.trim_start().strip_prefix("and ").and_then(|rest| rest.strip_suffix(" others"));
    match number {
        Some(number) => line.replace(number, "$N"),
        None => line.to_owned(),
    }
}
