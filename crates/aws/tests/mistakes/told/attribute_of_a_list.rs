use oleoduto_aws::lambda_function::LambdaFunctionRefs;
use oleoduto_cdk::Ref;

fn network(function: &LambdaFunctionRefs) -> Ref<String> {
    function.vpc_config().vpc_id()
}

fn main() {}
