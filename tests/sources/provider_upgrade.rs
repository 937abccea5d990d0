//! A newer provider: the stacks compile with the bindings of hashicorp/aws 6.47.0, too, and use nothing that it deprecates.
//!
//! `scripts/check-generated.sh` runs it: it has the schema, which is too large to be a part of the repository. That lacks the
//! provider's own configuration, so that of the present version stands in. `scripts/provider_upgrade.py` also synthesizes, with
//! any version.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use oleoduto_bindgen::{Bindings, Schema, folder, generate};
use oleoduto_compiler_call::compiler_call;

const VERSION: &str = "6.47.0";
/// Names the file of that version's schema; other types than the stacks' may be left out.
const SCHEMA_FILE: &str = "NEWER_PROVIDER_SCHEMA";

#[test]
#[ignore = "scripts/check-generated.sh runs it, with the schema of the newer provider"]
fn the_stacks_compile_with_a_newer_provider_and_use_nothing_that_it_deprecates() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = tempfile::tempdir().unwrap();
    let aws = renewed(root, scratch.path());
    let libraries = Libraries { scratch: scratch.path() };
    libraries.compile("oleoduto_aws", &aws, &[]);
    libraries.compile("oleoduto_backend", &root.join("backend"), &["oleoduto_aws"]);
    libraries.compile("oleoduto_stacks", &root.join("stacks"), &["oleoduto_aws", "oleoduto_backend"]);
}

/// The crate `oleoduto-aws` with the bindings of the newer version.
fn renewed(root: &Path, scratch: &Path) -> PathBuf {
    let (present, aws) = (root.join("crates/aws"), scratch.join("aws"));
    let generated = aws.join("src").join("generated");
    std::fs::create_dir_all(&generated).unwrap();
    for (from, to) in [(present.clone(), aws.clone()), (present.join("src"), aws.join("src"))] {
        for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            if !["src", "generated"].iter().any(|own| entry.file_name() == *own) {
                symlink(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    }
    let mut bindings: Bindings = toml::from_str(&std::fs::read_to_string(present.join("bindings.toml")).unwrap()).unwrap();
    let old = std::mem::replace(&mut bindings.version, VERSION.to_owned());
    assert_ne!(old, VERSION, "the test is of another version than the present one");
    let file = std::env::var(SCHEMA_FILE).unwrap_or_else(|_| panic!("{SCHEMA_FILE} must name the schema of {VERSION}"));
    let schema: Schema = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut files = generate(&schema, &bindings, false).unwrap();
    let provider = std::fs::read_to_string(present.join("src/generated/provider.rs")).unwrap();
    files.insert("provider.rs".to_owned(), provider.replace(&old, VERSION));
    folder::write(&generated, &files).unwrap();
    aws
}

/// Libraries that are compiled into a folder, as far as others need them.
struct Libraries<'a> {
    scratch: &'a Path,
}

impl Libraries<'_> {
    /// Compile a crate against those compiled before and, for all else, against what cargo built for this test.
    fn compile(&self, name: &str, folder: &Path, before: &[&str]) {
        let [program, options @ ..] = compiler_call!();
        let mut compiler = Command::new(program);
        let is_replaced =
            |option: &str| ["oleoduto_aws", "oleoduto_backend", "oleoduto_stacks"].iter().any(|own| option.starts_with(own));
        let mut options = options.iter().copied();
        while let Some(option) = options.next() {
            if option == "--extern" {
                let library = options.next().unwrap();
                if !is_replaced(library) {
                    compiler.args([option, library]);
                }
            } else {
                compiler.arg(option);
            }
        }
        for library in before {
            compiler.arg("--extern").arg(format!("{library}={}", self.scratch.join(format!("lib{library}.rmeta")).display()));
        }
        compiler.args(["--crate-type=lib", "--emit=metadata", "-D", "deprecated", "--crate-name", name, "--out-dir"]);
        compiler.arg(self.scratch).arg("-L").arg(self.scratch).arg(folder.join("src").join("lib.rs"));
        compiler.env("CARGO_MANIFEST_DIR", folder).env("CARGO_PKG_VERSION", env!("CARGO_PKG_VERSION"));
        let output = compiler.output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
