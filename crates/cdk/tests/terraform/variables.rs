//! Variables of every type, as the real Terraform reads them.

use crate::common::real::{Data, apply, refusal};
use oleoduto_cdk::{Any, App, Backend, Expr, List, Meta, Number, Set, Stack, Variable};
use serde_json::json;

fn app(build: impl FnOnce(&mut Stack)) -> App {
    let mut app = App::new();
    build(app.stack("s", Backend::Local { path: "s.tfstate".into() }));
    app
}

const SIZE: &str = "object({ name = string, size = optional(number, 1) })";

#[test]
fn sets_tuples_and_objects_are_given_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = apply(
        folder.path(),
        app(|stack| {
            let zones = Variable::new().default_value(["b", "a", "b"]);
            let zones = stack.variable::<Set<String>>("zones", zones);
            let each = stack.add_for_each_of("zone", zones.widen::<List<String>>(), Meta::new(), |each| Data(each.key()));
            stack.output("zones", each.all(|zone| zone.output()));
            let pair = Variable::new().default_value(vec!["x".into(), 2.into()]);
            let pair = stack.variable::<(String, Number)>("pair", pair);
            stack.output("second", pair.unchecked::<Any>().at(1));
            let one = Variable::new().default_value(["only"]);
            let one = stack.variable::<(String,)>("one", one).unchecked::<Any>();
            stack.output("one", one.at(0));
            let size = Variable::new().of_type(SIZE).default_value(Expr::object([("name", Expr::from("n"))]));
            let size = stack.variable::<Any>("size", size);
            stack.output("name", size.key("name"));
            stack.output("size", size.key("size"));
        }),
    );
    assert_eq!(outputs, json!({ "zones": ["a", "b"], "second": 2, "one": "only", "name": "n", "size": 1 }));
}

#[test]
fn terraform_holds_a_value_against_its_type() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(|stack| {
        let size = Variable::new().of_type(SIZE).default_value(Expr::object([("size", Expr::from(1))]));
        stack.variable::<Any>("size", size);
    });
    app.synth().unwrap().write(folder.path()).unwrap();
    let said = refusal(folder.path(), &["init", "-input=false", "-no-color"]).unwrap();
    assert!(said.contains("attribute \"name\" is required"), "{said}");
}
