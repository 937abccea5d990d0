//! The walk of a key of an environment.

use std::path::Path;
use std::process::Command;

use super::{apply, compile_stacks, compiler, copy, root, said_of_stacks, walk, write};
use crate::keys;

const SCHEMA: &str = "schemas/oleoduto.schema.json";

#[test]
fn an_environment_key_is_whole_or_what_is_missing_is_told() {
    let walk = walk("An environment key");
    assert_eq!(walk.len(), 4);
    let copied = |left_out: Option<&str>| {
        let folder = tempfile::tempdir().unwrap();
        for path in ["stacks", "backend/src", "src", "docs/configuration.md", "docs/configuration.pt-BR.md", SCHEMA] {
            copy(path, folder.path());
        }
        apply(&walk, left_out, folder.path());
        folder
    };
    let schema = schema_of(copied(None).path());
    let said_without = |left_out: Option<&str>, schema: Option<&str>| {
        let folder = copied(left_out);
        if let Some(schema) = schema {
            write(&folder.path().join(SCHEMA), schema.as_bytes());
        }
        let mistakes = keys::mistakes(folder.path());
        if mistakes.is_empty() { said_of_stacks(folder.path()) } else { mistakes.join("\n") }
    };
    assert_eq!(said_without(None, Some(&schema)), "");
    for left_out in &walk {
        let said = said_without(Some(&left_out.path), Some(&schema));
        assert!(said.contains(&left_out.told), "without {}: {said}", left_out.path);
    }
    let said = said_without(None, None);
    assert!(said.contains("which the schema does not have"), "without the schema: {said}");
}

/// What `oleoduto config schema` would print with the stacks of a folder: the file's top level is compiled against them.
fn schema_of(folder: &Path) -> String {
    let output = compile_stacks(folder, "link");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (source, program) = (folder.join("schema.rs"), folder.join("schema"));
    let file = root().join("src/config/file.rs");
    let text = format!(
        "#[path = {file:?}]\nmod file;\nfn main() {{ println!(\"{{}}\", serde_json::to_string_pretty(&file::schema()).unwrap()); }}\n"
    );
    write(&source, text.as_bytes());
    let mut compiler = compiler(Some("oleoduto_stacks="));
    let stacks = format!("oleoduto_stacks={}", folder.join("liboleoduto_stacks.rlib").display());
    let output = compiler.args(["--extern", &stacks, "-o"]).args([&program, &source]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(Command::new(&program).output().unwrap().stdout).unwrap()
}
