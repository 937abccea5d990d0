use oleoduto_aws::glue_job::GlueJob;

fn main() {
    GlueJob::builder().id("extract");
}
