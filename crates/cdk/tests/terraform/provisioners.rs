//! Provisioners and connections, as the real Terraform runs them.

use crate::common::real::{Data, apply, refusal, terraform};
use oleoduto_cdk::{App, Backend, Connection, Expr, Meta, Provisioner, Stack, Val};

fn app(build: impl FnOnce(&mut Stack)) -> App {
    let mut app = App::new();
    build(app.stack("s", Backend::Local { path: "s.tfstate".into() }));
    app
}

#[test]
fn commands_run_in_their_order_when_a_resource_is_created_and_destroyed() {
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said.txt");
    let say = |word: &str| format!("echo \"{word} $WHO\" >> {}", said.display());
    let own = || Val::raw(Expr::hcl("self.output"));
    let meta = Meta::new()
        .provisioner(Provisioner::local_exec(say("hello")).environment([("WHO", own())]))
        .provisioner(Provisioner::local_exec("exit 3").ignore_failure())
        .provisioner(Provisioner::local_exec("import os; open('here.txt', 'w')").interpreter(["python3", "-c"]).working_dir(".."))
        .provisioner(Provisioner::local_exec(say("goodbye")).environment([("WHO", own())]).when_destroyed());
    apply(folder.path(), app(|stack| drop(stack.add_with("a", Data::<String>("${Ana}".into()), meta))));
    assert_eq!(std::fs::read_to_string(&said).unwrap(), "hello ${Ana}\n");
    assert!(folder.path().join("stacks/here.txt").is_file());
    terraform(folder.path(), &["destroy", "-auto-approve", "-input=false", "-no-color"]);
    assert_eq!(std::fs::read_to_string(&said).unwrap(), "hello ${Ana}\ngoodbye ${Ana}\n");
}

#[test]
fn terraform_knows_every_argument_of_a_connection() {
    let folder = tempfile::tempdir().unwrap();
    let ssh =
        Connection::ssh("127.0.0.1").user("u").private_key("k").port(22).timeout("1s").bastion_host("b").argument("agent", false);
    let winrm = Connection::winrm("127.0.0.1").user("u").password("p").argument("https", true);
    let meta = Meta::new()
        .connection(ssh)
        .provisioner(Provisioner::remote_exec(["true"]))
        .provisioner(Provisioner::remote_script("x.sh").connection(winrm))
        .provisioner(Provisioner::file("a", "/b"))
        .provisioner(Provisioner::content("text", "/b"));
    app(|stack| drop(stack.add_with("a", Data::<String>("x".into()), meta))).synth().unwrap().write(folder.path()).unwrap();
    terraform(folder.path(), &["init", "-input=false", "-no-color"]);
    terraform(folder.path(), &["validate", "-no-color"]);
    let wrong = Meta::new().provisioner(Provisioner::local_exec("true").connection(Connection::ssh("h").argument("hots", "x")));
    app(|stack| drop(stack.add_with("a", Data::<String>("x".into()), wrong))).synth().unwrap().write(folder.path()).unwrap();
    assert!(refusal(folder.path(), &["validate", "-no-color"]).unwrap().contains("hots"));
}
