use oleoduto_aws::s3_bucket_versioning::S3BucketVersioning;

fn main() {
    S3BucketVersioning::builder().bucket(data.bucket());
}
