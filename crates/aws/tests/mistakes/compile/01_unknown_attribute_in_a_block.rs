use oleoduto_aws::glue_job::Command;

fn main() {
    Command::builder().script("s3://data/job.py");
}
