//! Apps of any size for `bench/run.py`, which compares this process with its peers.

use std::path::Path;
use std::process::ExitCode;

use oleoduto_aws::provider::AwsProvider;
use oleoduto_aws::s3_bucket::{S3Bucket, S3BucketRefs};
use oleoduto_aws::s3_object::S3Object;
use oleoduto_cdk::{App, Backend, Stack};

/// Resources of a stack of `stacks`.
const PER_STACK: usize = 10;
/// Stacks in a row, each reading the one before.
const GROUP: usize = 6;
const USAGE: &str = "oleoduto-bench six OUT, or oleoduto-bench resources|stacks COUNT OUT";

#[path = "../../aws/tests/it/golden/app.rs"]
mod six;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `six`: the app of which `crates/aws` has cdktn's output. `resources`: one stack, half buckets, half objects that refer to
/// them. `stacks`: stacks of ten resources, in groups of six that refer to the one before.
fn run(arguments: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let (app, out) = match arguments {
        [kind, out] if kind == "six" => (six::app(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../aws/tests/golden"))?, out),
        [kind, count, out] => (synthetic(kind, count)?, out),
        _ => return Err(USAGE.into()),
    };
    app.synth()?.write(Path::new(out))?;
    Ok(())
}

fn synthetic(kind: &str, count: &str) -> Result<App, String> {
    let count: usize = count.parse().map_err(|_| format!("`{count}` is not a number: {USAGE}"))?;
    let mut app = App::new();
    match kind {
        "resources" => drop(fill(stack(&mut app, "bench"), "bench", count)),
        "stacks" => stacks(&mut app, count),
        other => return Err(format!("`{other}` is not an app: {USAGE}")),
    }
    Ok(app)
}

fn stack<'a>(app: &'a mut App, name: &str) -> &'a mut Stack {
    let stack = app.stack(name, Backend::Local { path: format!("terraform.{name}.tfstate").into() });
    stack.provider(AwsProvider::builder().region("us-east-1").build());
    stack
}

/// Half buckets, half objects; the last bucket.
fn fill(stack: &mut Stack, name: &str, count: usize) -> Option<S3BucketRefs> {
    let mut last = None;
    for index in 0..count / 2 {
        let tags = [("Name", format!("{name}-{index}")), ("Environment", "bench".to_owned())];
        let bucket = S3Bucket::builder().bucket(format!("bucket-{name}-{index}")).tags(tags).build();
        let bucket = stack.add(&format!("bucket{index}"), bucket);
        let object = S3Object::builder().bucket(bucket.bucket()).key(format!("data/{index}.txt")).content("content").build();
        stack.add(&format!("object{index}"), object);
        last = Some(bucket);
    }
    last
}

fn stacks(app: &mut App, count: usize) {
    let mut before: Option<S3BucketRefs> = None;
    for index in 0..count {
        let name = format!("stack{index}");
        let stack = stack(app, &name);
        if let Some(bucket) = before.take().filter(|_| index % GROUP != 0) {
            stack
                .add("marker", S3Object::builder().bucket(bucket.bucket()).key(format!("{name}.txt")).content("content").build());
        }
        before = fill(stack, &name, PER_STACK);
    }
}
