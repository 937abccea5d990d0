//! Every typed backend, with all of its arguments, as the real Terraform reads it.

use std::process::Command;

use crate::common::{Test, thing};
use oleoduto_cdk::{
    App, AzurermBackend, Backend, CloudBackend, ConsulBackend, CosBackend, GcsBackend, HttpBackend, KubernetesBackend,
    OssBackend, PgBackend, S3Backend,
};

/// An address at which nothing answers.
const NOWHERE: &str = "http://127.0.0.1:9";

fn backends() -> [(&'static str, Backend); 9] {
    let azurerm =
        AzurermBackend::new("account", "container", "key").resource_group_name("group").subscription_id("s").tenant_id("t");
    let azurerm = azurerm.client_id("c").environment("public").metadata_host("127.0.0.1:9").client_certificate_path("none");
    let azurerm = azurerm.oidc_token_file_path("none").msi_endpoint(NOWHERE).snapshot(true).use_azuread_auth(true);
    let consul = ConsulBackend::new("states/net").address("127.0.0.1:9").scheme("http").datacenter("d").ca_file("").cert_file("");
    let cos =
        CosBackend::new("states-1250000000").region("r").prefix("net").key("k").acl("private").domain("d").endpoint(NOWHERE);
    let gcs = GcsBackend::new("states").prefix("net").credentials("none").impersonate_service_account("a@b");
    let gcs = gcs.impersonate_service_account_delegates(["c@d"]).kms_encryption_key("k").storage_custom_endpoint(NOWHERE);
    let http = HttpBackend::new(NOWHERE).update_method("PUT").lock_address(NOWHERE).lock_method("PUT").unlock_address(NOWHERE);
    let http = http.unlock_method("DELETE").username("u").skip_cert_verification(true).retry_max(0).retry_wait_min(1);
    let kubernetes = KubernetesBackend::new("net").namespace("n").labels([("a", "b")]).config_path("none").config_context("c");
    let kubernetes = kubernetes.config_context_cluster("c").host(NOWHERE).cluster_ca_certificate("").in_cluster_config(false);
    let oss = OssBackend::new("states").prefix("net").key("k").region("r").endpoint(NOWHERE).profile("p").ecs_role_name("e");
    let oss = oss.acl("private").tablestore_endpoint(NOWHERE).tablestore_table("t").encrypt(true);
    let pg = PgBackend::new("net").conn_str("postgres://127.0.0.1:9/none?sslmode=disable&connect_timeout=1");
    let pg = pg.skip_schema_creation(true).skip_table_creation(true).skip_index_creation(true);
    let remote = CloudBackend::new("acme", "net").project("none").hostname("127.0.0.1:9").as_remote();
    [
        ("azurerm", azurerm.use_msi(false).use_oidc(false).into()),
        ("consul", consul.key_file("").gzip(true).lock(false).into()),
        ("cos", cos.encrypt(true).accelerate(false).into()),
        ("gcs", gcs.into()),
        ("http", http.retry_wait_max(1).into()),
        ("kubernetes", kubernetes.insecure(true).into()),
        ("oss", oss.into()),
        ("pg", pg.into()),
        ("remote", remote.into()),
    ]
}

/// What `terraform init` says of a stack with a backend that nothing answers.
fn init(backend: impl Into<Backend>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut app = App::new();
    app.stack("s", backend);
    app.synth().unwrap().write(folder.path()).unwrap();
    let mut command = Command::new("timeout");
    command.args(["10", "terraform", "init", "-input=false", "-no-color"]).current_dir(folder.path().join("stacks/s"));
    let done = command.output().unwrap();
    String::from_utf8_lossy(&done.stderr).into_owned()
}

#[test]
fn terraform_knows_every_argument() {
    let unknown = ["Unsupported argument", "Extraneous JSON", "Unsupported backend", "Missing required", "Incorrect attribute"];
    let said: Vec<_> = backends()
        .map(|(kind, backend)| std::thread::spawn(move || (kind, init(backend))))
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    for (kind, said) in said {
        assert!(!unknown.iter().any(|word| said.contains(word)), "{kind}: {said}");
    }
    // The test can fail: an argument that is none is found.
    let said = init(GcsBackend::new("states").argument("bukcet", "x"));
    assert!(unknown.iter().any(|word| said.contains(word)), "{said}");
}

#[test]
fn consumers_read_the_state_of_each() {
    for (kind, backend) in backends().into_iter().chain([("s3", Backend::S3(S3Backend::new("states", "a", "sa-east-1")))]) {
        let mut app = App::new();
        let producer = app.stack("a", backend);
        producer.provider(Test);
        let read = producer.add("a", thing("x")).arn();
        app.stack("b", GcsBackend::new("other")).output("read", read);
        let json: serde_json::Value = serde_json::from_str(&app.synth().unwrap().stacks[1].json).unwrap();
        let state = &json["data"]["terraform_remote_state"]["cross-stack-reference-input-a"];
        assert_eq!(state["backend"], kind);
        assert!(state["config"].as_object().is_some_and(|config| !config.is_empty()), "{state}");
    }
}

#[test]
fn a_cloud_workspace_is_no_backend_and_is_read_as_remote() {
    let mut app = App::new();
    let cloud = CloudBackend::new("acme", "a").project("platform").hostname("tf.example");
    let producer = app.stack("a", cloud);
    producer.provider(Test);
    let read = producer.add("a", thing("x")).arn();
    app.stack("b", CloudBackend::new("acme", "b")).output("read", read);
    let output = app.synth().unwrap();
    let json = |index: usize| serde_json::from_str::<serde_json::Value>(&output.stacks[index].json).unwrap();
    let expected = serde_json::json!({ "hostname": "tf.example", "organization": "acme", "workspaces": { "name": "a", "project": "platform" } });
    assert_eq!(json(0)["terraform"]["cloud"], expected);
    assert_eq!(json(0)["terraform"].get("backend"), None);
    let state = &json(1)["data"]["terraform_remote_state"]["cross-stack-reference-input-a"];
    assert_eq!((&state["backend"], &state["config"]["workspaces"]), (&"remote".into(), &serde_json::json!({ "name": "a" })));
}

#[test]
fn two_stacks_in_one_place_are_refused_for_each() {
    for (kind, backend) in backends() {
        let mut app = App::new();
        app.stack("a", backend.clone());
        app.stack("b", backend);
        let mistakes = app.synth().unwrap_err().to_string();
        assert!(mistakes.contains("keep their state in the same place"), "{kind}: {mistakes}");
    }
}
