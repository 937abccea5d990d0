use oleoduto_aws::glue_job::{Command, GlueJob};

fn commands(first: Command, second: Command) {
    GlueJob::builder().command([first, second]);
}

fn main() {}
