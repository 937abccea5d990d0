//! States in a backend that only Terraform can read: a small HTTP server.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

type States = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Serves states: GET, POST and DELETE of a path, as Terraform's backend `http` wants it.
fn serve() -> (String, States) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let states = States::default();
    let kept = states.clone();
    std::thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap(), &kept)));
    (url, states)
}

fn answer(mut stream: TcpStream, states: &States) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim().to_owned()
    };
    let first = line();
    let mut words = first.split(' ');
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return };
    let mut length = 0;
    loop {
        let header = line().to_ascii_lowercase();
        if header.is_empty() {
            break;
        } else if let Some(text) = header.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut states = states.lock().unwrap();
    let found = match method {
        "POST" => states.insert(path.to_owned(), body).map(|_| Vec::new()).or(Some(Vec::new())),
        "DELETE" => states.remove(path).map(|_| Vec::new()).or(Some(Vec::new())),
        _ => states.get(path).cloned(),
    };
    let status = if found.is_some() { "200 OK" } else { "404 Not Found" };
    let content = found.unwrap_or_default();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", content.len());
    stream.write_all(&[head.into_bytes(), content].concat()).unwrap();
}

fn run(folder: &Path, url: &str, words: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop_warehouse"));
    command.args(words.split(' ')).current_dir(folder).env_remove("CDKTF_OUTDIR").stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.env("WAREHOUSE_STATES", url).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn what_is_in_such_a_state_is_seen_and_destroyed() {
    let folder = tempfile::tempdir().unwrap();
    let (url, states) = serve();
    let run = |words: &str| run(folder.path(), &url, words);
    let good = |words: &str| {
        let (code, out, err) = run(words);
        assert_eq!(code, 0, "{words}: {out}{err}");
        out
    };
    assert_eq!(run("plan").0, 2, "before anything is there");
    good("apply");
    let listed = good("state list");
    assert!(listed.contains("terraform_data.aisle") && listed.contains("terraform_data.label"), "{listed}");
    assert_eq!(good("apply --yes").matches("unchanged since the last apply").count(), 2);
    assert!(good("drift").contains("in sync\n"), "Terraform has looked");
    let (code, _, err) = run("unlock");
    assert!(code == 1 && err.contains("only Terraform can do that"), "{err}");

    // Another checkout has no records, and the states all the same.
    let other = tempfile::tempdir().unwrap();
    let (code, _, err) = self::run(other.path(), &url, "destroy shelves");
    assert!(code == 1 && err.contains("labels"), "its consumer is applied: {err}");
    let (code, _, err) = self::run(other.path(), &url, "destroy");
    assert!(code == 1 && err.contains("nobody has approved"), "{err}");
    let (code, out, err) = self::run(other.path(), &url, "destroy --yes --json");
    assert_eq!(code, 0, "{out}{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["stacks"][1]["changes"]["remove"], 3, "{out}");
    let resources = |state: &[u8]| serde_json::from_slice::<serde_json::Value>(state).unwrap()["resources"].clone();
    assert!(states.lock().unwrap().values().all(|state| resources(state) == serde_json::json!([])));
}
