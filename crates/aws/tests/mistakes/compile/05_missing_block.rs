use oleoduto_aws::glue_job::GlueJob;

fn main() {
    GlueJob::builder().name("extract").role_arn("arn:aws:iam::123456789012:role/jobs").build();
}
