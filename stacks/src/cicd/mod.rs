//! `cicd`: the roles of GitHub's workflows in this account, without keys. A person applies this stack, never a workflow: a
//! role that can edit its own limits is unlimited.

mod permissions;
mod policies;

use oleoduto_aws::iam_openid_connect_provider::IamOpenidConnectProvider;
use oleoduto_aws::iam_policy::IamPolicy;
use oleoduto_aws::iam_role::IamRole;
use oleoduto_aws::iam_role_policy::IamRolePolicy;
use oleoduto_aws::policy::{Statement, WebIdentity, policy, trust_web_identity};
use oleoduto_cdk::{App, Expr, Stack};
use policies::{ISSUER, Policies, provider_arn};

use crate::iam;
use crate::parameters::IdentityProvider;
use crate::support::actions::texts;
use crate::support::lookups::Lookups;
use crate::support::names::Single;
use crate::support::settings::{Cicd, Settings};
use crate::support::stack;
use crate::support::stack_name::StackName;

/// The audience of the tokens of GitHub's identity provider.
const AUDIENCE: &str = "sts.amazonaws.com";

/// Add the stack if workflows deploy without keys. It has three roles: `-plan` reads, `-apply` writes, `-backend` creates
/// the bucket of states. Each is for one GitHub environment, so that GitHub's rules for that environment (branches,
/// reviewers) are the rules for the role.
pub(crate) fn stack(app: &mut App, settings: &Settings, iam: &iam::Exports) {
    let Some(cicd) = settings.cicd() else { return };
    let (stack, lookups) = stack::add(app, settings, StackName::Cicd);
    let names = settings.names();
    let limit = Statement::allow("UpperLimit", &texts(&iam.actions))
        .on_any_because("a boundary limits; the roles' own policies name the resources");
    stack.add("boundary", IamPolicy::builder().name(names.of(Single::Boundary)).policy(policy([limit])).build());
    let roles = Roles { settings, provider: provider(stack, &lookups, &cicd), cicd };
    let policies = Policies { lookups: &lookups, names: &names, settings };
    roles.add(stack, "plan", vec![("read", policies.read()), ("state", policies.read_state())]);
    let write = vec![
        ("read", policies.read()),
        ("state", policies.write_state()),
        ("data", policies.write_data()),
        ("compute", policies.write_compute()),
        ("roles", policies.write_roles()),
    ];
    roles.add(stack, "apply", write);
    roles.add(stack, "backend", vec![("state", policies.create_state_bucket())]);
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
        IdentityProvider::Existing => provider_arn(lookups).into(),
    }
}

/// What the roles have in common.
struct Roles<'a> {
    settings: &'a Settings,
    cicd: Cicd<'a>,
    provider: Expr,
}

impl Roles<'_> {
    fn add(&self, stack: &mut Stack, what: &str, policies: Vec<(&str, Vec<Statement>)>) {
        let subject = format!("repo:{}:environment:{}-{what}", self.cicd.repository, self.settings.environment);
        let who = WebIdentity { provider: self.provider.clone(), issuer: ISSUER, audience: AUDIENCE, subject: &subject };
        let name = self.settings.names().ci_role(what);
        let role = stack.add(what, IamRole::builder().name(name).assume_role_policy(trust_web_identity(who)).build());
        for (name, statements) in policies {
            let policy = IamRolePolicy::builder().name(name).role(role.name()).policy(policy(statements)).build();
            stack.add(&format!("{what}_{name}"), policy);
        }
        stack.output(&format!("{what}_role_arn"), role.arn().text());
    }
}
