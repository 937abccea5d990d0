//! Provider processes that serve several Terraform commands.
//!
//! Terraform starts a provider three or four times in one `apply`, once per phase and once for its schema. Each start of the
//! `aws` provider takes about a second, and each command takes another half for the checksum of its 700 MB. A process that
//! was started for debugging (`-debug`) serves any number of commands, one after the other, which attach to it through
//! `TF_REATTACH_PROVIDERS`. Source: <https://developer.hashicorp.com/terraform/plugin/debugging>.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, PipeReader, PipeWriter};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tokio::process::{Child, Command};

use crate::error::{Result, RunnerError};
use crate::files;
use crate::held_folder;
use crate::provider_filter;
use crate::provider_package::Package;
use crate::provider_trust::trust;

/// What the names of its types begin with.
pub(crate) const PREFIX: &str = "aws_";
/// The maximum time for the start of a provider.
const START: Duration = Duration::from_secs(60);
/// The maximum length of the path of the temporary folder: a socket's path may have 104 bytes on macOS and 108 on Linux, and ours add
/// `/oleoduto-provider-XXXXXX/plugin0123456789`.
const LONGEST_FOLDER: usize = 56;
/// The interval between two looks at whether something has started.
const TICK: Duration = Duration::from_millis(10);

/// The levels of the provider's loggers. A process that was started for debugging logs everything, requests with their bodies too,
/// which takes time and which nobody reads. Source: `internal/logging/environment_variables.go` of `terraform-plugin-go`,
/// `-framework`, `-mux` and `-sdk`.
const LOG_LEVELS: [&str; 6] = [
    "TF_LOG_PROVIDER_AWS",
    "TF_LOG_SDK",
    "TF_LOG_SDK_FRAMEWORK",
    "TF_LOG_SDK_HELPER_SCHEMA",
    "TF_LOG_SDK_MUX",
    "TF_LOG_SDK_PROTO",
];

/// Ends the provider when nobody holds the other end of its standard input any more: neither this process nor any
/// Terraform that uses the provider. It works even if this process is killed.
const GUARD: &str = r#"exec 3<&0
trap : TERM
{ "$1" -debug </dev/null >"$2/out" 2>&1; : >"$2/ended"; } 3<&- &
cat <&3 >/dev/null
kill 0
wait
rm -rf "$2"
"#;

/// A running provider. It ends when this value is dropped and every Terraform that uses the provider has ended.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// The value of `TF_REATTACH_PROVIDERS`.
    pub(crate) reattach: String,
    alive: Arc<PipeWriter>,
    /// The file with the names of the types that the next command needs; none if it gets the whole schema.
    names: Option<PathBuf>,
}

impl Provider {
    /// Standard input for a Terraform process: the provider runs at least as long as that process.
    pub(crate) fn keep_alive(&self) -> Result<Stdio> {
        self.alive.try_clone().map(Stdio::from).map_err(RunnerError::file("duplicate", "pipe of the provider"))
    }

    /// Says which types the next command needs.
    pub(crate) fn describe_only(&self, names: &BTreeSet<String>) -> Result<()> {
        let Some(file) = &self.names else { return Ok(()) };
        files::write(file, names.iter().flat_map(|name| [name, "\n"]).collect::<String>().as_bytes())
    }
}

/// The temporary folder for sockets: a path that is too long for them is replaced.
fn short(temporary: PathBuf) -> PathBuf {
    if temporary.as_os_str().len() <= LONGEST_FOLDER { temporary } else { PathBuf::from("/tmp") }
}

/// Starts a provider in a folder.
pub(crate) async fn start(package: &Package, cwd: &Path, environment: &[(String, String)]) -> Result<Provider> {
    let fail = |source| RunnerError::Start {
        program: package.folder.display().to_string(),
        source,
        help: "let Terraform start it: run with --no-provider-reuse",
    };
    let binary = package.binary().ok_or_else(|| fail(ErrorKind::NotFound.into()))?;
    // The path of a Unix socket must be short: the folder is in the system's temporary folder, not in the output. Only this
    // user may enter it, because the provider holds credentials and serves whoever connects.
    let (folder, held) = held_folder::create(&short(std::env::temp_dir()), "oleoduto-provider-").map_err(fail)?;
    let (reader, alive) = std::io::pipe().map_err(fail)?;
    let until = reader.try_clone().map_err(fail)?;
    let mut command = Command::new("sh");
    command.arg("-c").arg(GUARD).arg("oleoduto-provider").arg(&binary).arg(&folder).current_dir(cwd);
    command.envs(LOG_LEVELS.iter().filter(|name| std::env::var_os(name).is_none()).map(|name| (name, "OFF")));
    command.envs(environment.iter().map(|(key, value)| (key, value)));
    command.env("PLUGIN_UNIX_SOCKET_DIR", &folder);
    for (key, value) in trust(std::env::var_os("AWS_CA_BUNDLE")) {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    // The guard holds the folder. It removes the folder at its end; if it is killed, another run does.
    command.stdin(reader).stdout(held).stderr(Stdio::null()).process_group(0);
    let mut guard = command.spawn().map_err(fail)?;
    let out = folder.join("out");
    let deadline = Instant::now() + START;
    loop {
        if let Some(printed) = handshake(&out) {
            let (printed, names) = filter(printed, &folder, &guard, until).await.map_err(fail)?;
            // Reaps the guard when it ends.
            tokio::spawn(async move { guard.wait().await });
            let reattach = serde_json::json!({ package.address(): printed }).to_string();
            return Ok(Provider { reattach, alive: Arc::new(alive), names });
        }
        if folder.join("ended").exists() || guard.try_wait().map_err(fail)?.is_some() || Instant::now() > deadline {
            let said = std::fs::read_to_string(&out).unwrap_or_default();
            return Err(fail(std::io::Error::other(format!("it did not print its address, but: {}", said.trim()))));
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Starts the process between Terraform and the provider, in the process group of the guard, which ends both; it also ends when nobody
/// holds the other end of the pipe. Returns its address and
/// the file with the names of types; the provider's own address if this program does not serve providers.
async fn filter(mut printed: Json, folder: &Path, guard: &Child, until: PipeReader) -> std::io::Result<(Json, Option<PathBuf>)> {
    let (socket, names, errors) = (folder.join("filter"), folder.join("names"), folder.join("filter.err"));
    let provider = printed["Addr"]["String"].as_str().unwrap_or_default();
    let Some(mut command) = provider_filter::command(Path::new(provider), &socket, &names) else { return Ok((printed, None)) };
    let group = guard.id().and_then(|id| i32::try_from(id).ok()).unwrap_or_default();
    command.stdin(until).stdout(Stdio::null()).stderr(File::create(&errors)?).process_group(group);
    let mut process = command.spawn()?;
    while !socket.exists() {
        if let Some(status) = process.try_wait()? {
            let said = std::fs::read_to_string(&errors).unwrap_or_default();
            return Err(std::io::Error::other(format!(
                "the process that shortens its schema ended with {status}: {}",
                said.trim()
            )));
        }
        tokio::time::sleep(TICK).await;
    }
    // Reaps it when it ends.
    tokio::spawn(async move { process.wait().await });
    printed["Addr"]["String"] = socket.display().to_string().into();
    Ok((printed, Some(names)))
}

/// The address at which a provider listens, as it printed it.
fn handshake(out: &Path) -> Option<Json> {
    let text = std::fs::read_to_string(out).ok()?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("TF_REATTACH_PROVIDERS="))?;
    let printed: BTreeMap<String, Json> = serde_json::from_str(line.trim_matches('\'')).ok()?;
    printed.into_values().next()
}

#[cfg(all(test, target_os = "linux"))]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::os::unix::fs::PermissionsExt;

    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::{Pid, getpgid};

    use super::*;
    use crate::error::with_causes;

    /// The binary of a provider that is a shell script.
    pub(crate) fn fake(folder: &Path, script: &str) -> Package {
        let platform = folder.join(".terraform/providers/registry.example/hashicorp/aws/5.1.0/os_arch");
        std::fs::create_dir_all(&platform).unwrap();
        let file = platform.join("terraform-provider-aws_v5.1.0");
        std::fs::write(&file, script).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        Package::find(&folder.join(".terraform")).unwrap()
    }

    /// Prints the handshake of a provider with its own pid, then waits.
    pub(crate) const LISTENS: &str =
        "#!/bin/sh\necho \"TF_REATTACH_PROVIDERS='{\\\"r/h/aws\\\":{\\\"Pid\\\":$$}}'\"\nexec sleep 300\n";

    fn pid(reattach: &str) -> i32 {
        let json: Json = serde_json::from_str(reattach).unwrap();
        i32::try_from(json["registry.example/hashicorp/aws"]["Pid"].as_i64().unwrap()).unwrap()
    }

    /// Makes a socket, and prints its folder and its own pid in the handshake.
    const TELLS: &str = "#!/bin/sh\numask 000\n: >\"$PLUGIN_UNIX_SOCKET_DIR/socket\"\n\
        echo \"TF_REATTACH_PROVIDERS='{\\\"r/h/aws\\\":{\\\"Pid\\\":$$,\\\"Folder\\\":\\\"$PLUGIN_UNIX_SOCKET_DIR\\\"}}'\"\nexec sleep 300\n";

    fn place(reattach: &str) -> PathBuf {
        let json: Json = serde_json::from_str(reattach).unwrap();
        json["registry.example/hashicorp/aws"]["Folder"].as_str().unwrap().into()
    }

    fn lives(pid: i32) -> bool {
        // A zombie that its parent has not reaped yet counts as dead.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    }

    #[tokio::test]
    async fn a_provider_works_in_the_stacks_folder_and_ends_with_its_last_user() {
        let folder = tempfile::tempdir().unwrap();
        let package = fake(folder.path(), LISTENS);
        let provider = start(&package, folder.path(), &[]).await.unwrap();
        let process = pid(&provider.reattach);
        let cwd = std::fs::read_link(format!("/proc/{process}/cwd")).unwrap();
        assert_eq!(cwd, folder.path().canonicalize().unwrap());

        // A Terraform that outlives this process keeps its provider.
        let mut user = std::process::Command::new("sleep").arg("600").stdin(provider.keep_alive().unwrap()).spawn().unwrap();
        drop(provider);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(lives(process));
        user.kill().unwrap();
        user.wait().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while lives(process) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!lives(process));
    }

    #[tokio::test]
    async fn only_the_user_reaches_the_socket_of_a_provider() {
        let folder = tempfile::tempdir().unwrap();
        let provider = start(&fake(folder.path(), TELLS), folder.path(), &[]).await.unwrap();
        let place = place(&provider.reattach);
        assert!(place.join("socket").exists());
        let mode = std::fs::metadata(place).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[tokio::test]
    async fn what_stays_of_killed_processes_is_removed_by_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let package = fake(folder.path(), TELLS);
        let started = async || start(&package, folder.path(), &[]).await.unwrap();
        let (cut, used) = (started().await, started().await);
        // A power cut, or whoever kills all that it finds: the guard can't tidy up.
        killpg(getpgid(Some(Pid::from_raw(pid(&cut.reattach)))).unwrap(), Signal::SIGKILL).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while place(&cut.reattach).exists() {
            assert!(Instant::now() < deadline, "{} stays", place(&cut.reattach).display());
            drop(started().await);
        }
        assert!(place(&used.reattach).exists() && lives(pid(&used.reattach)), "one that is used stays");
    }

    #[test]
    fn a_socket_has_a_short_path() {
        assert_eq!(short("/var/folders/ab/T".into()), Path::new("/var/folders/ab/T"));
        assert_eq!(short(format!("/{}", "x".repeat(60)).into()), Path::new("/tmp"));
    }

    #[tokio::test]
    async fn a_provider_that_does_not_start_is_an_error_that_quotes_it() {
        let folder = tempfile::tempdir().unwrap();
        let package = fake(folder.path(), "#!/bin/sh\necho no such flag\nexit 1\n");
        let error = with_causes(&start(&package, folder.path(), &[]).await.err().unwrap());
        assert!(error.contains("no such flag") && error.contains("--no-provider-reuse"), "{error}");
    }
}
