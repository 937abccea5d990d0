//! `cicd`: the roles of GitHub's workflows in this account, without keys. A person applies this stack, never a workflow: a
//! role that can edit its own limits is unlimited.

mod boundary;
mod deployment;
mod states;

use std::collections::BTreeSet;

use deployment::Deployment;
use oleoduto_aws::grants::Permissions;
use oleoduto_aws::iam_openid_connect_provider::IamOpenidConnectProvider;
use oleoduto_aws::iam_policy::IamPolicy;
use oleoduto_aws::iam_role::IamRole;
use oleoduto_aws::iam_role_policy_attachment::IamRolePolicyAttachment;
use oleoduto_aws::lookups::Lookups;
use oleoduto_aws::policy::{Statement, WebIdentity, policy, trust_web_identity};
use oleoduto_aws::types::PolicyDocument;
use oleoduto_cdk::{App, Expr, Stack, Val};
use states::States;

use crate::iam;
use crate::parameters::IdentityProvider;
use crate::support::names::Single;
use crate::support::settings::{Cicd, Settings};
use crate::support::stack;
use crate::support::stack_name::StackName;

/// GitHub's identity provider.
const ISSUER: &str = "token.actions.githubusercontent.com";
/// The audience of the tokens of GitHub's identity provider.
const AUDIENCE: &str = "sts.amazonaws.com";
/// Longest session of a role, seconds: destroying a tracking server takes up to 45 minutes, and a job may take two hours.
const SESSION_SECONDS: i64 = 2 * 3600;

/// Add the stack if workflows deploy without keys. It has three roles: `-plan` reads, `-apply` writes, `-backend` creates
/// the bucket of states. Each is for one GitHub environment, so that GitHub's rules for that environment (branches,
/// reviewers) are the rules for the role.
pub(crate) fn stack(app: &mut App, settings: &Settings, granted: &iam::Granted) {
    let Some(cicd) = settings.cicd() else { return };
    let kinds = of_workflows(app.resource_types());
    let (stack, lookups) = stack::add(app, settings, StackName::Cicd);
    let names = settings.names();
    let limit = boundary::boundary(granted, &names, &lookups, settings);
    stack.add("boundary", IamPolicy::builder().name(names.of(Single::Boundary)).policy(limit).build());
    let roles = Roles { settings, provider: provider(stack, &lookups, &cicd), cicd };
    let deployment = Deployment::new(settings, &names, &lookups, deployment::rows(stack, &kinds));
    let states = States::of(settings, &lookups);
    let mut plan = deployment.read();
    plan.allow(states.iter().flat_map(States::read));
    roles.add(stack, "plan", &plan, &[]);
    let mut apply = deployment.write();
    apply.allow(states.iter().flat_map(States::write));
    let keep: Vec<_> = states.iter().map(States::keep_own_state).chain([deployment.keep_own_roles()]).collect();
    roles.add(stack, "apply", &apply, &keep);
    if let Some(states) = states {
        let rows = deployment::rows(stack, &states.kinds());
        roles.add(stack, "backend", &states.own_bucket(&rows), &[]);
    }
    app.extend(StackName::Iam.as_str(), |iam| boundary::compare(iam, granted, &names, settings));
}

/// The types of the stacks that workflows apply: the key is not theirs.
fn of_workflows(mut kinds: BTreeSet<String>) -> BTreeSet<String> {
    kinds.retain(|kind| !kind.starts_with("aws_kms_"));
    kinds
}

/// The ARN of the identity provider: of a new one, or of the account's.
fn provider(stack: &mut Stack, lookups: &Lookups, cicd: &Cicd<'_>) -> Expr {
    match cicd.provider {
        // AWS knows the certificates of this issuer itself: no thumbprint to keep up to date.
        IdentityProvider::Create => {
            let provider =
                IamOpenidConnectProvider::builder().url(format!("https://{ISSUER}")).client_id_list([AUDIENCE]).build();
            stack.add("github", provider).arn().into()
        }
        IdentityProvider::Existing => lookups.iam_arn::<String>(format!("oidc-provider/{ISSUER}")).into(),
    }
}

/// What the roles have in common.
struct Roles<'a> {
    settings: &'a Settings,
    cicd: Cicd<'a>,
    provider: Expr,
}

impl Roles<'_> {
    /// A role for one GitHub environment, with policies of its own: inline ones have not enough room.
    fn add(&self, stack: &mut Stack, what: &str, permissions: &Permissions, denied: &[Statement]) {
        let subject = format!("repo:{}:environment:{}-{what}", self.cicd.repository, self.settings.environment);
        let who = WebIdentity { provider: self.provider.clone(), issuer: ISSUER, audience: AUDIENCE, subject: &subject };
        let name = self.settings.names().ci_role(what);
        let role = IamRole::builder()
            .name(name.as_str())
            .assume_role_policy(trust_web_identity(who))
            .max_session_duration(SESSION_SECONDS)
            .build();
        let role = stack.add(what, role);
        let allowed = permissions.managed_policies();
        let denied = (!denied.is_empty()).then(|| ("keep".to_owned(), policy(denied.iter().cloned())));
        let allowed = allowed.into_iter().enumerate().map(|(index, policy)| ((index + 1).to_string(), policy));
        let mut attach = |part: &str, document: Val<PolicyDocument>| {
            let id = format!("{what}_{part}");
            let policy = IamPolicy::builder().name(format!("{name}-{part}")).policy(document).build();
            let policy = stack.add(&id, policy);
            stack.add(&id, IamRolePolicyAttachment::builder().role(role.name().text()).policy_arn(policy.arn()).build());
        };
        for (part, document) in allowed.chain(denied) {
            attach(&part, document);
        }
        stack.output(&format!("{what}_role_arn"), role.arn().text());
    }
}
