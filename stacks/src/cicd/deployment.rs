//! What Terraform needs to plan and apply the stacks: derived from the resource types that are in them.

use std::collections::BTreeSet;

use oleoduto_aws::calls::{self, Access, Calls};
use oleoduto_aws::grants::{Grant, Key, Permissions, Repository, pass_role};
use oleoduto_aws::lookups::Lookups;
use oleoduto_aws::policy::Statement;
use oleoduto_cdk::{Diagnostic, Stack, Val};

use crate::kms;
use crate::support::folders::Folder;
use crate::support::names::{Names, Role, Single};
use crate::support::settings::Settings;

/// The actions that give a role its permissions: only on roles that have the boundary, and only with it. A role without it
/// could do everything.
const LIMITED: [&str; 6] = [
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
];
/// The action that takes the boundary away: never.
const NEVER: &str = "iam:DeleteRolePermissionsBoundary";

/// The calls for the types of some stacks, and what their resources are called.
pub(super) struct Deployment<'a> {
    settings: &'a Settings,
    lookups: &'a Lookups,
    names: &'a Names,
    bucket: String,
    calls: Vec<&'static Calls>,
}

/// The rows of the types; a type without one is reported at `stack`.
pub(super) fn rows(stack: &mut Stack, kinds: &BTreeSet<String>) -> Vec<&'static Calls> {
    let mut rows = Vec::new();
    for kind in kinds {
        match calls::of(kind) {
            Some(row) => rows.push(row),
            None => stack.report(Diagnostic::error(
                format!("{}/{kind}", stack.name()),
                format!(
                    "the permissions of the workflows' roles can't be derived: nothing says what the provider calls for `{kind}`"
                ),
                "add a row for the type to crates/aws/src/calls/table.rs",
            )),
        }
    }
    rows
}

impl<'a> Deployment<'a> {
    pub(super) fn new(settings: &'a Settings, names: &'a Names, lookups: &'a Lookups, calls: Vec<&'static Calls>) -> Self {
        Self { settings, lookups, names, bucket: names.bucket(&settings.account, &settings.region), calls }
    }

    /// The names of the resources of a type, as patterns. A series whose code begins with this one's has names of these
    /// patterns too, but roles are named one by one.
    fn names_of(&self, kind: &str) -> Vec<String> {
        let (any, bucket) = (self.names.any(), &self.bucket);
        match kind {
            "aws_s3_object" => [Folder::Scripts, Folder::Packages].map(|folder| format!("{bucket}/{folder}/*")).to_vec(),
            "aws_glue_catalog_database" | "aws_glue_catalog_table" => vec![self.names.database()],
            "aws_cloudwatch_log_group" => {
                let glue = format!("{}/*", self.names.glue_logs());
                vec![glue, Names::function_logs(&any), Names::pipeline_logs(&any)]
            }
            _ if is_of_role(kind) => Role::ALL.map(|role| self.names.of(role)).to_vec(),
            _ if kind.starts_with("aws_s3_") => vec![bucket.clone()],
            _ => vec![any],
        }
    }

    fn grants(&self, access: Access, wanted: impl Fn(&str) -> bool) -> Vec<Grant> {
        let calls = self.calls.iter().filter(|calls| wanted(calls.kind()));
        calls.flat_map(|calls| calls.grants(access, self.lookups, &self.names_of(calls.kind()))).collect()
    }

    /// What `plan` needs, and a look at the image and at the boundary.
    pub(super) fn read(&self) -> Permissions {
        let mut read = Permissions::new();
        read.allow(self.grants(Access::Read, |_| true));
        read.allow(Grant::new("LookAtImage", "ecr", "DescribeImageScanFindings DescribeImages").on(self.repository()));
        let boundary = self.names.boundary_arn(self.lookups);
        // The objects of the stacks are encrypted; the availability zones of the subnets are looked up.
        read.allow(kms::named(self.settings, self.lookups).iter().map(Key::decrypt));
        if self.settings.parameters.network.is_some() {
            read.allow(look_at_network("DescribeSubnets"));
        }
        read.allow(Grant::new("LookAtBoundary", "iam", "GetPolicy GetPolicyVersion").on(boundary));
        read
    }

    /// What `apply` and `destroy` need, with the push of the image and the deletion of all images.
    pub(super) fn write(&self) -> Permissions {
        // The changes first: what an action needs on several resources then is in one policy, where synth checks it.
        let mut write = Permissions::new();
        write.allow(self.grants(Access::Write, |kind| !is_of_role(kind)));
        write.extend(&self.read());
        write.allow(self.limited_roles());
        write.allow(self.pass_roles());
        write.allow(Repository::new(self.repository()).push());
        if let Some(key) = kms::named(self.settings, self.lookups) {
            write.allow([key.data_key(), key.lend_to_repository()]);
            let groups = self.names_of("aws_cloudwatch_log_group").into_iter().map(|name| format!("log-group:{name}"));
            let groups = groups.map(|group| self.lookups.arn::<String>("logs", group));
            let grant = Grant::new("EncryptLogs", "logs", "AssociateKmsKey DisassociateKmsKey");
            write.allow(groups.fold(grant, |grant, group| grant.on(group)));
        }
        if self.settings.parameters.network.is_some() {
            // Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
            write.allow(look_at_network("DescribeSecurityGroups DescribeSubnets DescribeVpcs"));
        }
        write.allow(Grant::new("EmptyRepository", "ecr", "BatchDeleteImage ListImages").on(self.repository()));
        write
    }

    fn repository(&self) -> Val<String> {
        self.lookups.arn("ecr", format!("repository/{}", self.names.of(Single::Repository)))
    }

    /// Roles with the boundary.
    fn limited_roles(&self) -> Vec<Grant> {
        let mut wanted = Permissions::new();
        wanted.allow(self.grants(Access::Write, is_of_role));
        let wanted = wanted.actions();
        let words = |limited: bool| {
            let some = wanted.iter().filter(|action| **action != NEVER && LIMITED.contains(*action) == limited);
            some.filter_map(|action| action.strip_prefix("iam:")).collect::<Vec<_>>().join(" ")
        };
        let on_roles = |grant: Grant| Role::ALL.iter().fold(grant, |grant, role| grant.on(self.role(*role)));
        let limited = Grant::new("MakeLimitedRoles", "iam", &words(true)).when(
            "ArnEquals",
            "iam:PermissionsBoundary",
            self.names.boundary_arn(self.lookups),
        );
        vec![on_roles(limited), on_roles(Grant::new("ChangeRoles", "iam", &words(false)))]
    }

    /// Each role to its own service, if a resource gets one.
    fn pass_roles(&self) -> Vec<Grant> {
        let services: BTreeSet<&str> = self.calls.iter().filter_map(|calls| calls.passes_role_to()).collect();
        let principal = |role: Role| format!("{}.amazonaws.com", role.service());
        let passed = Role::ALL.into_iter().filter(|role| services.contains(principal(*role).as_str()));
        passed.map(|role| pass_role(self.role(role), principal(role))).collect()
    }

    fn role(&self, role: Role) -> Val<String> {
        self.names.role_arn(role, self.lookups)
    }

    /// No workflow changes its own limits, whatever else is allowed.
    pub(super) fn keep_own_roles(&self) -> Statement {
        let actions: Vec<&str> =
            LIMITED.into_iter().chain([NEVER, "iam:DeleteRole", "iam:PassRole", "iam:UpdateAssumeRolePolicy"]).collect();
        let own: Val<String> = self.lookups.iam_arn(format!("role/{}", self.names.ci_role("*")));
        Statement::deny("KeepOwnRoles", &actions).on(own)
    }
}

fn look_at_network(actions: &str) -> Grant {
    Grant::new("LookAtNetwork", "ec2", actions).on_any_because("the lists of EC2 know no resources")
}

fn is_of_role(kind: &str) -> bool {
    kind.starts_with("aws_iam_role")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use oleoduto_cdk::{App, Backend};

    use super::*;

    #[test]
    fn a_type_without_a_row_is_a_mistake_that_says_where_to_add_it() {
        let mut app = App::new();
        let stack = app.stack("cicd", Backend::Local { path: "cicd.tfstate".into() });
        assert_eq!(rows(stack, &["aws_glue_job".to_owned(), "aws_unheard_of".to_owned()].into()).len(), 1);
        let mistake = app.synth().unwrap_err().to_string();
        assert!(mistake.contains("`aws_unheard_of`") && mistake.contains("crates/aws/src/calls/table.rs"), "{mistake}");
    }
}
