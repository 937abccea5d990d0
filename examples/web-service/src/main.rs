//! `cargo run -- plan`, `cargo run -- apply`, ... in the folder of the example.

use std::convert::Infallible;
use std::process::ExitCode;

fn main() -> ExitCode {
    oleoduto_cli::run("web-service", |context| {
        let region = context.region_or("sa-east-1");
        Ok::<_, Infallible>(web_service_example::app(region, context.local_state("web")))
    })
}
