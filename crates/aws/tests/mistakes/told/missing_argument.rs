use oleoduto_aws::iam_role::IamRole;

fn main() {
    let _ = IamRole::builder().name("jobs").build();
}
