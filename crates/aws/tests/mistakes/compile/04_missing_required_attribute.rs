//! A job without its role.
use oleoduto_aws::glue_job::{Command, GlueJob};

fn main() {
    let command = Command::builder().script_location("s3://code/extract.py").build();
    let _ = GlueJob::builder().name("extract").command(command).build();
}
