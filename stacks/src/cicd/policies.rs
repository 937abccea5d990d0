//! The policies of the roles of workflows.

use std::collections::BTreeSet;

use oleoduto_aws::policy::Statement;
use oleoduto_cdk::{Expr, Val};

use super::permissions;
use crate::support::actions::{allow, deny, registry_login, texts};
use crate::support::folders::Folder;
use crate::support::lookups::Lookups;
use crate::support::names::{Names, Role};
use crate::support::settings::{Settings, StateStore};
use crate::support::stack_name::StackName;

/// GitHub's identity provider.
pub(super) const ISSUER: &str = "token.actions.githubusercontent.com";

/// The actions that read a bucket's settings.
const READ_BUCKET: &str = "GetAccelerateConfiguration GetBucket* GetEncryptionConfiguration GetLifecycleConfiguration \
                           GetReplicationConfiguration ListBucket";
/// The actions that create, protect and delete a bucket.
const MAKE_BUCKET: &str = "CreateBucket DeleteBucket DeleteBucketPolicy ListBucketVersions PutBucketOwnershipControls \
                           PutBucketPolicy PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning \
                           PutEncryptionConfiguration";
/// The actions that give a role its permissions.
const MAKE_ROLES: &str = "CreateRole DeleteRolePolicy PutRolePermissionsBoundary PutRolePolicy";
/// The actions that change a role otherwise.
const CHANGE_ROLES: &str = "DeleteRole TagRole UntagRole UpdateAssumeRolePolicy UpdateRole";

/// The ARN of GitHub's identity provider in the account.
pub(super) fn provider_arn(lookups: &Lookups) -> Val<String> {
    lookups.iam_arn(format!("oidc-provider/{ISSUER}"))
}

/// What policies consist of.
pub(super) struct Policies<'a> {
    pub(super) lookups: &'a Lookups,
    pub(super) names: &'a Names,
    pub(super) settings: &'a Settings,
}

impl Policies<'_> {
    fn bucket(&self, name: &str, key: &str) -> Val<String> {
        self.lookups.s3_arn(format!("{name}{key}"))
    }

    fn data_bucket(&self) -> String {
        self.names.bucket(&self.settings.account, &self.settings.region)
    }

    /// A statement on the code in the data bucket.
    fn on_code(&self, statement: Statement) -> Statement {
        let bucket = self.data_bucket();
        [Folder::Scripts, Folder::Packages]
            .iter()
            .fold(statement, |statement, folder| statement.on(self.bucket(&bucket, &format!("/{folder}/*"))))
    }

    /// A statement on the resources of all stacks.
    fn on_compute(&self, statement: Statement) -> Statement {
        let resources = permissions::resources(self.names);
        resources.iter().fold(statement, |statement, (service, resource)| statement.on(self.lookups.arn(service, resource)))
    }

    pub(super) fn read(&self) -> Vec<Statement> {
        let bucket = self.data_bucket();
        let settings = allow("ReadBucket", "s3", READ_BUCKET).on(self.bucket(&bucket, ""));
        let objects = self.on_code(allow("ReadCode", "s3", "GetObject GetObjectTagging"));
        let roles =
            "GetPolicy GetPolicyVersion GetRole GetRolePolicy ListAttachedRolePolicies ListPolicyVersions ListRolePolicies";
        let roles = allow("ReadRoles", "iam", roles)
            .on(self.lookups.iam_arn::<String>(format!("role/{}", self.names.any())))
            .on(self.lookups.iam_arn::<String>(format!("policy/{}", self.names.any())));
        let identity = allow("ReadProvider", "iam", "GetOpenIDConnectProvider").on(provider_arn(self.lookups));
        let compute = Statement::allow("ReadPipeline", &texts(&permissions::read()));
        let mut lists = vec!["logs:DescribeLogGroups", "states:ValidateStateMachineDefinition"];
        lists.extend(permissions::READ_ANY);
        let lists = Statement::allow("ReadLists", &lists).on_any_because("AWS judges these on no narrower resource");
        vec![settings, objects, roles, identity, self.on_compute(compute), lists]
    }

    /// The bucket of states, if states are in one.
    fn state_bucket(&self) -> Option<&str> {
        match &self.settings.state {
            StateStore::S3(store) => Some(&store.bucket),
            StateStore::Local(_) => None,
        }
    }

    fn list_states(&self, bucket: &str) -> Statement {
        allow("ListStates", "s3", "ListBucket").on(self.bucket(bucket, "")).when(
            "StringLike",
            "s3:prefix",
            format!("{}/*", self.settings.scope()),
        )
    }

    pub(super) fn read_state(&self) -> Vec<Statement> {
        let Some(bucket) = self.state_bucket() else { return vec![self.no_state()] };
        let states = self.bucket(bucket, &format!("/{}/*", self.settings.scope()));
        vec![self.list_states(bucket), allow("ReadStates", "s3", "GetObject").on(states)]
    }

    pub(super) fn write_state(&self) -> Vec<Statement> {
        let Some(bucket) = self.state_bucket() else { return vec![self.no_state()] };
        let states = self.bucket(bucket, &format!("/{}/*", self.settings.scope()));
        // Deleting: the locks, which are objects beside the states.
        let write = allow("WriteStates", "s3", "DeleteObject GetObject PutObject").on(states);
        let own = self.bucket(bucket, &format!("/{}/{}.*", self.settings.scope(), StackName::Cicd));
        let keep = deny("KeepOwnState", "s3", "DeleteObject PutObject").on(own);
        vec![self.list_states(bucket), write, keep]
    }

    /// If states are files, there is nothing to allow, and a policy can't be empty.
    fn no_state(&self) -> Statement {
        deny("NoStates", "s3", "GetObject").on(self.bucket(&self.data_bucket(), "/states/*"))
    }

    pub(super) fn create_state_bucket(&self) -> Vec<Statement> {
        let Some(bucket) = self.state_bucket() else { return vec![self.no_state()] };
        let settings = allow("MakeBucket", "s3", &format!("{READ_BUCKET} {MAKE_BUCKET}")).on(self.bucket(bucket, ""));
        let objects =
            allow("OwnState", "s3", "DeleteObject DeleteObjectVersion GetObject PutObject").on(self.bucket(bucket, "/*"));
        vec![settings, objects]
    }

    pub(super) fn write_data(&self) -> Vec<Statement> {
        let bucket = self.data_bucket();
        let settings =
            allow("MakeBucket", "s3", &format!("{MAKE_BUCKET} PutLifecycleConfiguration")).on(self.bucket(&bucket, ""));
        let code = self.on_code(allow("WriteCode", "s3", "PutObject PutObjectTagging"));
        // `ci empty` deletes the data too: an approved destroy.
        let empty = allow("Empty", "s3", "DeleteObject DeleteObjectVersion").on(self.bucket(&bucket, "/*"));
        vec![settings, code, empty]
    }

    pub(super) fn write_compute(&self) -> Vec<Statement> {
        let compute = Statement::allow("MakePipeline", &texts(&permissions::write()));
        let (service, functions) = permissions::functions(self.names);
        let compute = self.on_compute(compute).on(self.lookups.arn(service, functions));
        let any =
            Statement::allow("MakeAnywhere", &permissions::WRITE_ANY).on_any_because("AWS judges these on no narrower resource");
        vec![compute, any, registry_login()]
    }

    pub(super) fn write_roles(&self) -> Vec<Statement> {
        let roles = self.lookups.iam_arn::<String>(format!("role/{}", self.names.any()));
        // Only roles that have the boundary, and only with it: a role without it could do everything.
        let limited = allow("MakeLimitedRoles", "iam", MAKE_ROLES).on(roles.clone()).when(
            "StringEquals",
            "iam:PermissionsBoundary",
            self.names.boundary_arn(self.lookups),
        );
        let plain = allow("ChangeRoles", "iam", &format!("{CHANGE_ROLES} ListInstanceProfilesForRole")).on(roles.clone());
        // Each service once, in order.
        let services: BTreeSet<&str> = Role::ALL.into_iter().map(Role::service).collect();
        let services = services.iter().map(|service| format!("{service}.amazonaws.com").into());
        let pass = allow("PassRoles", "iam", "PassRole").on(roles).when(
            "StringEquals",
            "iam:PassedToService",
            Expr::Array(services.collect()),
        );
        let own = self.lookups.iam_arn::<String>(format!("role/{}", self.names.ci_role("*")));
        let every = format!("{MAKE_ROLES} {CHANGE_ROLES} PassRole");
        vec![limited, plain, pass, deny("KeepOwnRoles", "iam", &every).on(own)]
    }
}
