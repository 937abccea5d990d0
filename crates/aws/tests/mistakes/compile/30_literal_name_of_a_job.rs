use oleoduto_aws::asl::Task;
use oleoduto_cdk::Ref;

fn task(partition: &Ref<String>) {
    Task::glue_job(partition, "extract", &[]);
}

fn main() {}
