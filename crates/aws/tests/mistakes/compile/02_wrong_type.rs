//! A string where a list of strings belongs.
use oleoduto_aws::glue_job::{Command, GlueJob};

fn main() {
    let command = Command::builder().script_location("s3://code/extract.py").build();
    let role = "arn:aws:iam::123456789012:role/glue";
    let _ = GlueJob::builder().name("extract").role_arn(role).command(command).connections("jdbc").build();
}
