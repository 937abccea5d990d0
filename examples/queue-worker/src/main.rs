//! `cargo run -p queue-worker-example`: writes `cdktf.out` (or `CDKTF_OUTDIR`).

use std::path::Path;
use std::process::ExitCode;

use oleoduto_cdk::context;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let region = context::Context::from_env()?.text("region")?.unwrap_or_else(|| "sa-east-1".to_owned());
    let out = context::out_dir();
    let output = queue_worker_example::app(&region, Path::new("handler")).synth()?;
    for warning in output.renames(&out) {
        eprintln!("{warning}");
    }
    output.write(&out)?;
    for stack in &output.stacks {
        println!("{}", out.join("stacks").join(&stack.name).join("cdk.tf.json").display());
    }
    Ok(())
}
