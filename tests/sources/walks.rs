//! The walks of ARCHITECTURE.md whose checks are Rust: what is told when the steps of one file are left out.
//!
//! The compiler is called on a copy of the crate's own files, against the libraries that cargo built for this test: nothing is
//! built anew. `tests/structure/test_walks.py` makes the others in the same way.

use std::path::Path;
use std::process::Command;

use oleoduto_compiler_call::compiler_call;
use walkdir::WalkDir;

use crate::crate_files::{orphans, read_files};

/// The steps for one file of a walk.
struct FileSteps {
    path: String,
    lines: Vec<String>,
    /// What is told if the file is left out.
    told: String,
}

#[test]
fn a_stack_is_whole_or_what_is_missing_is_told() {
    let walk = walk("A stack");
    assert_eq!(walk.len(), 3);
    assert_eq!(said_without(&walk, None), "");
    for left_out in &walk {
        let said = said_without(&walk, Some(&left_out.path));
        assert!(said.contains(&left_out.told), "without {}: {said}", left_out.path);
    }
}

/// The steps of a walk of the document.
fn walk(title: &str) -> Vec<FileSteps> {
    let document = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, part) = document.split_once(&format!("\n#### {title}\n")).unwrap();
    let part = part.split("\n#").next().unwrap();
    let (_, block) = part.split_once("```diff\n").unwrap();
    let (block, table) = block.split_once("```").unwrap();
    let steps = block.split("+++ ").skip(1).map(|steps| {
        let (path, lines) = steps.split_once('\n').unwrap();
        let name = Path::new(path).file_name().unwrap().display();
        let row = format!("| `{name}` | ");
        let told = table.lines().find_map(|line| line.strip_prefix(&row)).unwrap_or_else(|| panic!("no row of {path}"));
        FileSteps {
            path: path.to_owned(),
            lines: lines.lines().map(str::to_owned).collect(),
            told: told.trim_end_matches(" |").to_owned(),
        }
    });
    steps.collect()
}

/// What the compiler and the test of files say of the stacks with the steps of all files but one; nothing if all is well.
fn said_without(walk: &[FileSteps], left_out: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let stacks = folder.path().join("stacks");
    for entry in WalkDir::new(root().join("stacks")).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
        write(&stacks.join(entry.path().strip_prefix(root().join("stacks")).unwrap()), &std::fs::read(entry.path()).unwrap());
    }
    for FileSteps { path, lines, .. } in walk.iter().filter(|file| Some(file.path.as_str()) != left_out) {
        let file = folder.path().join(path);
        let before = if file.exists() { std::fs::read_to_string(&file).unwrap() } else { String::new() };
        write(&file, edited(&before, lines).as_bytes());
    }
    let orphans = orphans(&stacks.join("src"), &read_files(&stacks.join("src")));
    if orphans.is_empty() { compiled(&stacks, folder.path()) } else { orphans.join("\n") }
}

/// A text with the lines that have a `+`, each below the line above it in the steps.
fn edited(text: &str, steps: &[String]) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut place = 0;
    for step in steps {
        if let Some(added) = step.strip_prefix('+') {
            lines.insert(place, added);
            place += 1;
        } else {
            let above = step.strip_prefix(' ').unwrap();
            let found: Vec<usize> = (0..lines.len()).filter(|place| lines[*place] == above).collect();
            let [above] = found[..] else { panic!("`{above}` must be one line of the file, it is at {found:?}") };
            place = above + 1;
        }
    }
    lines.join("\n") + "\n"
}

/// What the compiler says of the stacks of a folder, with warnings as errors.
fn compiled(stacks: &Path, out: &Path) -> String {
    let [compiler, options @ ..] = compiler_call!();
    let output = Command::new(compiler)
        .args(options)
        .args(["--crate-type=lib", "--emit=metadata", "-D", "warnings", "--crate-name", "oleoduto_stacks", "--out-dir"])
        .arg(out)
        .arg(stacks.join("src/lib.rs"))
        .env("CARGO_MANIFEST_DIR", stacks)
        .env("CARGO_PKG_VERSION", env!("CARGO_PKG_VERSION"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

fn write(file: &Path, content: &[u8]) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, content).unwrap();
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
