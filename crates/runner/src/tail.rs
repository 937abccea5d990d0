//! Reads a file while another process writes it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::{Result, RunnerError};

/// Reads a growing file line by line.
pub(crate) struct Tail {
    file: File,
    path: PathBuf,
    position: u64,
    partial: Vec<u8>,
}

impl Tail {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(RunnerError::file("read", path))?;
        Ok(Self { file, path: path.to_owned(), position: 0, partial: Vec::new() })
    }

    /// Passes on every line that is complete by now.
    pub(crate) fn read(&mut self, mut line: impl FnMut(&str)) -> Result<()> {
        let mut fresh = Vec::new();
        self.file.seek(SeekFrom::Start(self.position)).map_err(RunnerError::file("read", &self.path))?;
        self.file.read_to_end(&mut fresh).map_err(RunnerError::file("read", &self.path))?;
        self.position += fresh.len() as u64;
        self.partial.extend(fresh);
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let rest = self.partial.split_off(end + 1);
            line(String::from_utf8_lossy(&self.partial[..end]).trim_end());
            self.partial = rest;
        }
        Ok(())
    }

    /// Passes on the last line, if it has no line end.
    pub(crate) fn rest(&mut self, mut line: impl FnMut(&str)) {
        if !self.partial.is_empty() {
            line(&String::from_utf8_lossy(&self.partial));
            self.partial.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_is_read_line_by_line_while_it_grows() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut tail = Tail::open(file.path()).unwrap();
        let mut lines = Vec::new();
        file.write_all(b"one\ntw").unwrap();
        tail.read(|line| lines.push(line.to_owned())).unwrap();
        file.write_all(b"o\nthree").unwrap();
        tail.read(|line| lines.push(line.to_owned())).unwrap();
        tail.rest(|line| lines.push(line.to_owned()));
        assert_eq!(lines, ["one", "two", "three"]);
    }
}
