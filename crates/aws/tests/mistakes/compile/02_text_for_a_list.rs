use oleoduto_aws::lambda_function::LambdaFunction;

fn main() {
    LambdaFunction::builder().architectures("arm64");
}
