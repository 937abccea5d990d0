//! `cicd`: what GitHub's workflows may do in this account, without keys. A person applies it, never a workflow: who can
//! change what limits him has no limits.

use oleoduto_aws::iam_openid_connect_provider::IamOpenidConnectProvider;
use oleoduto_aws::iam_policy::IamPolicy;
use oleoduto_aws::iam_role::IamRole;
use oleoduto_aws::iam_role_policy::IamRolePolicy;
use oleoduto_aws::policy::{Statement, WebIdentity, policy, trust_web_identity};
use oleoduto_cdk::{App, Expr, Stack, Val, text};

use crate::iam::{self, arn, boundary};
use crate::parameters::IdentityProvider;
use crate::settings::{Cicd, Settings, StateStore};
use crate::shared::{self, Shared};

/// The stack's name.
pub const CICD: &str = "cicd";

/// GitHub's identity provider.
const ISSUER: &str = "token.actions.githubusercontent.com";
/// Whom its tokens are for.
const AUDIENCE: &str = "sts.amazonaws.com";

/// The services that the pipeline's roles are for.
const SERVICES: [&str; 5] = ["glue", "lambda", "sagemaker", "scheduler", "states"];

/// The three roles: `-plan` reads, `-apply` writes, `-backend` makes the bucket of states. Each is for one GitHub
/// environment, so that GitHub's rules for that environment (branches, reviewers) are the rules for the role.
pub(crate) fn stack(app: &mut App, settings: &Settings, iam: &iam::Exports) {
    let Some(cicd) = &settings.cicd() else { return };
    let (stack, shared) = shared::stack(app, settings, CICD);
    let limit = Statement::allow("UpperLimit", &iam.actions.iter().map(String::as_str).collect::<Vec<_>>())
        .on_any_because("a boundary limits; the roles' own policies name the resources");
    let limit = IamPolicy::builder().name(format!("{}-boundary", settings.prefix())).policy(policy([limit])).build();
    stack.add("boundary", limit);
    let provider = provider(stack, &shared, cicd);
    let names = Names { shared: &shared, settings };
    role(stack, &names, cicd, &provider, "plan", vec![("read", names.read()), ("state", names.read_state())]);
    let write = vec![
        ("read", names.read()),
        ("state", names.write_state()),
        ("data", names.write_data()),
        ("compute", names.write_compute()),
        ("roles", names.write_roles()),
    ];
    role(stack, &names, cicd, &provider, "apply", write);
    role(stack, &names, cicd, &provider, "backend", vec![("state", names.make_state())]);
}

/// The ARN of the identity provider: of the one made here, or of the account's.
fn provider(stack: &mut Stack, shared: &Shared, cicd: &Cicd<'_>) -> Expr {
    match cicd.provider {
        // AWS knows the certificates of this issuer itself: no thumbprint to keep fresh.
        IdentityProvider::Create => {
            let provider =
                IamOpenidConnectProvider::builder().url(format!("https://{ISSUER}")).client_id_list([AUDIENCE]).build();
            stack.add("github", provider).arn().into()
        }
        IdentityProvider::Existing => {
            let known: Val<String> =
                text!["arn:", &shared.partition, ":iam::", &shared.account, format!(":oidc-provider/{ISSUER}")];
            known.into()
        }
    }
}

fn role(
    stack: &mut Stack,
    names: &Names<'_>,
    cicd: &Cicd<'_>,
    provider: &Expr,
    what: &str,
    policies: Vec<(&str, Vec<Statement>)>,
) {
    let subject = format!("repo:{}:environment:{}-{what}", cicd.repository, names.settings.environment);
    let who = WebIdentity { provider: provider.clone(), issuer: ISSUER, audience: AUDIENCE, subject: &subject };
    let role = IamRole::builder()
        .name(format!("{}-{what}", names.settings.ci_roles()))
        .assume_role_policy(trust_web_identity(who))
        .build();
    let role = stack.add(what, role);
    for (name, statements) in policies {
        let id = format!("{what}_{name}");
        stack.add(&id, IamRolePolicy::builder().name(name).role(role.name()).policy(policy(statements)).build());
    }
    stack.output(&format!("{what}_role_arn"), role.arn().text());
}

/// The names of the pipeline's resources, which all begin alike.
struct Names<'a> {
    shared: &'a Shared,
    settings: &'a Settings,
}

impl Names<'_> {
    fn arn(&self, service: &str, resource: &str) -> Val<String> {
        arn(self.shared, service, resource)
    }

    /// `arn:PARTITION:iam::ACCOUNT:RESOURCE`: IAM has no regions.
    fn iam(&self, resource: &str) -> Val<String> {
        text!["arn:", &self.shared.partition, ":iam::", &self.shared.account, format!(":{resource}")]
    }

    fn bucket(&self, name: &str, key: &str) -> Val<String> {
        text!["arn:", &self.shared.partition, format!(":s3:::{name}{key}")]
    }

    fn data_bucket(&self) -> String {
        format!("{}-{}-{}", self.settings.prefix(), self.settings.account, self.settings.region)
    }

    /// The catalogue's database, which has no hyphens.
    fn database(&self) -> String {
        self.settings.prefix().replace('-', "_")
    }

    /// Everything of the pipeline in the services that compute.
    fn on_compute(&self, statement: Statement) -> Statement {
        let prefix = self.settings.prefix();
        let named = [
            ("glue", format!("job/{prefix}-*")),
            ("glue", format!("trigger/{prefix}-*")),
            ("glue", "catalog".to_owned()),
            ("glue", format!("database/{}", self.database())),
            ("glue", format!("table/{}/*", self.database())),
            ("glue", format!("dataQualityRuleset/{prefix}-*")),
            ("lambda", format!("function:{prefix}-*")),
            ("states", format!("stateMachine:{prefix}-*")),
            ("ecr", format!("repository/{prefix}-*")),
            ("sagemaker", format!("mlflow-tracking-server/{prefix}-*")),
            ("sagemaker", format!("model-package-group/{prefix}-*")),
            ("sns", format!("{prefix}-*")),
            ("cloudwatch", format!("alarm:{prefix}-*")),
            ("cloudwatch", format!("dashboard/{prefix}-*")),
            ("scheduler", format!("schedule/default/{prefix}-*")),
            ("logs", format!("log-group:/aws/vendedlogs/states/{prefix}-*")),
            ("logs", format!("log-group:/aws/lambda/{prefix}-*")),
        ];
        named.iter().fold(statement, |statement, (service, resource)| statement.on(self.arn(service, resource)))
    }

    fn read(&self) -> Vec<Statement> {
        let prefix = self.settings.prefix();
        let bucket = self.data_bucket();
        let settings = Statement::allow(
            "ReadBucket",
            &[
                "s3:GetAccelerateConfiguration",
                "s3:GetBucket*",
                "s3:GetEncryptionConfiguration",
                "s3:GetLifecycleConfiguration",
                "s3:GetReplicationConfiguration",
                "s3:ListBucket",
            ],
        )
        .on(self.bucket(&bucket, ""));
        let objects = Statement::allow("ReadCode", &["s3:GetObject", "s3:GetObjectTagging"])
            .on(self.bucket(&bucket, "/scripts/*"))
            .on(self.bucket(&bucket, "/packages/*"));
        let roles = [
            "iam:GetPolicy",
            "iam:GetPolicyVersion",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListPolicyVersions",
            "iam:ListRolePolicies",
        ];
        let roles = Statement::allow("ReadRoles", &roles)
            .on(self.iam(&format!("role/{prefix}-*")))
            .on(self.iam(&format!("policy/{prefix}-*")));
        let identity =
            Statement::allow("ReadProvider", &["iam:GetOpenIDConnectProvider"]).on(self.iam(&format!("oidc-provider/{ISSUER}")));
        let compute = Statement::allow(
            "ReadPipeline",
            &[
                "cloudwatch:DescribeAlarms",
                "cloudwatch:GetDashboard",
                "cloudwatch:ListTagsForResource",
                "ecr:DescribeImageScanFindings",
                "ecr:DescribeImages",
                "ecr:DescribeRepositories",
                "ecr:GetLifecyclePolicy",
                "ecr:ListTagsForResource",
                "glue:GetDataQualityRuleset",
                "glue:GetDatabase",
                "glue:GetJob",
                "glue:GetTable",
                "glue:GetTags",
                "glue:GetTrigger",
                "lambda:GetFunction",
                "lambda:GetFunctionCodeSigningConfig",
                "lambda:GetFunctionConfiguration",
                "lambda:GetPolicy",
                "lambda:ListVersionsByFunction",
                "logs:ListTagsForResource",
                "sagemaker:DescribeMlflowTrackingServer",
                "sagemaker:DescribeModelPackageGroup",
                "sagemaker:ListTags",
                "scheduler:GetSchedule",
                "sns:GetSubscriptionAttributes",
                "sns:GetTopicAttributes",
                "sns:ListTagsForResource",
                "states:DescribeStateMachine",
                "states:ListStateMachineVersions",
                "states:ListTagsForResource",
            ],
        );
        let lists = Statement::allow("ReadLists", &["logs:DescribeLogGroups", "states:ValidateStateMachineDefinition"])
            .on_any_because("these two know no resources");
        vec![settings, objects, roles, identity, self.on_compute(compute), lists]
    }

    /// The bucket of states, where there is one.
    fn state_bucket(&self) -> Option<&str> {
        match &self.settings.state {
            StateStore::S3(store) => Some(&store.bucket),
            StateStore::Local(_) => None,
        }
    }

    fn list_states(&self, bucket: &str) -> Statement {
        Statement::allow("ListStates", &["s3:ListBucket"]).on(self.bucket(bucket, "")).when(
            "StringLike",
            "s3:prefix",
            format!("{}/*", self.settings.scope()),
        )
    }

    fn read_state(&self) -> Vec<Statement> {
        let Some(bucket) = self.state_bucket() else { return vec![self.no_state()] };
        let states = self.bucket(bucket, &format!("/{}/*", self.settings.scope()));
        vec![self.list_states(bucket), Statement::allow("ReadStates", &["s3:GetObject"]).on(states)]
    }

    fn write_state(&self) -> Vec<Statement> {
        let Some(bucket) = self.state_bucket() else { return vec![self.no_state()] };
        let states = self.bucket(bucket, &format!("/{}/*", self.settings.scope()));
        // Deleting: the locks, which are objects beside the states.
        let write = Statement::allow("WriteStates", &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]).on(states);
        let own = self.bucket(bucket, &format!("/{}/{CICD}.*", self.settings.scope()));
        let keep = Statement::deny("KeepOwnState", &["s3:DeleteObject", "s3:PutObject"]).on(own);
        vec![self.list_states(bucket), write, keep]
    }

    /// With states in files there is nothing to allow, and a policy can't be empty.
    fn no_state(&self) -> Statement {
        Statement::deny("NoStates", &["s3:GetObject"]).on(self.bucket(&self.data_bucket(), "/states/*"))
    }

    fn make_state(&self) -> Vec<Statement> {
        let Some(bucket) = self.state_bucket() else { return vec![self.no_state()] };
        let settings = Statement::allow(
            "MakeBucket",
            &[
                "s3:CreateBucket",
                "s3:DeleteBucket",
                "s3:DeleteBucketPolicy",
                "s3:GetAccelerateConfiguration",
                "s3:GetBucket*",
                "s3:GetEncryptionConfiguration",
                "s3:GetLifecycleConfiguration",
                "s3:GetReplicationConfiguration",
                "s3:ListBucket",
                "s3:ListBucketVersions",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPolicy",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketTagging",
                "s3:PutBucketVersioning",
                "s3:PutEncryptionConfiguration",
            ],
        )
        .on(self.bucket(bucket, ""));
        let objects =
            Statement::allow("OwnState", &["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"])
                .on(self.bucket(bucket, "/*"));
        vec![settings, objects]
    }

    fn write_data(&self) -> Vec<Statement> {
        let bucket = self.data_bucket();
        let settings = Statement::allow(
            "MakeBucket",
            &[
                "s3:CreateBucket",
                "s3:DeleteBucket",
                "s3:DeleteBucketPolicy",
                "s3:ListBucketVersions",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPolicy",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketTagging",
                "s3:PutBucketVersioning",
                "s3:PutEncryptionConfiguration",
                "s3:PutLifecycleConfiguration",
            ],
        )
        .on(self.bucket(&bucket, ""));
        let code = Statement::allow("WriteCode", &["s3:PutObject", "s3:PutObjectTagging"])
            .on(self.bucket(&bucket, "/scripts/*"))
            .on(self.bucket(&bucket, "/packages/*"));
        // `ci empty` deletes the data too: an approved destroy.
        let empty = Statement::allow("Empty", &["s3:DeleteObject", "s3:DeleteObjectVersion"]).on(self.bucket(&bucket, "/*"));
        vec![settings, code, empty]
    }

    fn write_compute(&self) -> Vec<Statement> {
        let compute = Statement::allow(
            "MakePipeline",
            &[
                "cloudwatch:DeleteAlarms",
                "cloudwatch:DeleteDashboards",
                "cloudwatch:PutDashboard",
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchDeleteImage",
                "ecr:BatchGetImage",
                "ecr:CompleteLayerUpload",
                "ecr:CreateRepository",
                "ecr:DeleteLifecyclePolicy",
                "ecr:DeleteRepository",
                "ecr:GetDownloadUrlForLayer",
                "ecr:InitiateLayerUpload",
                "ecr:ListImages",
                "ecr:PutImage",
                "ecr:PutImageScanningConfiguration",
                "ecr:PutImageTagMutability",
                "ecr:PutLifecyclePolicy",
                "ecr:TagResource",
                "ecr:UntagResource",
                "ecr:UploadLayerPart",
                "glue:CreateDataQualityRuleset",
                "glue:CreateDatabase",
                "glue:CreateJob",
                "glue:CreateTable",
                "glue:CreateTrigger",
                "glue:DeleteDataQualityRuleset",
                "glue:DeleteDatabase",
                "glue:DeleteJob",
                "glue:DeleteTable",
                "glue:DeleteTrigger",
                "glue:TagResource",
                "glue:UntagResource",
                "glue:UpdateDataQualityRuleset",
                "glue:UpdateDatabase",
                "glue:UpdateJob",
                "glue:UpdateTable",
                "glue:UpdateTrigger",
                "lambda:AddPermission",
                "lambda:CreateFunction",
                "lambda:DeleteFunction",
                "lambda:RemovePermission",
                "lambda:TagResource",
                "lambda:UntagResource",
                "lambda:UpdateFunctionCode",
                "lambda:UpdateFunctionConfiguration",
                "logs:CreateLogGroup",
                "logs:DeleteLogGroup",
                "logs:DeleteRetentionPolicy",
                "logs:PutRetentionPolicy",
                "logs:TagResource",
                "logs:UntagResource",
                "sagemaker:AddTags",
                "sagemaker:CreateMlflowTrackingServer",
                "sagemaker:CreateModelPackageGroup",
                "sagemaker:DeleteMlflowTrackingServer",
                "sagemaker:DeleteModelPackageGroup",
                "sagemaker:DeleteTags",
                "sagemaker:UpdateMlflowTrackingServer",
                "scheduler:CreateSchedule",
                "scheduler:DeleteSchedule",
                "scheduler:UpdateSchedule",
                "sns:CreateTopic",
                "sns:DeleteTopic",
                "sns:SetTopicAttributes",
                "sns:Subscribe",
                "sns:TagResource",
                "sns:Unsubscribe",
                "sns:UntagResource",
                "states:CreateStateMachine",
                "states:DeleteStateMachine",
                "states:TagResource",
                "states:UntagResource",
                "states:UpdateStateMachine",
            ],
        );
        let login = Statement::allow("RegistryLogin", &["ecr:GetAuthorizationToken"])
            .on_any_because("GetAuthorizationToken knows no resources");
        vec![self.on_compute(compute), login]
    }

    fn write_roles(&self) -> Vec<Statement> {
        let prefix = self.settings.prefix();
        let roles = self.iam(&format!("role/{prefix}-*"));
        let boundary = || boundary(self.shared, self.settings);
        // Only roles that have the boundary, and only with it: a role without it could do everything.
        let limited = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"];
        let limited = Statement::allow("MakeLimitedRoles", &limited).on(roles.clone()).when(
            "StringEquals",
            "iam:PermissionsBoundary",
            boundary(),
        );
        let plain = [
            "iam:DeleteRole",
            "iam:ListInstanceProfilesForRole",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
        ];
        let plain = Statement::allow("ChangeRoles", &plain).on(roles.clone());
        let services: Vec<Expr> = SERVICES.iter().map(|service| format!("{service}.amazonaws.com").into()).collect();
        let pass = Statement::allow("PassRoles", &["iam:PassRole"]).on(roles).when(
            "StringEquals",
            "iam:PassedToService",
            Expr::Array(services),
        );
        let own = self.iam(&format!("role/{}-*", self.settings.ci_roles()));
        let own_actions = [
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:PassRole",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
        ];
        vec![limited, plain, pass, Statement::deny("KeepOwnRoles", &own_actions).on(own)]
    }
}
