//! Calls of a local service.

use aws_config::SdkConfig;
use aws_types::origin::Origin;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use serde_json::json;

use super::fake::{Service, in_region};
use super::place::{Endpoint, endpoint};
use super::{AwsProtocol, AwsService, ECR};

const KMS: AwsService = json_of("KMS", "kms");
const IAM: AwsService = AwsService { id: "IAM", name: "iam", protocol: AwsProtocol::Query("2010-05-08") };

const fn json_of(id: &'static str, name: &'static str) -> AwsService {
    AwsService { id, name, protocol: AwsProtocol::Json { version: "1.1", prefix: "TrentService" } }
}

#[tokio::test]
async fn a_call_is_signed_for_its_service_and_region() {
    let service = Service::with(&[(200, r#"{"a": 1}"#)]).await;
    let answer = KMS.json(&service.sdk, "DescribeKey", &json!({"KeyId": "k"})).await.unwrap();
    assert_eq!(answer, json!({"a": 1}));
    let asked = service.asked().remove(0);
    assert_eq!(asked.body, r#"{"KeyId":"k"}"#);
    assert!(asked.head.starts_with("post / http/1.1\r\n"), "{}", asked.head);
    assert!(asked.head.contains("\r\nx-amz-target: trentservice.describekey\r\n"), "{}", asked.head);
    let authorization = asked.head.lines().find(|line| line.starts_with("authorization: ")).unwrap();
    assert!(authorization.starts_with("authorization: aws4-hmac-sha256 credential=key/"), "{authorization}");
    assert!(authorization.contains("/sa-east-1/kms/aws4_request, "), "{authorization}");
    assert!(authorization.contains("x-amz-target") && authorization.contains(", signature="), "{authorization}");
    for header in ["content-type: application/x-amz-json-1.1", "amz-sdk-invocation-id: ", "user-agent: aws-sdk-rust"] {
        assert!(asked.head.contains(&format!("\r\n{header}")), "{header} in {}", asked.head);
    }
}

#[tokio::test]
async fn the_operation_of_a_rest_service_is_its_path() {
    let service = Service::with(&[(200, "{}")]).await;
    let lake = AwsService { id: "LakeFormation", name: "lakeformation", protocol: AwsProtocol::RestJson };
    lake.json(&service.sdk, "ListPermissions", &json!({})).await.unwrap();
    assert!(service.asked()[0].head.starts_with("post /listpermissions http/1.1\r\n"));
}

#[tokio::test]
async fn a_throttled_call_and_a_broken_service_are_asked_again() {
    let throttled = r#"{"__type": "com.amazonaws.kms#ThrottlingException", "message": "slow"}"#;
    let service = Service::with(&[(400, throttled), (503, "<html>"), (200, "{}")]).await;
    KMS.json(&service.sdk, "DescribeKey", &json!({})).await.unwrap();
    let asked = service.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked[2].head.contains("attempt=3"), "{}", asked[2].head);
}

#[tokio::test]
async fn a_refusal_has_the_code_and_the_message_of_its_service() {
    let denied = "<ErrorResponse xmlns=\"https://iam\"><Error><Type>Sender</Type><Code>AccessDenied</Code>\
                  <Message>me &amp; you</Message></Error><RequestId>r</RequestId></ErrorResponse>";
    let cases = [
        (IAM, 403, denied, "AccessDenied", "me & you (AccessDenied)"),
        (IAM, 403, "<html>", "403", "403"),
        (
            KMS,
            400,
            r#"{"__type": "com.amazonaws#NotFoundException", "Message": "no"}"#,
            "NotFoundException",
            "no (NotFoundException)",
        ),
        (KMS, 403, r#"{"code": "Denied:http://x"}"#, "Denied", "Denied"),
    ];
    for (of, status, body, code, text) in cases {
        let service = Service::with(&[(status, body)]).await;
        let refused = match of.protocol {
            AwsProtocol::Query(_) => of.form::<()>(&service.sdk, "X", &[("A", "b c")]).await.unwrap_err(),
            _ => of.json(&service.sdk, "X", &json!({})).await.unwrap_err(),
        };
        assert_eq!((refused.code.as_deref(), refused.to_string().as_str()), (Some(code), text));
        assert_eq!(service.asked().len(), 1, "a refusal is final");
    }
}

#[tokio::test]
async fn no_answer_and_a_strange_one_are_said() {
    let service = Service::with(&[(200, "<html>")]).await;
    let strange = KMS.json(&service.sdk, "DescribeKey", &json!({})).await.unwrap_err();
    assert!(strange.text.starts_with("the answer of KMS to DescribeKey can't be read: "), "{strange}");
    let sdk = service.sdk.clone();
    service.asked();
    let gone = KMS.json(&sdk, "DescribeKey", &json!({})).await.unwrap_err();
    assert!(gone.code.is_none() && gone.text.contains("Connection refused"), "{gone}");
}

async fn place(service: &AwsService, sdk: SdkConfig) -> (String, String) {
    let Endpoint { url, signing_region } = endpoint(service.id, service.name, &sdk).await.unwrap();
    (url, signing_region)
}

#[tokio::test]
async fn each_partition_has_its_endpoints() {
    let cases = [
        ("sa-east-1", "https://kms.sa-east-1.amazonaws.com", "https://iam.amazonaws.com", "us-east-1"),
        (
            "cn-northwest-1",
            "https://kms.cn-northwest-1.amazonaws.com.cn",
            "https://iam.cn-north-1.amazonaws.com.cn",
            "cn-north-1",
        ),
        ("us-gov-east-1", "https://kms.us-gov-east-1.amazonaws.com", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"),
        ("us-iso-west-1", "https://kms.us-iso-west-1.c2s.ic.gov", "https://iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
        (
            "us-isob-east-1",
            "https://kms.us-isob-east-1.sc2s.sgov.gov",
            "https://iam.us-isob-east-1.sc2s.sgov.gov",
            "us-isob-east-1",
        ),
        (
            "eusc-de-east-1",
            "https://kms.eusc-de-east-1.amazonaws.eu",
            "https://iam.eusc-de-east-1.amazonaws.eu",
            "eusc-de-east-1",
        ),
    ];
    for (region, kms, iam, signing) in cases {
        assert_eq!(place(&KMS, in_region(region).build()).await, (kms.to_owned(), region.to_owned()));
        assert_eq!(place(&IAM, in_region(region).build()).await, (iam.to_owned(), signing.to_owned()));
    }
    let fips = |region| in_region(region).use_fips(true).build();
    let dual = |region| in_region(region).use_dual_stack(true).build();
    assert_eq!(place(&KMS, fips("us-east-1")).await.0, "https://kms-fips.us-east-1.amazonaws.com");
    assert_eq!(place(&KMS, fips("us-gov-west-1")).await.0, "https://kms-fips.us-gov-west-1.amazonaws.com");
    let table = json_of("DynamoDB", "dynamodb");
    assert_eq!(place(&table, fips("us-gov-west-1")).await.0, "https://dynamodb.us-gov-west-1.amazonaws.com");
    assert_eq!(place(&table, fips("us-west-2")).await.0, "https://dynamodb-fips.us-west-2.amazonaws.com");
    assert_eq!(place(&ECR, in_region("cn-north-1").build()).await.0, "https://api.ecr.cn-north-1.amazonaws.com.cn");
    assert_eq!(place(&ECR, fips("us-gov-west-1")).await.0, "https://ecr-fips.us-gov-west-1.amazonaws.com");
    assert_eq!(place(&ECR, dual("us-east-1")).await.0, "https://ecr.us-east-1.api.aws");
    assert_eq!(place(&IAM, fips("us-east-1")).await.0, "https://iam-fips.amazonaws.com");
    assert_eq!(place(&IAM, fips("us-gov-west-1")).await.0, "https://iam.us-gov.amazonaws.com");
    assert_eq!(place(&KMS, dual("us-east-1")).await.0, "https://kms.us-east-1.api.aws");
    assert_eq!(place(&IAM, dual("us-gov-east-1")).await.0, "https://iam.us-gov.api.aws");
}

#[derive(Debug)]
struct Environment;

impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        (key.service_id() == "IAM" && key.env() == "AWS_ENDPOINT_URL").then(|| "http://own".to_owned())
    }
}

#[tokio::test]
async fn the_endpoint_of_a_service_wins_over_that_of_all_except_of_code() {
    let with = |origin| {
        let mut builder = in_region("sa-east-1").endpoint_url("http://all").service_config(Environment);
        builder.insert_origin("endpoint_url", origin);
        builder.build()
    };
    let environment = Origin::shared_environment_variable;
    assert_eq!(place(&IAM, with(environment())).await, ("http://own".to_owned(), "us-east-1".to_owned()));
    assert_eq!(place(&KMS, with(environment())).await.0, "http://all");
    assert_eq!(place(&IAM, with(Origin::shared_config())).await.0, "http://all");
}
