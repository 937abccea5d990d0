use oleoduto_aws::policy::Statement;

fn main() {
    Statement::alow("Read", &["s3:GetObject"]);
}
