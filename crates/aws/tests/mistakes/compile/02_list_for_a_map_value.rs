use oleoduto_aws::glue_job::GlueJob;

fn main() {
    GlueJob::builder().default_arguments([("--tables", ["prices", "rates"])]);
}
