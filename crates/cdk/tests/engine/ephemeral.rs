//! Ephemeral values: where they may stand, and what the stack then demands of Terraform.

use oleoduto_cdk::{App, Block, BlockWriter, EphemeralResource, Expr, Meta, Provisioner, Ref, Stack, Target, Variable};
use serde_json::{Value as Json, json};

use crate::common::{Test, Thing, local, thing};

/// As the generator would write it.
struct Token;

struct TokenRefs(Target);

impl Block for Token {
    fn write(&mut self, _: &mut BlockWriter<'_>) {}
}

impl EphemeralResource for Token {
    const TYPE: &'static str = "test_token";
    type Refs = TokenRefs;
}

impl From<Target> for TokenRefs {
    fn from(target: Target) -> Self {
        Self(target)
    }
}

impl AsRef<Target> for TokenRefs {
    fn as_ref(&self) -> &Target {
        &self.0
    }
}

impl TokenRefs {
    fn value(&self) -> Ref<String> {
        Ref::new(&self.0, "value")
    }
}

fn app(declare: impl FnOnce(&mut Stack)) -> App {
    let mut app = App::new();
    let stack = app.stack("a", local("a"));
    stack.provider(Test);
    declare(stack);
    app
}

fn json(app: App) -> Json {
    serde_json::from_str(&app.synth().unwrap().stacks[0].json).unwrap()
}

fn refused(app: App) -> String {
    app.synth().unwrap_err().to_string()
}

#[test]
fn an_ephemeral_value_goes_to_a_write_only_argument() {
    let written = json(app(|stack| {
        let token = stack.scope("in", |stack| stack.ephemeral("login", Token));
        let raw = stack.ephemeral_raw("test_key", "key", [("token", Expr::from(token.value()))], Meta::new());
        let name = stack.local::<String>("name", raw.attr::<String>("name"));
        let meta = Meta::new().provisioner(Provisioner::local_exec("true").environment([("TOKEN", token.value())]));
        let secret = Thing { name: Some("a".into()), secret_wo: Some(token.value().into()), ..Thing::default() };
        stack.add_with("a", secret, meta.depends_on(&token));
        stack.add_raw("test_other", "b", [("nobody_knows", Expr::from(name))], Meta::new());
    }));
    let ids = written["ephemeral"]["test_token"].as_object().unwrap();
    let (id, block) = ids.iter().next().unwrap();
    assert_eq!(block["//"]["metadata"]["path"], "a/in/login");
    let value = format!("${{ephemeral.test_token.{id}.value}}");
    assert_eq!(written["ephemeral"]["test_key"]["key"]["token"], value.as_str());
    assert_eq!(written["resource"]["test_thing"]["a"]["secret_wo"], value.as_str());
    assert_eq!(written["resource"]["test_thing"]["a"]["depends_on"], json!([format!("ephemeral.test_token.{id}")]));
    assert_eq!(written["locals"]["name"], "${ephemeral.test_key.key.name}");
}

#[test]
fn the_stack_demands_a_terraform_that_knows_what_is_in_it() {
    let demanded = |declare: fn(&mut Stack)| json(app(declare))["terraform"]["required_version"].clone();
    assert_eq!(demanded(|stack| drop(stack.add("a", thing("x")))), Json::Null);
    assert_eq!(demanded(|stack| drop(stack.ephemeral("t", Token))), ">= 1.10");
    assert_eq!(demanded(|stack| drop(stack.variable::<String>("t", Variable::new().ephemeral()))), ">= 1.10");
    let secret = |stack: &mut Stack| drop(stack.add("a", Thing { secret_wo: Some("x".into()), ..thing("x") }));
    assert_eq!(demanded(secret), ">= 1.11");
    let own = |stack: &mut Stack| {
        stack.ephemeral("t", Token);
        stack.override_at("terraform.required_version", "~> 1.12".into());
    };
    assert_eq!(demanded(own), "~> 1.12");
}

#[test]
fn an_ephemeral_value_is_refused_where_it_would_be_stored() {
    let mut app = app(|stack| {
        let token = stack.ephemeral("login", Token);
        stack.add("a", Thing { name: Some("a".into()), note: Some(token.value().into()), ..Thing::default() });
        stack.output("token", token.value());
    });
    let token = second_token(&mut app);
    let other = app.stack("b", local("b"));
    other.provider(Test);
    other.add("c", Thing { name: Some("c".into()), secret_wo: Some(token.into()), ..Thing::default() });
    let said = refused(app);
    let stored = "`ephemeral.test_token.login.value` is ephemeral, and this value is stored";
    assert_eq!(said.matches(stored).count(), 2, "{said}");
    assert!(said.contains("--> a/test_thing.a.note") && said.contains("--> a/output.token.value"), "{said}");
    assert!(said.contains("`ephemeral.test_token.second.value` of stack `a` is ephemeral: no other stack can read it"), "{said}");
}

/// Another token of stack `a`.
fn second_token(app: &mut App) -> Ref<String> {
    let mut token = None;
    app.extend("a", |stack| token = Some(stack.ephemeral("second", Token).value()));
    token.unwrap()
}
