//! The benchmark's app of one stack, in terrars: `terrars-bench N OUT`. terrars has no notion of several stacks.

mod aws;

use aws::provider::BuildProviderAws;
use aws::s3_bucket::BuildS3Bucket;
use aws::s3_object::BuildS3Object;
use std::path::Path;
use terrars::{BuildStack, PrimField};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(count), Some(out)) = (arguments.next(), arguments.next()) else {
        eprintln!("error: terrars-bench N OUT");
        std::process::exit(2);
    };
    let count: usize = count.parse().expect("N is a number");
    let mut stack = BuildStack {}.build();
    BuildProviderAws {}.build(&mut stack).set_region("us-east-1");
    for index in 0..count / 2 {
        let tags: std::collections::HashMap<String, PrimField<String>> = [
            ("Name".to_owned(), format!("bench-{index}").into()),
            ("Environment".to_owned(), "bench".into()),
        ]
        .into();
        let bucket = BuildS3Bucket { tf_id: format!("bucket{index}") }
            .build(&mut stack)
            .set_bucket(format!("bucket-bench-{index}"))
            .set_tags(tags);
        BuildS3Object { tf_id: format!("object{index}"), bucket: bucket.bucket().into(), key: format!("data/{index}.txt").into() }
            .build(&mut stack)
            .set_content("content");
    }
    let folder = Path::new(&out);
    std::fs::create_dir_all(folder).expect("the output folder can be made");
    let json = stack.serialize(Path::new("terraform.bench.tfstate")).expect("the stack can be serialised");
    std::fs::write(folder.join("stack.tf.json"), json).expect("the output can be written");
}
