//! The same six-stack app as `golden/`, which cdktn 0.24.0 wrote from TypeScript, built with this engine: every file
//! must be the same, byte for byte. Only the provider's version is set by hand (the golden app used aws 6.66.0).

use std::path::{Path, PathBuf};

mod app;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// All files under a folder, relative, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder_now) = open.pop() {
        for entry in std::fs::read_dir(folder_now).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_file_is_cdktns_byte_for_byte() {
    let out = tempfile::tempdir().unwrap();
    app::app(&golden()).unwrap().synth().unwrap().write(out.path()).unwrap();
    let expected = files(&golden());
    assert_eq!(expected.len(), 8);
    let written: Vec<_> = files(out.path()).into_iter().filter(|path| path != Path::new(".synth.lock")).collect();
    assert_eq!(written, expected);
    for file in expected {
        let (ours, theirs) = (std::fs::read(out.path().join(&file)).unwrap(), std::fs::read(golden().join(&file)).unwrap());
        if ours != theirs {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(text(&ours), text(&theirs), "{}", file.display());
        }
    }
}
