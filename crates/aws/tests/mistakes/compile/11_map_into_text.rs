use oleoduto_aws::glue_job::GlueJobRefs;
use oleoduto_aws::sqs_queue::SqsQueue;

fn key(job: &GlueJobRefs) {
    SqsQueue::builder().kms_master_key_id(job.tags());
}

fn main() {}
