//! A worker type that does not exist.
use oleoduto_aws::glue_job::{Command, GlueJob};
use oleoduto_aws::types::WorkerType;

fn main() {
    let command = Command::builder().script_location("s3://code/extract.py").build();
    let role = "arn:aws:iam::123456789012:role/glue";
    let _ = GlueJob::builder().name("extract").role_arn(role).command(command).worker_type(WorkerType::G3X).build();
}
