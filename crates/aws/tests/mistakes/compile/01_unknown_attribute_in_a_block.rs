//! An attribute that the block does not have.
use oleoduto_aws::glue_job::Command;

fn main() {
    let _ = Command::builder().script("s3://code/extract.py").build();
}
