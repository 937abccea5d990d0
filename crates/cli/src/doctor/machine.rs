//! This machine's disk: space and permissions of the project's folder.

use std::path::Path;

use super::finding::Finding;

/// The provider alone has 700 MB, and exists twice while it is downloaded.
const ROOM_WARNING: u64 = 3 << 30;
/// With less, `terraform init` fails.
const ROOM_FAILURE: u64 = 1 << 30;

/// Whether the folder of a project can be written, and has room for providers.
pub fn machine(folder: &Path) -> Vec<Finding> {
    vec![writable(folder), room(folder)]
}

fn writable(folder: &Path) -> Finding {
    const WHAT: &str = "project folder";
    match tempfile::tempfile_in(folder) {
        Ok(_) => Finding::ok(WHAT, "writable"),
        Err(error) => Finding::failure(
            WHAT,
            format!("{} is not writable: {error}", folder.display()),
            "change its permissions, or work on a copy: output, states and plans are written there",
        ),
    }
}

/// Whether the disk of a folder has room for providers.
pub fn room(folder: &Path) -> Finding {
    match nix::sys::statvfs::statvfs(folder) {
        // The types of the two differ between systems.
        #[allow(clippy::useless_conversion, clippy::unnecessary_cast, reason = "their types are not the same everywhere")]
        Ok(disk) => judge(folder, disk.blocks_available() as u64 * disk.fragment_size() as u64),
        Err(error) => Finding::warning("disk", format!("its free space can't be read: {error}"), "check it with `df`"),
    }
}

fn judge(folder: &Path, free: u64) -> Finding {
    let found = format!("{:.1} GiB free in {}", free as f64 / f64::from(1 << 30), folder.display());
    let fix = "free disk space: a provider of Terraform takes up to 0.7 GiB, and exists twice while it is downloaded";
    match free {
        free if free < ROOM_FAILURE => Finding::failure("disk", found, fix),
        free if free < ROOM_WARNING => Finding::warning("disk", found, fix),
        _ => Finding::ok("disk", found),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn little_space_is_a_failure() {
        assert_eq!(judge(Path::new("."), 10 << 30).verdict, Verdict::Ok);
        assert_eq!(judge(Path::new("."), 2 << 30).verdict, Verdict::Warning);
        assert_eq!(judge(Path::new("."), 1 << 20).verdict, Verdict::Failure);
    }

    #[test]
    fn a_missing_folder_is_not_writable() {
        assert_eq!(writable(Path::new("no/such/folder")).verdict, Verdict::Failure);
        assert_eq!(writable(&std::env::temp_dir()).verdict, Verdict::Ok);
    }
}
