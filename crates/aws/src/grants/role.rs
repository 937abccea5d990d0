//! Roles that collect what they may do.

use std::fmt::Display;

use oleoduto_cdk::{Expr, Ref, Stack};

use super::grant::Grant;
use super::permissions::Permissions;
use crate::generated::iam_role::{IamRole, IamRoleRefs};
use crate::generated::iam_role_policy::IamRolePolicy;
use crate::types::RoleArn;

/// A role whose permissions are declared where they are used, in any stack.
#[derive(Debug)]
#[must_use = "a role has no permission until `write` adds its policy"]
pub struct Role {
    id: String,
    refs: IamRoleRefs,
    permissions: Permissions,
}

impl Role {
    /// Add a role to a stack.
    pub fn add(stack: &mut Stack, id: &str, role: IamRole) -> Self {
        Self { id: id.to_owned(), refs: stack.add(id, role), permissions: Permissions::new() }
    }

    /// The role's ARN.
    pub fn arn(&self) -> Ref<RoleArn> {
        self.refs.arn()
    }

    /// Allow the role what a use needs.
    pub fn allow(&mut self, grants: impl IntoIterator<Item = Grant>) {
        self.permissions.allow(grants);
    }

    /// Add the inline policy of all that the role was allowed, to the role's stack. Nothing can be allowed afterwards.
    pub fn write(self, stack: &mut Stack, name: &str) -> Permissions {
        let policy = IamRolePolicy::builder().name(name).role(self.refs.name()).policy(self.permissions.policy()).build();
        stack.add(&self.id, policy);
        self.permissions
    }
}

/// Give a role to a service, such as `glue.amazonaws.com`, for what is made there.
pub fn pass_role(role: impl Into<Expr>, service: impl Display) -> Grant {
    Grant::new("PassRole", "iam", "PassRole").on(role).when("StringEquals", "iam:PassedToService", service.to_string())
}
