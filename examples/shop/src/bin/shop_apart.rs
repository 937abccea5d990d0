//! The shop later: shipping does not read the orders any more, and the order that it read is gone. A test applies it after `shop`.

use std::process::ExitCode;

use oleoduto_cdk::{App, Meta, SynthError};
use oleoduto_cli::Context;

fn main() -> ExitCode {
    oleoduto_cli::run("shop", declare)
}

fn declare(context: &Context) -> Result<App, SynthError> {
    let mut app = App::new();
    app.stack("orders", context.local_state("orders"));
    let shipping = app.stack("shipping", context.local_state("shipping"));
    shipping.add_raw("terraform_data", "parcel", [("input", "by hand".into())], Meta::new());
    Ok(app)
}
