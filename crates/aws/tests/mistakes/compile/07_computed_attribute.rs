use oleoduto_aws::glue_job::GlueJob;

fn main() {
    GlueJob::builder().arn("arn:aws:glue:eu-west-1:123456789012:job/extract");
}
