use oleoduto_aws::glue_job::GlueJob;

fn main() {
    GlueJob::builder().worker_type("G.3X");
}
