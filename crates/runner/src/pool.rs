//! Provider processes that serve many Terraform commands, one at a time.
//!
//! Terraform starts a provider three or four times in one `apply`, once per phase and once for its schema; of the `aws`
//! provider each start costs about a second, and each command another half for the checksum of its 700 MB. A process that
//! was started for debugging (`-debug`) serves any number of commands, one after the other, which attach to it through
//! `TF_REATTACH_PROVIDERS`. Source: <https://developer.hashicorp.com/terraform/plugin/debugging>.
//!
//! What keeps it safe: Terraform itself verified the binary against the lock file (`init`); a process serves one command
//! at a time, and each command configures it anew; its folder holds the assets of all stacks under the paths that the
//! configurations name, and a stack that names other files gets a process in its own folder; and only stacks for which
//! [`crate::folder`] finds that they can, use one.

use std::collections::BTreeMap;
use std::io::{PipeWriter, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::process::Command;

use crate::fault::RunnerError;
use crate::folder::Folder;
use crate::init::symlink;
use crate::store::write_json;

/// The file in the plugin cache that names the verified provider.
const VERIFIED: &str = "oleoduto-verified.json";
/// How long a provider may take to start.
const START: Duration = Duration::from_secs(60);

/// Ends the provider when nobody holds the other end of its standard input any more: neither this process nor any
/// Terraform that talks to the provider. It works even when this process is killed.
const GUARD: &str = r#"exec 3<&0
trap : TERM
{ "$1" -debug </dev/null >"$2/out" 2>&1; : >"$2/ended"; } 3<&- &
cat <&3 >/dev/null
kill 0
wait
rm -rf "$2"
"#;

/// A verified provider binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binary {
    /// Its folder under `.terraform/providers`, such as `registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64`.
    pub(crate) relative: PathBuf,
    /// Where that really is.
    pub(crate) folder: PathBuf,
    file: PathBuf,
    /// The digest of the lock file that it was verified against.
    lock_digest: Option<String>,
}

impl Binary {
    /// The `aws` provider of an initialised folder.
    pub(crate) fn find(terraform_folder: &Path, lock_digest: Option<&String>) -> Option<Self> {
        let providers = terraform_folder.join("providers");
        let registry = sorted(&providers).into_iter().find(|path| path.join("hashicorp/aws").is_dir())?;
        let version = sorted(&registry.join("hashicorp/aws")).pop()?;
        let platform = sorted(&version).pop()?;
        let folder = platform.canonicalize().ok()?;
        let file = sorted(&folder)
            .into_iter()
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("terraform-provider-aws")))?;
        let relative = platform.strip_prefix(&providers).ok()?.to_owned();
        Some(Self { relative, folder, file, lock_digest: lock_digest.cloned() })
    }

    /// Size and time of the file: an unchanged file need not be verified again.
    pub(crate) fn stamp(&self) -> Option<String> {
        let data = std::fs::metadata(&self.file).ok()?;
        let modified = data.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(format!("{} {} {}", self.file.display(), data.len(), modified.as_nanos()))
    }

    /// A value of `TF_REATTACH_PROVIDERS` for commands that do not talk to the provider, such as `init` and `output`: for
    /// them Terraform then takes it as given, instead of computing its checksum again.
    pub(crate) fn stand_in(&self) -> String {
        let nowhere = serde_json::json!({"Protocol": "grpc", "ProtocolVersion": 5, "Pid": std::process::id(), "Test": true,
            "Addr": {"Network": "unix", "String": "/nonexistent"}});
        serde_json::json!({ self.address(): nowhere }).to_string()
    }

    /// `registry.terraform.io/hashicorp/aws`.
    fn address(&self) -> String {
        self.relative.components().take(3).map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The providers of one run.
pub(crate) struct Pool {
    binary: Mutex<Option<Binary>>,
    idle: Arc<Mutex<Vec<Provider>>>,
    /// The folder of shared processes; made when the first one starts.
    shared: tokio::sync::OnceCell<PathBuf>,
    out: PathBuf,
    cache: PathBuf,
}

/// A provider for one stack's commands; a shared one goes back when this is dropped.
pub(crate) struct Lease {
    provider: Provider,
    idle: Option<Arc<Mutex<Vec<Provider>>>>,
}

impl Lease {
    /// The provider.
    pub(crate) fn provider(&self) -> &Provider {
        &self.provider
    }
}

/// A running provider; it ends when this and every Terraform that talks to it are gone.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// The value of `TF_REATTACH_PROVIDERS`.
    pub(crate) reattach: String,
    alive: Arc<PipeWriter>,
}

impl Provider {
    /// What a Terraform must hold so that the provider outlives it.
    pub(crate) fn keep_alive(&self) -> Result<Stdio, RunnerError> {
        self.alive.try_clone().map(Stdio::from).map_err(RunnerError::file("share", "the provider's pipe"))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(idle) = &self.idle
            && let Ok(mut idle) = idle.lock()
        {
            idle.push(self.provider.clone());
        }
    }
}

/// What Terraform verified once on this machine, kept in its plugin cache.
#[derive(Debug, Serialize, Deserialize)]
struct Verified {
    lock_digest: String,
    relative: PathBuf,
    folder: PathBuf,
    file: PathBuf,
    stamp: String,
}

impl Pool {
    /// The pool of an output folder.
    pub(crate) fn new(out: &Path, cache: &Path) -> Self {
        let shared = tokio::sync::OnceCell::new();
        Self { binary: Mutex::default(), idle: Arc::default(), shared, out: out.to_owned(), cache: cache.to_owned() }
    }

    /// The binary was verified by Terraform: from now on it can be used, also by later runs while it stays as it is.
    pub(crate) fn verified(&self, binary: Binary) -> Result<(), RunnerError> {
        if let (Some(lock_digest), Some(stamp)) = (binary.lock_digest.clone(), binary.stamp()) {
            let Binary { relative, folder, file, .. } = binary.clone();
            write_json(&self.cache.join(VERIFIED), &Verified { lock_digest, relative, folder, file, stamp })?;
        }
        if let Ok(mut known) = self.binary.lock() {
            known.get_or_insert(binary);
        }
        Ok(())
    }

    /// The verified binary, if it is the one that a lock file names.
    pub(crate) fn binary(&self, lock_digest: Option<&String>) -> Option<Binary> {
        let mut known = self.binary.lock().ok()?;
        if known.is_none() {
            *known = self.verified_before();
        }
        known.clone().filter(|binary| binary.lock_digest.as_ref() == lock_digest)
    }

    fn verified_before(&self) -> Option<Binary> {
        let before: Verified = serde_json::from_slice(&std::fs::read(self.cache.join(VERIFIED)).ok()?).ok()?;
        let Verified { lock_digest, relative, folder, file, stamp } = before;
        let binary = Binary { relative, folder, file, lock_digest: Some(lock_digest) };
        (binary.stamp()? == stamp).then_some(binary)
    }

    /// A provider for a stack: an idle one, or a new one. `folders` are those of all stacks.
    pub(crate) async fn lease(
        &self,
        binary: &Binary,
        folder: &Folder,
        folders: impl Iterator<Item = &Path>,
        environment: &[(String, String)],
    ) -> Result<Lease, RunnerError> {
        if !folder.only_assets {
            let provider = start(binary, &folder.path, environment).await?;
            return Ok(Lease { provider, idle: None });
        }
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let provider = match idle {
            Some(provider) => provider,
            None => {
                let cwd = self.shared.get_or_try_init(|| async { assets(&self.out.join("provider"), folders) }).await?;
                start(binary, cwd, environment).await?
            }
        };
        Ok(Lease { provider, idle: Some(self.idle.clone()) })
    }
}

/// A folder with links to the assets of all stacks: `assets/NAME/HASH`.
fn assets<'a>(place: &Path, folders: impl Iterator<Item = &'a Path>) -> Result<PathBuf, RunnerError> {
    match std::fs::remove_dir_all(place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(RunnerError::file("remove", place)(error)),
        _ => {}
    }
    std::fs::create_dir_all(place.join("assets")).map_err(RunnerError::file("make", place))?;
    for folder in folders {
        for name in sorted(&folder.join("assets")) {
            for hash in sorted(&name) {
                let link = place.join(hash.strip_prefix(folder).unwrap_or(&hash));
                let parent = link.parent().unwrap_or(place);
                std::fs::create_dir_all(parent).map_err(RunnerError::file("make", parent))?;
                let target = std::path::absolute(&hash).map_err(RunnerError::file("find", &hash))?;
                // The same name and hash in two stacks is the same content.
                if !link.exists() {
                    symlink(&target, &link).map_err(RunnerError::file("link", &link))?;
                }
            }
        }
    }
    Ok(place.to_owned())
}

/// Start a provider that works in a folder.
pub(crate) async fn start(binary: &Binary, cwd: &Path, environment: &[(String, String)]) -> Result<Provider, RunnerError> {
    let fail = |source| RunnerError::Start {
        program: binary.file.display().to_string(),
        source,
        help: "Run with --no-provider-reuse to let Terraform start it",
    };
    // Unix sockets have short paths: the system's temporary folder, not the output's.
    let folder = tempfile::Builder::new().prefix("oleoduto-provider-").tempdir().map_err(fail)?.keep();
    let (reader, alive) = std::io::pipe().map_err(fail)?;
    let mut command = Command::new("sh");
    command.arg("-c").arg(GUARD).arg("oleoduto-provider").arg(&binary.file).arg(&folder).current_dir(cwd);
    command.envs(environment.iter().map(|(key, value)| (key, value)));
    command.env("PLUGIN_UNIX_SOCKET_DIR", &folder);
    for (key, value) in trust(std::env::var_os("AWS_CA_BUNDLE")) {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    command.stdin(reader).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut guard = command.spawn().map_err(fail)?;
    let out = folder.join("out");
    let deadline = Instant::now() + START;
    loop {
        if let Some(reattach) = handshake(&out, &binary.address()) {
            // Reaped when it ends, which is after us.
            tokio::spawn(async move { guard.wait().await });
            return Ok(Provider { reattach, alive: Arc::new(alive) });
        }
        if folder.join("ended").exists() || guard.try_wait().map_err(fail)?.is_some() || Instant::now() > deadline {
            let said = std::fs::read_to_string(&out).unwrap_or_default();
            return Err(fail(std::io::Error::other(format!("it did not say where it listens: {}", said.trim()))));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A provider that is configured more than once can't take `AWS_CA_BUNDLE` (its SDK refuses to put a bundle into the
/// client that it kept); the same bundle as Go's own root certificates has the same effect.
fn trust(bundle: Option<std::ffi::OsString>) -> Vec<(&'static str, Option<std::ffi::OsString>)> {
    match bundle.filter(|bundle| !bundle.is_empty()) {
        Some(bundle) => vec![("SSL_CERT_FILE", Some(bundle)), ("AWS_CA_BUNDLE", None)],
        None => Vec::new(),
    }
}

/// Whether the machine's settings allow a provider to be configured more than once.
pub(crate) fn allowed_here() -> bool {
    let bundle = std::env::var_os("AWS_CA_BUNDLE").is_some_and(|bundle| !bundle.is_empty());
    // Go takes SSL_CERT_FILE on Linux, and asks the system's own store on macOS.
    cfg!(unix) && (!bundle || cfg!(target_os = "linux")) && !shared_config_names_a_bundle()
}

fn shared_config_names_a_bundle() -> bool {
    let path = std::env::var_os("AWS_CONFIG_FILE")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".aws/config")));
    let Some(Ok(mut file)) = path.map(std::fs::File::open) else { return false };
    let mut text = String::new();
    file.read_to_string(&mut text).is_ok() && text.lines().any(|line| line.trim_start().starts_with("ca_bundle"))
}

/// Where a provider listens, from what it printed; its address is that of the registry it was installed from.
fn handshake(out: &Path, address: &str) -> Option<String> {
    let text = std::fs::read_to_string(out).ok()?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("TF_REATTACH_PROVIDERS="))?;
    let printed: BTreeMap<String, Json> = serde_json::from_str(line.trim_matches('\'')).ok()?;
    let (_, reattach) = printed.into_iter().next()?;
    serde_json::to_string(&BTreeMap::from([(address, reattach)])).ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A program that prints a provider's handshake and its own pid, then waits.
    fn fake(folder: &Path, script: &str) -> Binary {
        let platform = folder.join(".terraform/providers/registry.example/hashicorp/aws/5.1.0/os_arch");
        std::fs::create_dir_all(&platform).unwrap();
        let file = platform.join("terraform-provider-aws_v5.1.0");
        std::fs::write(&file, script).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        Binary::find(&folder.join(".terraform"), None).unwrap()
    }

    const LISTENS: &str = "#!/bin/sh\necho \"TF_REATTACH_PROVIDERS='{\\\"r/h/aws\\\":{\\\"Pid\\\":$$}}'\"\nexec sleep 300\n";

    fn pid(reattach: &str) -> i32 {
        let json: Json = serde_json::from_str(reattach).unwrap();
        i32::try_from(json["registry.example/hashicorp/aws"]["Pid"].as_i64().unwrap()).unwrap()
    }

    fn lives(pid: i32) -> bool {
        // A zombie that its parent has not reaped yet is dead for our purpose.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    }

    #[tokio::test]
    async fn a_provider_works_in_the_stacks_folder_and_ends_with_its_last_user() {
        let folder = tempfile::tempdir().unwrap();
        let binary = fake(folder.path(), LISTENS);
        let provider = start(&binary, folder.path(), &[]).await.unwrap();
        let process = pid(&provider.reattach);
        let cwd = std::fs::read_link(format!("/proc/{process}/cwd")).unwrap();
        assert_eq!(cwd, folder.path().canonicalize().unwrap());

        // A Terraform that outlives us keeps its provider.
        let mut user = std::process::Command::new("sleep").arg("0.7").stdin(provider.keep_alive().unwrap()).spawn().unwrap();
        drop(provider);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(lives(process));
        user.wait().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while lives(process) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!lives(process));
    }

    #[tokio::test]
    async fn a_provider_that_does_not_start_is_an_error_that_quotes_it() {
        let folder = tempfile::tempdir().unwrap();
        let binary = fake(folder.path(), "#!/bin/sh\necho no such flag\nexit 1\n");
        let error = start(&binary, folder.path(), &[]).await.err().unwrap().to_string();
        assert!(error.contains("no such flag") && error.contains("--no-provider-reuse"), "{error}");
    }

    #[test]
    fn the_shared_folder_has_every_stacks_assets_under_their_own_paths() {
        let folder = tempfile::tempdir().unwrap();
        for (stack, asset) in [("a", "script/0A/x.py"), ("b", "script/0B/x.py"), ("b", "package/0C/p.zip")] {
            let path = folder.path().join("stacks").join(stack).join("assets").join(asset);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, asset).unwrap();
        }
        let stacks = ["a", "b", "none"].map(|name| folder.path().join("stacks").join(name));
        let shared = assets(&folder.path().join("provider"), stacks.iter().map(PathBuf::as_path)).unwrap();
        for asset in ["script/0A/x.py", "script/0B/x.py", "package/0C/p.zip"] {
            assert_eq!(std::fs::read_to_string(shared.join("assets").join(asset)).unwrap(), asset);
        }
    }

    #[test]
    fn a_binary_that_changed_is_not_taken_as_verified() {
        let folder = tempfile::tempdir().unwrap();
        let mut binary = fake(folder.path(), LISTENS);
        binary.lock_digest = Some("lock".to_owned());
        let pool = || Pool::new(folder.path(), folder.path());
        assert_eq!(pool().binary(Some(&"lock".to_owned())), None);
        pool().verified(binary.clone()).unwrap();
        assert_eq!(pool().binary(Some(&"lock".to_owned())), Some(binary.clone()));
        assert_eq!(pool().binary(Some(&"other".to_owned())), None, "another lock file, perhaps another version");
        std::fs::write(&binary.file, "exchanged").unwrap();
        assert_eq!(pool().binary(Some(&"lock".to_owned())), None);
    }

    #[test]
    fn a_bundle_becomes_the_root_certificates() {
        assert_eq!(trust(None), []);
        let names: Vec<_> = trust(Some("x.pem".into())).into_iter().map(|(key, value)| (key, value.is_some())).collect();
        assert_eq!(names, [("SSL_CERT_FILE", true), ("AWS_CA_BUNDLE", false)]);
    }
}
