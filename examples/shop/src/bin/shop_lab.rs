//! The shop with states in a bucket and a step that waits on demand: tests of the runner need no cloud but S3.
//!
//! In the project's folder: `lab.json` may change the label (`{"label": "fragile"}`); the step creates `held` and waits
//! while there is a file `hold`.

use std::process::ExitCode;

use oleoduto_cdk::{App, Backend, Expr, Meta, Ref, S3Backend, Stack, Variable};
use oleoduto_cli::Context;

const STEP: &str = "touch held; while [ -e hold ]; do sleep 0.05; done";

fn main() -> ExitCode {
    oleoduto_cli::run("shop_lab", declare)
}

fn declare(context: &Context) -> Result<App, Box<dyn std::error::Error>> {
    let mut app = App::new();
    let orders = app.stack("orders", state(context, "orders"));
    let order = orders.add_raw("terraform_data", "order", [("input", "an order".into())], Meta::new());
    orders.output("number", Ref::<String>::new(&order, "id"));
    let shipping = app.stack("shipping", state(context, "shipping"));
    let carrier: Ref<String> = shipping.variable("carrier", Variable::new().default_value("post"));
    let parcel = Expr::object([("of", Expr::from(Ref::<String>::new(&order, "id"))), ("by", carrier.into())]);
    shipping.add_raw("terraform_data", "parcel", [("input", parcel)], Meta::new());
    depot(app.stack("depot", state(context, "depot")), context)?;
    Ok(app)
}

/// A shelf and the label on it, whose making can be watched.
fn depot(stack: &mut Stack, context: &Context) -> Result<(), Box<dyn std::error::Error>> {
    let file = context.project_dir.join("lab.json");
    let given = if file.exists() { serde_json::from_slice(&std::fs::read(&file)?)? } else { serde_json::Value::Null };
    let text = given["label"].as_str().unwrap_or("plain");
    let shelf = stack.add_raw("terraform_data", "shelf", [("input", "wood".into())], Meta::new());
    let folder = std::path::absolute(&context.project_dir)?.display().to_string();
    let step = Expr::object([("command", STEP.into()), ("working_dir", folder.into())]);
    let label = [
        ("input", Expr::object([("on", Expr::from(Ref::<String>::new(&shelf, "id"))), ("text", text.into())])),
        ("provisioner", Expr::Array(vec![Expr::object([("local-exec", step)])])),
    ];
    stack.add_raw("terraform_data", "label", label, Meta::new());
    stack.output("shelf", Ref::<String>::new(&shelf, "id"));
    Ok(())
}

fn state(context: &Context, stack: &str) -> Backend {
    let key = format!("shop/{}/{stack}.tfstate", context.environment);
    Backend::S3(S3Backend::new("runner-states", key, context.region_or("us-east-1")))
}
