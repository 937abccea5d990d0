use oleoduto_aws::s3_bucket::S3BucketRefs;
use oleoduto_aws::sqs_queue::SqsQueue;

fn queue(bucket: &S3BucketRefs) -> SqsQueue {
    SqsQueue::builder().kms_master_key_id(bucket.arn()).build()
}

fn main() {}
