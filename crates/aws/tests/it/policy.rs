//! Mistakes of policies that AWS's service authorization table shows.

use oleoduto_aws::data_caller_identity::CallerIdentityData;
use oleoduto_aws::data_partition::PartitionData;
use oleoduto_aws::data_region::RegionData;
use oleoduto_aws::iam_policy::IamPolicy;
use oleoduto_aws::iam_role::{IamRole, InlinePolicy};
use oleoduto_aws::iam_role_policy::IamRolePolicy;
use oleoduto_aws::policy::{PolicyDocument, Statement, policy, trust};
use oleoduto_aws::provider::AwsProvider;
use oleoduto_aws::s3_bucket::S3Bucket;
use oleoduto_cdk::{App, Backend, Expr, Stack, StringLike, Val, text};

/// Everything that is wrong with statements; empty if they are accepted.
fn mistakes(statements: impl IntoIterator<Item = Statement>) -> String {
    of(&policy(statements))
}

fn of(document: &Val<PolicyDocument>) -> String {
    match document.expr() {
        Expr::Invalid(reasons) => reasons.join("\n"),
        _ => String::new(),
    }
}

fn in_a_stack<T>(build: impl FnOnce(&mut Stack) -> T) -> T {
    build(App::new().stack("one", Backend::Local { path: "one.tfstate".into() }))
}

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` of lookups, as stacks build ARNs.
fn arn(service: &str, resource: &str) -> Val<String> {
    in_a_stack(|stack| {
        let account = stack.data("current", CallerIdentityData::builder().build()).account_id();
        let region = stack.data("current", RegionData::builder().build()).name();
        let partition = stack.data("current", PartitionData::builder().build()).partition();
        text!["arn:", partition, format!(":{service}:"), region, ":", account, format!(":{resource}")].into()
    })
}

const ACCOUNT_ARN: &str = "arn:aws:glue:eu-west-1:123456789012:";

#[test]
fn actions_exist() {
    let refused = |action: &str| mistakes([Statement::allow("A", &[action]).on_any_because("reason")]);
    assert_eq!(
        refused("glue:StartJobRunn"),
        "statement `A` has the action `glue:StartJobRunn`, which AWS Glue does not have; did you mean `StartJobRun`?"
    );
    assert!(refused("glu:StartJobRun").contains("AWS has no service `glu`; did you mean `glue`?"));
    assert!(refused("s3:Git*").contains("the pattern `s3:Git*`, which fits no action of Amazon S3"));
    for good in ["glue:startjobrun", "s3:GetBucket*", "s3:?etObject"] {
        assert_eq!(refused(good), "", "{good}");
    }
}

#[test]
fn an_action_without_resource_types_takes_only_everything() {
    for (action, on) in [
        ("glue:CreateDataQualityRuleset", arn("glue", "dataQualityRuleset/x")),
        ("sns:Unsubscribe", arn("sns", "x")),
        ("sns:GetSubscriptionAttributes", arn("sns", "x")),
    ] {
        let refused = mistakes([Statement::allow("A", &[action]).on(on)]);
        assert!(refused.contains(&format!("names resources for `{action}`, which takes only `*`")), "{refused}");
        assert_eq!(mistakes([Statement::allow("A", &[action]).on_any_because("reason")]), "");
    }
}

#[test]
fn an_action_takes_some_resource_of_the_statement() {
    let refused = mistakes([Statement::allow("A", &["cloudwatch:DescribeAlarms"]).on(arn("cloudwatch", "alarm:x-*"))]);
    assert!(refused.contains("no resource that `cloudwatch:DescribeAlarms` takes"), "{refused}");
    assert_eq!(mistakes([Statement::allow("A", &["cloudwatch:DescribeAlarms"]).on(arn("cloudwatch", "alarm:*"))]), "");
    // Dashboards have no region.
    let refused = mistakes([Statement::allow("A", &["cloudwatch:PutDashboard"]).on(arn("cloudwatch", "dashboard/x"))]);
    let form = "`arn:${Partition}:cloudwatch::${Account}:dashboard/${DashboardName}`";
    assert!(refused.contains(form), "{refused}");
    // Objects are no buckets.
    let refused = mistakes([Statement::allow("A", &["s3:ListBucket"]).on("arn:aws:s3:::data/*")]);
    assert!(refused.contains("no resource that `s3:ListBucket` takes"), "{refused}");
}

#[test]
fn a_resource_has_some_action_that_takes_it() {
    let both = Statement::allow("A", &["glue:StartJobRun"]).on(format!("{ACCOUNT_ARN}job/x"));
    let refused = mistakes([both.on(format!("{ACCOUNT_ARN}trigger/x"))]);
    assert!(refused.contains("trigger/x`, which none of its actions takes"), "{refused}");
    let refused = mistakes([Statement::deny("A", &["s3:GetObject"]).on("data/*")]);
    assert!(refused.contains("`data/*`, which is neither `*` nor an ARN"), "{refused}");
}

#[test]
fn an_action_of_the_catalog_needs_the_whole_hierarchy() {
    let delete = |resources: &[&str]| {
        let statement = Statement::allow("A", &["glue:DeleteDatabase"]);
        mistakes([resources.iter().fold(statement, |statement, resource| statement.on(arn("glue", resource)))])
    };
    let refused = delete(&["catalog", "database/d", "table/d/*"]);
    assert!(refused.contains("AWS judges on the userdefinedfunction too"), "{refused}");
    assert_eq!(delete(&["catalog", "database/d", "table/d/*", "userDefinedFunction/d/*"]), "");
    let catalog = Statement::allow("A", &["glue:GetTable"]).on(arn("glue", "catalog"));
    let rest = Statement::allow("B", &["glue:GetTable"]).on(arn("glue", "database/d")).on(arn("glue", "table/d/*"));
    assert!(mistakes([catalog.clone()]).contains("the table too"));
    assert_eq!(mistakes([catalog, rest]), "", "the statements of a policy count together");
}

#[test]
fn references_fit_what_they_can_be() {
    let (role, bucket) = in_a_stack(|stack| {
        let role = IamRole::builder().assume_role_policy(trust("glue.amazonaws.com", "123456789012")).build();
        (stack.add("role", role).arn(), stack.add("data", S3Bucket::builder().build()))
    });
    assert_eq!(mistakes([Statement::allow("A", &["iam:PassRole"]).on(&role)]), "");
    assert!(mistakes([Statement::allow("A", &["iam:GetPolicy"]).on(&role)]).contains("no resource that `iam:GetPolicy`"));
    let objects = text![bucket.arn(), "/raw/*"];
    assert_eq!(mistakes([Statement::allow("A", &["s3:GetObject"]).on(objects.clone())]), "");
    let refused = mistakes([Statement::allow("A", &["s3:ListBucket"]).on(objects)]);
    assert!(refused.contains("`s3:ListBucket`"), "{refused}");
    // Of what is unknown nothing is said.
    let unknown = in_a_stack(|stack| stack.data("current", PartitionData::builder().build()).reverse_dns_prefix());
    assert_eq!(mistakes([Statement::allow("A", &["s3:ListBucket"]).on(&unknown)]), "");
    let field = text!["arn:aws:", &unknown, ":eu-west-1:123456789012:job/x"];
    assert_eq!(mistakes([Statement::allow("A", &["glue:GetJob"]).on(field.clone())]), "");
    assert!(mistakes([Statement::allow("A", &["glue:GetTrigger"]).on(field)]).contains("glue:GetTrigger"));
}

#[test]
fn conditions_name_keys_that_the_actions_know() {
    let on = |action: &str, operator, key: &str, value: &str| {
        mistakes([Statement::allow("A", &[action]).on_any_because("reason").when(operator, key, value)])
    };
    assert_eq!(on("s3:ListBucket", "StringLike", "s3:prefix", "raw/*"), "");
    assert_eq!(on("glue:CreateJob", "StringEquals", "aws:RequestTag/Team", "data"), "");
    assert_eq!(on("glue:GetJob", "StringEquals", "aws:ResourceTag/Team", "data"), "");
    assert_eq!(on("glue:GetJob", "StringEquals", "aws:PrincipalTag/Team", "data"), "");
    let refused = on("s3:GetObject", "StringLike", "s3:prefx", "raw/*");
    assert!(refused.contains("none of its actions knows; did you mean `s3:prefix`?"), "{refused}");
    assert!(on("glue:GetJob", "StringEquals", "aws:RequestTag/Team", "data").contains("none of its actions knows"));
    let two = Statement::allow("A", &["s3:GetObject", "s3:ListBucket"]).on_any_because("reason");
    let refused = mistakes([two.clone().when("StringLike", "s3:prefix", "raw/*")]);
    assert!(refused.contains("never allows `s3:GetObject`"), "{refused}");
    assert_eq!(mistakes([two.when("StringLikeIfExists", "s3:prefix", "raw/*")]), "");
    assert!(on("s3:ListBucket", "StringLikes", "s3:prefix", "raw/*").contains("did you mean `StringLike`?"));
}

#[test]
fn values_can_match() {
    let on = |action: &str, operator, key: &str, value: &str| {
        mistakes([Statement::allow("A", &[action]).on_any_because("reason").when(operator, key, value)])
    };
    let namespace = |value| on("cloudwatch:PutMetricData", "StringLike", "cloudwatch:namespace", value);
    assert!(namespace("*SageMaker*").contains("since case counts: `/aws/sagemaker/"), "{}", namespace("*SageMaker*"));
    assert!(namespace("AWS/SageMaker").contains("only AWS's services"));
    for good in ["/aws/sagemaker/*", "Glue", "Oleoduto", "MySageMaker*"] {
        assert_eq!(namespace(good), "", "{good}");
    }
    let pass = |value| on("iam:PassRole", "StringEquals", "iam:PassedToService", value);
    assert_eq!(pass("sagemaker.amazonaws.com"), "");
    assert!(pass("sagemaker").contains("no service principal"));
    assert!(pass("*.amazonaws.com").contains("use `StringLike`"));
    let prefix = |value| on("s3:ListBucket", "StringLike", "s3:prefix", value);
    assert!(prefix("/raw/*").contains("do not begin with `/`"));
    assert!(on("s3:ListBucket", "Bool", "aws:SecureTransport", "yes").contains("`true` or `false`"));
    assert!(on("s3:ListBucket", "IpAddress", "aws:SourceIp", "10.0.0.0/33").contains("no network"));
    assert_eq!(on("s3:ListBucket", "IpAddress", "aws:SourceIp", "2001:db8::/32"), "");
    assert!(on("s3:ListBucket", "NumericLessThan", "s3:max-keys", "ten").contains("no number"));
    assert!(on("s3:ListBucket", "ArnLike", "aws:PrincipalArn", "role/x").contains("no ARN"));
    assert!(on("s3:ListBucket", "DateLessThan", "aws:CurrentTime", "tomorrow").contains("no date"));
    assert_eq!(prefix("home/${aws:username}/*"), "");
}

#[test]
fn trust_policies_are_checked() {
    assert_eq!(of(&trust("lambda.amazonaws.com", "123456789012")), "");
    assert!(of(&trust("lambda", "123456789012")).contains("no service principal"));
    assert!(of(&trust("lambda.amazonaws.com", "1234")).contains("no account"));
    let everybody = Statement::deny("A", &["s3:*"]).for_everybody().on("arn:aws:s3:::data").on("arn:aws:s3:::data/*");
    assert_eq!(mistakes([everybody.when("Bool", "aws:SecureTransport", "false")]), "");
}

#[test]
fn a_literal_document_gets_the_same_checks() {
    let check = |statement: &str| PolicyDocument::check(&format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#));
    let refused =
        check(r#"{"Effect": "Allow", "Action": "sns:Unsubscribe", "Resource": "arn:aws:sns:eu-west-1:123456789012:x"}"#);
    assert_eq!(
        refused.unwrap_err(),
        "statement 1 of the policy names resources for `sns:Unsubscribe`, which takes only `*`: move it to a statement with \
         `on_any_because` (`\"Resource\": \"*\"` in JSON)"
    );
    let condition = r#"{"StringLike": {"s3:prefix": ["raw/*", "/final/*"]}, "StringEqual": {"aws:PrincipalTag/a": "b"}}"#;
    let refused = check(&format!(
        r#"[{{"Sid": "List", "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "*", "Condition": {condition}}}]"#
    ));
    let refused = refused.unwrap_err();
    assert!(refused.contains("statement `List` compares `s3:prefix` with `/final/*`"), "{refused}");
    assert!(refused.contains("did you mean `StringEquals`?"), "{refused}");
    check(r#"{"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}"#).unwrap();
    check(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#).unwrap();
}

/// A policy of about this many characters.
fn large(characters: usize) -> Val<PolicyDocument> {
    let read = Statement::allow("Read", &["s3:GetObject"]);
    policy([(0..characters / 51).fold(read, |read, number| read.on(format!("arn:aws:s3:::data/{number:028}/*")))])
}

/// What synth says of a stack in a region.
fn synth(region: &str, build: impl FnOnce(&mut Stack)) -> Result<Vec<String>, String> {
    let mut app = App::new();
    let stack = app.stack("one", Backend::Local { path: "one.tfstate".into() });
    stack.provider(AwsProvider::builder().region(region).build());
    build(stack);
    let output = app.synth().map_err(|error| error.to_string())?;
    Ok(output.warnings.iter().map(ToString::to_string).collect())
}

#[test]
#[allow(deprecated, reason = "who still uses the block gets its sum")]
fn inline_policies_of_a_role_are_summed() {
    let two = |characters: usize| {
        synth("eu-west-1", |stack| {
            let trust = trust("glue.amazonaws.com", "123456789012");
            let own = InlinePolicy::builder().name("own").policy(large(characters)).build();
            let role = stack.add("jobs", IamRole::builder().name("jobs").assume_role_policy(trust).inline_policy([own]).build());
            stack.add("more", IamRolePolicy::builder().role(role.name()).policy(large(characters)).build());
            // Another role has its own sum.
            stack.add("other", IamRolePolicy::builder().role("other").policy(large(characters)).build());
        })
    };
    assert_eq!(two(5_000).unwrap(), Vec::<String>::new());
    let refused = two(5_300).unwrap_err();
    assert!(refused.contains("the inline policies of a role together may have 10240 characters"), "{refused}");
    assert!(refused.contains("--> one/aws_iam_role_policy.more.policy"), "{refused}");
}

#[test]
fn managed_and_trust_policies_have_their_own_limits() {
    let managed = |characters| {
        synth("eu-west-1", |stack| {
            stack.add("own", IamPolicy::builder().name("own").policy(large(characters)).build());
        })
    };
    assert_eq!(managed(6_000).unwrap(), Vec::<String>::new());
    assert!(managed(6_300).unwrap_err().contains("a managed policy may have 6144 characters"));
    let services: Vec<_> = (0..80).map(|number| format!(r#""service-{number:02}.amazonaws.com.cn""#)).collect();
    let trust = |count: usize| {
        let services = services[..count].join(",  ");
        let text = format!(
            r#"{{"Statement": {{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"Service": [{services}]}}}}}}"#
        );
        synth("eu-west-1", move |stack| {
            stack.add("jobs", IamRole::builder().assume_role_policy(text).build());
        })
    };
    // White space does not count: 50 names of 30 characters.
    assert_eq!(trust(50).unwrap(), Vec::<String>::new());
    let warnings = trust(80).unwrap();
    assert!(warnings[0].contains("a trust policy may have 2048 characters"), "{warnings:?}");
}

#[test]
fn a_reference_counts_as_long_as_it_may_be() {
    let on_jobs = |region: &str| {
        synth(region, |stack| {
            let statement = Statement::allow("Run", &["glue:StartJobRun"]);
            let account = stack.data("current", CallerIdentityData::builder().build()).account_id();
            let partition = stack.data("current", PartitionData::builder().build()).partition();
            let region = stack.data("current", RegionData::builder().build()).name();
            let arn = |number| text!["arn:", &partition, ":glue:", &region, ":", &account, format!(":job/{number:055}")];
            let policy = policy([(0..60).fold(statement, |statement, number| statement.on(arn(number)))]);
            stack.add("own", IamPolicy::builder().name("own").policy(policy).build());
        })
    };
    // 60 ARNs of 98 characters and their commas; the partition and the region are longer in GovCloud.
    assert_eq!(on_jobs("eu-west-1").unwrap(), Vec::<String>::new());
    assert!(on_jobs("us-gov-west-1").unwrap_err().contains("a managed policy may have 6144 characters"));
    let many = synth("eu-west-1", |stack| {
        let buckets: Vec<_> =
            (0..100).map(|number| stack.add(&format!("b{number}"), S3Bucket::builder().build()).arn()).collect();
        let list = buckets.iter().fold(Statement::allow("List", &["s3:ListBucket"]), |list, bucket| list.on(bucket));
        stack.add("own", IamPolicy::builder().name("own").policy(policy([list])).build());
    });
    assert!(many.unwrap()[0].contains("if all names are as long as AWS allows"));
}
