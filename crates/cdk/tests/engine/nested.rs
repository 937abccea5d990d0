//! What can be read within blocks and objects.

use oleoduto_cdk::{App, Backend, Meta, Nested, NestedList, NestedMap, NestedSet, Ref, Target};
use serde_json::Value;

/// As generated bindings have it.
struct IdentityRefs(Nested);

impl From<Nested> for IdentityRefs {
    fn from(at: Nested) -> Self {
        Self(at)
    }
}

impl IdentityRefs {
    fn oidc(&self) -> NestedList<Self> {
        self.0.inner("oidc").into()
    }

    fn issuer(&self) -> Ref<String> {
        self.0.value("issuer")
    }

    fn key(&self) -> Ref<String> {
        self.0.sensitive("key")
    }
}

fn target(app: &mut App, name: &str) -> Target {
    let stack = app.stack(name, Backend::Local { path: format!("/tmp/{name}.tfstate").into() });
    stack.add_raw::<&str>("terraform_data", "cluster", [], Meta::new())
}

#[test]
fn a_path_leads_into_lists_sets_and_maps() {
    let mut app = App::new();
    let target = target(&mut app, "s");
    let place = || Nested::new(&target, "identity");
    let (list, set) = (NestedList::<IdentityRefs>::from(place()), NestedSet::<IdentityRefs>::from(place()));
    let map = NestedMap::<IdentityRefs>::from(place());
    app.extend("s", |stack| {
        stack.output("list", list.at(0).oidc().at(1).issuer());
        stack.output("list_all", list.all(|identity| identity.oidc().at(0).issuer()));
        stack.output("set_all", set.all(IdentityRefs::issuer));
        stack.output("map", map.key("a\"${b}\n").issuer());
        stack.output("single", IdentityRefs::from(place()).key());
        stack.output("whole", map.whole());
    });
    let json: Value = serde_json::from_str(&app.synth().unwrap().stacks[0].json).unwrap();
    for (name, wanted) in [
        ("list", "${terraform_data.cluster.identity[0].oidc[1].issuer}"),
        ("list_all", "${terraform_data.cluster.identity[*].oidc[0].issuer}"),
        ("set_all", "${terraform_data.cluster.identity[*].issuer}"),
        ("map", "${terraform_data.cluster.identity[\"a\\\"$${b}\\n\"].issuer}"),
        ("single", "${terraform_data.cluster.identity.key}"),
        ("whole", "${terraform_data.cluster.identity}"),
    ] {
        assert_eq!(json["output"][name]["value"], wanted, "{name}");
    }
    assert_eq!(json["output"]["single"]["sensitive"], true);
}

#[test]
fn another_stack_reads_it_through_an_output() {
    let mut app = App::new();
    let list = NestedList::<IdentityRefs>::from(Nested::new(&target(&mut app, "producer"), "identity"));
    target(&mut app, "consumer");
    app.extend("consumer", |stack| stack.output("issuer", list.at(0).issuer()));
    let output = app.synth().unwrap();
    assert_eq!(output.manifest.stacks["consumer"].dependencies, ["producer"]);
    assert!(output.stacks[0].json.contains("${terraform_data.cluster.identity[0].issuer}"), "{}", output.stacks[0].json);
}
