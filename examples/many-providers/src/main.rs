//! `cargo run -- plan`, `cargo run -- apply`, ... in the folder of the example.

use std::convert::Infallible;
use std::process::ExitCode;

fn main() -> ExitCode {
    oleoduto_cli::run("many-providers", |context| {
        Ok::<_, Infallible>(many_providers_example::app(context.region_or("sa-east-1"), |stack| context.local_state(stack)))
    })
}
