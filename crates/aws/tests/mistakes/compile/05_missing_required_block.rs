//! A job without its `command` block.
use oleoduto_aws::glue_job::GlueJob;

fn main() {
    let _ = GlueJob::builder().name("extract").role_arn("arn:aws:iam::123456789012:role/glue").build();
}
