//! Each ready guard, with what it takes and what it refuses.

use oleoduto_aws::cloudwatch_log_group::CloudwatchLogGroup;
use oleoduto_aws::guards::{AllowedRegions, Encryption, PrivateBuckets, RequiredTags, RunningCosts};
use oleoduto_aws::private_bucket::protect;
use oleoduto_aws::provider::{AwsProvider, DefaultTags};
use oleoduto_aws::s3_bucket::S3Bucket;
use oleoduto_aws::s3_bucket_public_access_block::S3BucketPublicAccessBlock;
use oleoduto_aws::sns_topic::SnsTopic;
use oleoduto_aws::sqs_queue::SqsQueue;
use oleoduto_cdk::{App, Backend, Expr, Guard, Level, Map, Meta, Stack, Val, Variable, hcl};

fn stack<'a>(app: &'a mut App, name: &str) -> &'a mut Stack {
    app.stack(name, Backend::Local { path: "x.tfstate".into() })
}

/// What a guard says of a stack `s` with a provider: level, message, place.
fn found(guard: impl Guard + 'static, declare: impl FnOnce(&mut Stack)) -> Vec<String> {
    let mut app = App::new();
    let declared = stack(&mut app, "s");
    declared.provider(AwsProvider::builder().region("sa-east-1").build());
    declare(declared);
    said(app, guard)
}

fn said(mut app: App, guard: impl Guard + 'static) -> Vec<String> {
    app.guard(guard);
    let found = app.synth().map_or_else(|mistakes| mistakes.0, |output| output.warnings);
    let level = |level| if level == Level::Error { "" } else { "(warning) " };
    found.into_iter().map(|found| format!("{}{} --> {}", level(found.level), found.message, found.path)).collect()
}

fn queue() -> SqsQueue {
    SqsQueue::builder().name("q").build()
}

#[test]
fn tags_come_from_a_resource_its_provider_or_the_app() {
    let guard = || RequiredTags::new(["Team"]).one_of("Env", ["dev", "prod"]);
    let missing = found(guard(), |stack| {
        stack.add("none", queue());
        stack.add("one", SqsQueue::builder().name("q").tags([("Team", "a"), ("Env", "test")]).build());
        stack.add_raw("aws_sqs_queue", "raw", [("name", Expr::from("r"))], Meta::new());
    });
    assert_eq!(
        missing,
        [
            "`aws_sqs_queue.none` has no tags `Env` and `Team` --> s/aws_sqs_queue.none.tags",
            "the tag `Env` of `aws_sqs_queue.one` is `test` --> s/aws_sqs_queue.one.tags.Env",
        ]
    );
    let tagged =
        |tags| AwsProvider::builder().region("sa-east-1").default_tags([DefaultTags::builder().tags(tags).build()]).build();
    let mut app = App::new();
    let s = stack(&mut app, "s");
    s.provider(tagged([("Env", "dev"), ("Team", "a")]));
    let bare = s.provider_alias("bare", tagged([("Env", "dev"), ("Other", "a")]));
    s.add("default", queue());
    s.add_with("bare", queue(), Meta::new().provider(&bare));
    let expected = ["`aws_sqs_queue.bare` has no tag `Team` --> s/aws_sqs_queue.bare.tags"];
    assert_eq!(said(app, guard()), expected);
    let mut app = App::new();
    let s = stack(&mut app, "s");
    s.provider(AwsProvider::builder().region("sa-east-1").build());
    s.add("by_app", queue());
    let given = s.variable::<Map<String>>("given", Variable::new());
    s.add("by_variable", SqsQueue::builder().name("v").tags(&given).build());
    let merged: Val<Map<String>> = Val::raw(hcl!["merge(", given, ", {})"]);
    s.add("by_expression", SqsQueue::builder().name("m").tags(merged).build());
    app.tags([("Team", "a"), ("Env", "prod")]);
    assert_eq!(said(app, guard()), [""; 0]);
}

#[test]
fn buckets_are_closed_by_a_block_with_four_switches() {
    assert_eq!(
        found(PrivateBuckets::new(), |stack| {
            stack.add("open", S3Bucket::builder().bucket("open").build());
            let half = stack.add("half", S3Bucket::builder().bucket("half").build());
            let block = S3BucketPublicAccessBlock::builder().bucket(half.bucket()).block_public_acls(true);
            stack.add("half", block.block_public_policy(true).restrict_public_buckets(false).ignore_public_acls(true).build());
            let acl = [("bucket", Expr::from(half.bucket())), ("acl", "public-read".into())];
            stack.add_raw("aws_s3_bucket_acl", "half", acl, Meta::new());
            stack.add_raw("aws_s3_bucket_acl", "own", [("acl", Expr::from("private"))], Meta::new());
        }),
        [
            "bucket `aws_s3_bucket.open` has no public access block --> s/aws_s3_bucket.open",
            "`restrict_public_buckets` of bucket `aws_s3_bucket.half` is off --> s/aws_s3_bucket_public_access_block.half.restrict_public_buckets",
            "the ACL `public-read` of `aws_s3_bucket_acl.half` is for everybody --> s/aws_s3_bucket_acl.half.acl",
        ]
    );
    // From another stack, and by its literal name.
    let mut app = App::new();
    let s = stack(&mut app, "s");
    s.provider(AwsProvider::builder().region("sa-east-1").build());
    let protected = s.add("protected", S3Bucket::builder().bucket_prefix("p").build());
    s.add_raw("aws_s3_bucket", "named", [("bucket", Expr::from("named"))], Meta::new());
    let block = [("bucket", Expr::from("named"))].into_iter();
    let switches = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
    s.add_raw("aws_s3_bucket_public_access_block", "n", block.chain(switches.map(|name| (name, true.into()))), Meta::new());
    let t = app.stack("t", Backend::Local { path: "y.tfstate".into() });
    t.provider(AwsProvider::builder().region("sa-east-1").build());
    protect(t, "protected", &protected, None);
    assert_eq!(said(app, PrivateBuckets::new()), [""; 0]);
}

#[test]
fn regions_are_those_of_providers_and_resources() {
    let mut app = App::new();
    let s = stack(&mut app, "s");
    s.provider(AwsProvider::builder().region("sa-east-1").build());
    s.provider_alias("west", AwsProvider::builder().region("us-west-2").build());
    let region = s.variable::<String>("region", Variable::new());
    s.provider_alias("chosen", AwsProvider::builder().region(region).build());
    s.provider_alias("any", AwsProvider::builder().build());
    s.add_raw("aws_sqs_queue", "far", [("region", Expr::from("eu-west-1"))], Meta::new());
    assert_eq!(
        said(app, AllowedRegions::new(["sa-east-1", "us-east-1"])),
        [
            "region `us-west-2` is not allowed --> s/provider.aws.region",
            "the environment of whoever runs Terraform decides on the region --> s/provider.aws.region",
            "region `eu-west-1` is not allowed --> s/aws_sqs_queue.far.region",
            "(warning) only Terraform knows this region: synth can't compare it with those allowed --> s/provider.aws.region",
        ]
    );
}

#[test]
fn what_aws_does_not_encrypt_by_itself_must_be_switched_on() {
    let declare = |stack: &mut Stack| {
        stack.add("off", SqsQueue::builder().name("q").sqs_managed_sse_enabled(false).build());
        stack.add("default", queue());
        stack.add("keyed", SqsQueue::builder().name("q").kms_master_key_id("alias/mine").build());
        stack.add("plain", SnsTopic::builder().name("t").build());
        stack.add("aws", SnsTopic::builder().name("t").kms_master_key_id("alias/aws/sns").build());
        stack.add("logs", CloudwatchLogGroup::builder().name("l").build());
        let raw = |stack: &mut Stack, kind: &str, id: &str, key: &'static str, value: Expr| {
            stack.add_raw(kind, id, [(key, value)], Meta::new());
        };
        raw(stack, "aws_ebs_volume", "off", "encrypted", false.into());
        raw(stack, "aws_ebs_volume", "on", "encrypted", true.into());
        raw(stack, "aws_kinesis_stream", "off", "encryption_type", "NONE".into());
        let at_rest = Expr::Array(vec![Expr::object([("enabled", Expr::from(true))])]);
        raw(stack, "aws_opensearch_domain", "on", "encrypt_at_rest", at_rest);
        raw(stack, "aws_opensearch_domain", "off", "domain_name", "d".into());
    };
    assert_eq!(
        found(Encryption::new(), declare),
        [
            "`aws_sqs_queue.off` is not encrypted --> s/aws_sqs_queue.off.sqs_managed_sse_enabled",
            "`aws_sns_topic.plain` is not encrypted --> s/aws_sns_topic.plain.kms_master_key_id",
            "`aws_ebs_volume.off` is not encrypted --> s/aws_ebs_volume.off.encrypted",
            "`aws_kinesis_stream.off` is not encrypted --> s/aws_kinesis_stream.off.encryption_type",
            "`aws_opensearch_domain.off` is not encrypted --> s/aws_opensearch_domain.off.encrypt_at_rest.enabled",
        ]
    );
    let own: Vec<String> = found(Encryption::new().own_keys(), declare);
    for place in
        ["aws_sqs_queue.default.kms_master_key_id", "aws_sns_topic.aws.kms_master_key_id", "aws_ebs_volume.on.kms_key_id"]
    {
        assert!(own.iter().any(|said| said.contains("with a key of the account") && said.ends_with(place)), "{place}: {own:#?}");
    }
    assert!(!own.iter().any(|said| said.contains("aws_sqs_queue.keyed")), "{own:#?}");
}

#[test]
fn objects_have_keys_of_the_account_if_that_is_asked_for() {
    let declare = |key: Option<&'static str>| {
        move |stack: &mut Stack| {
            let bucket = stack.add("data", S3Bucket::builder().bucket("data").build());
            protect(stack, "data", &bucket, key.map(Into::into));
        }
    };
    assert_eq!(found(Encryption::new(), declare(None)), [""; 0]);
    assert_eq!(found(Encryption::new().own_keys(), declare(Some("alias/mine"))), [""; 0]);
    let expected = "objects in `aws_s3_bucket.data` are not encrypted with a key of the account --> s/aws_s3_bucket.data";
    assert_eq!(found(Encryption::new().own_keys(), declare(None)), [expected]);
    assert_eq!(found(Encryption::new().own_keys(), declare(Some("alias/aws/s3"))), [expected]);
}

#[test]
fn what_costs_by_the_hour_must_be_allowed() {
    let declare = |stack: &mut Stack| {
        stack.add("queue", queue());
        stack.add_raw("aws_nat_gateway", "out", [("subnet_id", Expr::from("x"))], Meta::new());
        stack.add_raw("aws_eip", "out", [("domain", Expr::from("vpc"))], Meta::new());
    };
    let nat = "`aws_nat_gateway.out` costs by the hour, used or not: the gateway --> s/aws_nat_gateway.out";
    assert_eq!(found(RunningCosts::new().allow("aws_eip"), declare), [nat]);
    assert_eq!(found(RunningCosts::new().allow("aws_eip").advice(), declare), [format!("(warning) {nat}")]);
}
