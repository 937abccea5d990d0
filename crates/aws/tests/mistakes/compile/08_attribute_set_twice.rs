//! A name given twice: in a map, the last would win unseen.
use oleoduto_aws::s3_bucket::S3Bucket;

fn main() {
    let _ = S3Bucket::builder().bucket("prices").bucket("prices-2").build();
}
