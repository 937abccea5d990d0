//! The rows, from the sources of the provider (`internal/service/`, version 5.100.0) and the service authorization reference
//! of AWS: a row per bound type, in the order of `bindings.toml`.

use super::row::{Calls, any, on, row, with_role};

/// A bucket itself: the provider's resource reads every setting, also those that have resources of their own.
const BUCKET: &str = "GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLogging GetBucketObjectLockConfiguration \
                      GetBucketPolicy GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite \
                      GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration ListBucket";

pub(super) const TABLE: &[Calls] = &[
    row(
        "aws_budgets_budget",
        // Budgets has one action to read and one to write.
        &[on("budgets", &["budget/{}"], "ListTagsForResource ViewBudget", "ModifyBudget TagResource UntagResource")],
    ),
    row("aws_cloudwatch_dashboard", &[on("cloudwatch", &["dashboard/{}"], "GetDashboard", "DeleteDashboards PutDashboard")]),
    row(
        "aws_cloudwatch_log_group",
        &[
            any("logs", "DescribeLogGroups", ""),
            on(
                "logs",
                &["log-group:{}"],
                "ListTagsForResource",
                "CreateLogGroup DeleteLogGroup DeleteRetentionPolicy PutRetentionPolicy TagResource UntagResource",
            ),
        ],
    ),
    row(
        "aws_cloudwatch_metric_alarm",
        &[
            any("cloudwatch", "DescribeAlarms", ""),
            on("cloudwatch", &["alarm:{}"], "ListTagsForResource", "DeleteAlarms PutMetricAlarm TagResource UntagResource"),
        ],
    ),
    row(
        "aws_dynamodb_table",
        &[on(
            "dynamodb",
            &["table/{}"],
            "DescribeContinuousBackups DescribeTable DescribeTimeToLive ListTagsOfResource",
            "CreateTable DeleteTable TagResource UntagResource UpdateContinuousBackups UpdateTable UpdateTimeToLive",
        )],
    ),
    row(
        "aws_ecr_lifecycle_policy",
        &[on("ecr", &["repository/{}"], "GetLifecyclePolicy", "DeleteLifecyclePolicy PutLifecyclePolicy")],
    ),
    row(
        "aws_ecr_repository",
        &[on(
            "ecr",
            &["repository/{}"],
            "DescribeRepositories ListTagsForResource",
            "CreateRepository DeleteRepository PutImageScanningConfiguration PutImageTagMutability TagResource UntagResource",
        )],
    ),
    row(
        "aws_glue_catalog_database",
        &[
            on("glue", &["catalog", "database/{}"], "GetDatabase", "CreateDatabase UpdateDatabase"),
            // Glue asks for everything that goes with the database, too.
            on("glue", &["catalog", "database/{}", "table/{}/*", "userDefinedFunction/{}/*"], "", "DeleteDatabase"),
            on("glue", &["database/{}"], "GetTags", "TagResource UntagResource"),
        ],
    ),
    row(
        "aws_glue_catalog_table",
        &[on(
            "glue",
            &["catalog", "database/{}", "table/{}/*"],
            "GetPartitionIndexes GetTable",
            "CreatePartitionIndex CreateTable DeletePartitionIndex DeleteTable UpdateTable",
        )],
    ),
    row(
        "aws_glue_connection",
        &[
            on("glue", &["catalog"], "", "CreateConnection"),
            on("glue", &["catalog", "connection/{}"], "GetConnection", "DeleteConnection UpdateConnection"),
            on("glue", &["connection/{}"], "GetTags", "TagResource UntagResource"),
        ],
    ),
    row(
        "aws_glue_data_quality_ruleset",
        &[
            any("glue", "", "CreateDataQualityRuleset"),
            on(
                "glue",
                &["dataQualityRuleset/{}"],
                "GetDataQualityRuleset GetTags",
                "DeleteDataQualityRuleset TagResource UntagResource UpdateDataQualityRuleset",
            ),
        ],
    ),
    with_role(
        "aws_glue_job",
        "glue.amazonaws.com",
        &[on("glue", &["job/{}"], "GetJob GetTags", "CreateJob DeleteJob TagResource UntagResource UpdateJob")],
    ),
    row(
        "aws_glue_security_configuration",
        &[any("glue", "GetSecurityConfiguration", "CreateSecurityConfiguration DeleteSecurityConfiguration")],
    ),
    row(
        "aws_iam_openid_connect_provider",
        &[on(
            "iam",
            &["oidc-provider/{}"],
            "GetOpenIDConnectProvider",
            "AddClientIDToOpenIDConnectProvider CreateOpenIDConnectProvider DeleteOpenIDConnectProvider \
             RemoveClientIDFromOpenIDConnectProvider TagOpenIDConnectProvider UntagOpenIDConnectProvider \
             UpdateOpenIDConnectProviderThumbprint",
        )],
    ),
    row(
        "aws_iam_policy",
        &[on(
            "iam",
            &["policy/{}"],
            "GetPolicy GetPolicyVersion ListPolicyVersions",
            "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion TagPolicy UntagPolicy",
        )],
    ),
    row(
        "aws_iam_policy_attachment",
        &[
            on("iam", &["policy/{}"], "ListEntitiesForPolicy", ""),
            on("iam", &["role/{}"], "", "AttachRolePolicy DetachRolePolicy"),
        ],
    ),
    row(
        "aws_iam_role",
        &[on(
            "iam",
            &["role/{}"],
            "GetRole ListAttachedRolePolicies ListRolePolicies",
            "CreateRole DeleteRole DeleteRolePermissionsBoundary ListInstanceProfilesForRole PutRolePermissionsBoundary TagRole \
             UntagRole UpdateAssumeRolePolicy UpdateRole",
        )],
    ),
    row("aws_iam_role_policy", &[on("iam", &["role/{}"], "GetRolePolicy", "DeleteRolePolicy PutRolePolicy")]),
    row(
        "aws_iam_role_policy_attachment",
        &[on("iam", &["role/{}"], "ListAttachedRolePolicies", "AttachRolePolicy DetachRolePolicy")],
    ),
    row(
        "aws_kms_alias",
        &[any("kms", "ListAliases", ""), on("kms", &["alias/{}", "key/*"], "", "CreateAlias DeleteAlias UpdateAlias")],
    ),
    row(
        "aws_kms_key",
        &[
            any("kms", "", "CreateKey"),
            // The ids of keys are made by AWS.
            on(
                "kms",
                &["key/*"],
                "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
                "DisableKeyRotation EnableKeyRotation PutKeyPolicy ScheduleKeyDeletion TagResource UntagResource \
                 UpdateKeyDescription",
            ),
        ],
    ),
    row(
        "aws_lambda_event_source_mapping",
        &[
            any("lambda", "", "CreateEventSourceMapping"),
            // The names of mappings are made by AWS.
            on(
                "lambda",
                &["event-source-mapping:*"],
                "GetEventSourceMapping ListTags",
                "DeleteEventSourceMapping TagResource UntagResource UpdateEventSourceMapping",
            ),
        ],
    ),
    with_role(
        "aws_lambda_function",
        "lambda.amazonaws.com",
        &[on(
            "lambda",
            &["function:{}"],
            "GetFunction GetFunctionCodeSigningConfig GetFunctionConfiguration ListVersionsByFunction",
            "CreateFunction DeleteFunction TagResource UntagResource UpdateFunctionCode UpdateFunctionConfiguration",
        )],
    ),
    row(
        "aws_s3_bucket",
        &[
            on("s3", &["{}"], BUCKET, "CreateBucket DeleteBucket ListBucketVersions PutBucketTagging"),
            // With `force_destroy`.
            on("s3", &["{}/*"], "", "DeleteObject DeleteObjectVersion"),
        ],
    ),
    row("aws_s3_bucket_lifecycle_configuration", &[on("s3", &["{}"], "GetLifecycleConfiguration", "PutLifecycleConfiguration")]),
    row("aws_s3_bucket_logging", &[on("s3", &["{}"], "GetBucketLogging", "PutBucketLogging")]),
    row("aws_s3_bucket_ownership_controls", &[on("s3", &["{}"], "GetBucketOwnershipControls", "PutBucketOwnershipControls")]),
    row("aws_s3_bucket_policy", &[on("s3", &["{}"], "GetBucketPolicy", "DeleteBucketPolicy PutBucketPolicy")]),
    row("aws_s3_bucket_public_access_block", &[on("s3", &["{}"], "GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock")]),
    row(
        "aws_s3_bucket_server_side_encryption_configuration",
        &[on("s3", &["{}"], "GetEncryptionConfiguration", "PutEncryptionConfiguration")],
    ),
    row("aws_s3_bucket_versioning", &[on("s3", &["{}"], "GetBucketVersioning", "PutBucketVersioning")]),
    row(
        "aws_s3_object",
        &[on("s3", &["{}"], "GetObject GetObjectTagging", "DeleteObject DeleteObjectVersion PutObject PutObjectTagging")],
    ),
    with_role(
        "aws_sagemaker_mlflow_tracking_server",
        "sagemaker.amazonaws.com",
        &[on(
            "sagemaker",
            &["mlflow-tracking-server/{}"],
            "DescribeMlflowTrackingServer ListTags",
            "AddTags CreateMlflowTrackingServer DeleteMlflowTrackingServer DeleteTags UpdateMlflowTrackingServer",
        )],
    ),
    with_role(
        "aws_scheduler_schedule",
        "scheduler.amazonaws.com",
        &[on("scheduler", &["schedule/default/{}"], "GetSchedule", "CreateSchedule DeleteSchedule UpdateSchedule")],
    ),
    row(
        "aws_security_group",
        &[
            any("ec2", "DescribeNetworkInterfaces DescribeSecurityGroups", ""),
            // The ids of what EC2 makes are no names; a group is made in a network.
            on(
                "ec2",
                &["security-group/*", "vpc/*"],
                "",
                "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateSecurityGroup CreateTags DeleteSecurityGroup \
                 DeleteTags RevokeSecurityGroupEgress RevokeSecurityGroupIngress",
            ),
        ],
    ),
    with_role(
        "aws_sfn_state_machine",
        "states.amazonaws.com",
        &[
            any("states", "ValidateStateMachineDefinition", ""),
            on(
                "states",
                &["stateMachine:{}"],
                "DescribeStateMachine ListStateMachineVersions ListTagsForResource",
                "CreateStateMachine DeleteStateMachine TagResource UntagResource UpdateStateMachine",
            ),
        ],
    ),
    row(
        "aws_sns_topic",
        &[on(
            "sns",
            &["{}"],
            "GetTopicAttributes ListTagsForResource",
            "CreateTopic DeleteTopic SetTopicAttributes TagResource UntagResource",
        )],
    ),
    row(
        "aws_sns_topic_subscription",
        &[any("sns", "GetSubscriptionAttributes", "Unsubscribe"), on("sns", &["{}"], "", "Subscribe")],
    ),
    row(
        "aws_sqs_queue",
        &[on(
            "sqs",
            &["{}"],
            "GetQueueAttributes ListQueueTags",
            "CreateQueue DeleteQueue SetQueueAttributes TagQueue UntagQueue",
        )],
    ),
    row(
        "aws_subnet",
        &[
            any("ec2", "DescribeNetworkInterfaces DescribeSubnets", ""),
            on("ec2", &["subnet/*", "vpc/*"], "", "CreateSubnet CreateTags DeleteSubnet DeleteTags ModifySubnetAttribute"),
        ],
    ),
    row(
        "aws_vpc",
        &[
            any("ec2", "DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups DescribeVpcAttribute DescribeVpcs", ""),
            on("ec2", &["vpc/*"], "", "CreateTags CreateVpc DeleteTags DeleteVpc ModifyVpcAttribute"),
        ],
    ),
];
