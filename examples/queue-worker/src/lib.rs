//! Two stacks: `network` (a VPC with a subnet per zone) and `worker` (a queue, and a function in those subnets that
//! processes its messages). The second reads the first by plain references.

mod base;
mod network;
mod worker;

use std::path::Path;

use oleoduto_cdk::App;

/// The app. `handler` is the folder of the function's code; one that can't be read is reported at synth.
pub fn app(region: &str, handler: &Path) -> App {
    let mut app = App::new();
    let network = network::stack(&mut app, region);
    worker::stack(&mut app, region, handler, &network);
    app.tags([("Project", "queue-worker"), ("ManagedBy", "oleoduto")]);
    app
}
