//! A program of two stacks that need no provider but Terraform's own: `cargo run -p shop-example -- plan`.

use std::process::ExitCode;

use oleoduto_cdk::{App, Expr, Meta, Ref, SynthError};
use oleoduto_cli::Context;

fn main() -> ExitCode {
    oleoduto_cli::run("shop", declare)
}

fn declare(context: &Context) -> Result<App, SynthError> {
    let mut app = App::new();
    let orders = app.stack("orders", context.local_state("orders"));
    let order = orders.add_raw("terraform_data", "order", [("input", "an order".into())], Meta::new());
    orders.output("number", Ref::<String>::new(&order, "id"));
    let shipping = app.stack("shipping", context.local_state("shipping"));
    shipping.add_raw("terraform_data", "parcel", [("input", Expr::from(Ref::<String>::new(&order, "output")))], Meta::new());
    Ok(app)
}
