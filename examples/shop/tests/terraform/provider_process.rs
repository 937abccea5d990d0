//! The process between Terraform and a provider, as a program starts it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn it_ends_with_its_last_user_even_if_the_guard_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let [provider, socket, names] = ["provider", "filter", "names"].map(|name| folder.path().join(name));
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.arg("serve-provider-to-terraform").args([&provider, &socket, &names]).stdin(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !socket.exists() {
        assert!(process.try_wait().unwrap().is_none() && Instant::now() < deadline, "it listens");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(process.try_wait().unwrap().is_none(), "somebody holds the other end");
    drop(process.stdin.take());
    while process.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            process.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
