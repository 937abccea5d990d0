use oleoduto_aws::iam_role::IamRole;

fn main() {
    IamRole::builder().name("jobs").build();
}
