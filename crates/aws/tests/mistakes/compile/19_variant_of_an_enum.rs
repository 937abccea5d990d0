use oleoduto_aws::glue_job::GlueJob;
use oleoduto_aws::types::WorkerType;

fn main() {
    GlueJob::builder().worker_type(WorkerType::G3X);
}
