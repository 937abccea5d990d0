//! What a stack exports are the fields of its exports.
use oleoduto_aws::s3_bucket::S3BucketRefs;

struct Exports {
    bucket: S3BucketRefs,
}

fn stack(exports: &Exports) -> oleoduto_cdk::Val<String> {
    exports.table.arn().text().into()
}

fn main() {}
