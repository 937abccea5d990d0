//! The walks of ARCHITECTURE.md whose checks are Rust: what is told when the steps of one file are left out.
//!
//! The compiler is called on copies of the crates' own files, against the libraries that cargo built for this test: nothing else
//! is built anew. `tests/structure/test_walks.py` makes the others in the same way.

use std::path::Path;
use std::process::{Command, Output};

use oleoduto_compiler_call::compiler_call;
use walkdir::WalkDir;

mod environment_key;
mod resource_type;
mod stack;

/// The steps for one file of a walk.
struct FileSteps {
    path: String,
    lines: Vec<String>,
    /// What is told if the file is left out.
    told: String,
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

/// The steps of a walk that are not of the file that is left out.
fn apply(walk: &[FileSteps], left_out: Option<&str>, folder: &Path) {
    for FileSteps { path, lines, .. } in walk.iter().filter(|file| Some(file.path.as_str()) != left_out) {
        let file = folder.join(path);
        let before = if file.exists() { std::fs::read_to_string(&file).unwrap() } else { String::new() };
        write(&file, edited(&before, lines).as_bytes());
    }
}

/// A folder or a file of the repository in another folder.
fn copy(path: &str, folder: &Path) {
    for entry in WalkDir::new(root().join(path)).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
        write(&folder.join(entry.path().strip_prefix(root()).unwrap()), &std::fs::read(entry.path()).unwrap());
    }
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

/// The compiler with the options that find the libraries of this test, without one of them.
fn compiler(without: Option<&str>) -> Command {
    let [program, options @ ..] = compiler_call!();
    let mut command = Command::new(program);
    let mut options = options.iter().peekable();
    while let Some(option) = options.next() {
        if *option == "--extern" && options.next_if(|library| without.is_some_and(|own| library.starts_with(own))).is_some() {
            continue;
        }
        command.arg(option);
    }
    command
}

/// The stacks of a folder as a library beside it, or as what the compiler must know of one (`metadata`), with warnings as errors.
fn compile_stacks(folder: &Path, emit: &str) -> Output {
    let mut compiler = compiler(None);
    compiler.args(["--crate-type=lib", "-D", "warnings", "--crate-name", "oleoduto_stacks", "--emit", emit, "--out-dir"]);
    compiler.arg(folder).arg(folder.join("stacks/src/lib.rs"));
    compiler.env("CARGO_MANIFEST_DIR", folder.join("stacks")).env("CARGO_PKG_VERSION", env!("CARGO_PKG_VERSION"));
    compiler.output().unwrap()
}

/// What the compiler says of the stacks of a folder; nothing if all is well.
fn said_of_stacks(folder: &Path) -> String {
    let output = compile_stacks(folder, "metadata");
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
