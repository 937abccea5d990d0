//! A row: the calls for one resource type.

use oleoduto_cdk::Expr;

use crate::grants::Grant;
use crate::lookups::Lookups;

/// How far the access of a Terraform run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `terraform plan`: refresh the state.
    Read,
    /// `terraform apply` and `destroy`.
    Write,
}

/// The calls for one resource type.
#[derive(Debug)]
pub struct Calls {
    pub(super) kind: &'static str,
    pub(super) parts: &'static [Part],
    /// The service that gets a role with the resource, such as `glue.amazonaws.com`.
    pub(super) passes_role_to: Option<&'static str>,
}

/// Calls of one service on the same resources.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) service: &'static str,
    /// The last parts of ARNs, with `{}` in the place of the resource's name; none if the calls know no resources.
    pub(super) resources: &'static [&'static str],
    /// Action names.
    pub(super) read: &'static str,
    /// Action names that changes need in addition.
    pub(super) write: &'static str,
}

/// Calls on resources.
pub(super) const fn on(
    service: &'static str,
    resources: &'static [&'static str],
    read: &'static str,
    write: &'static str,
) -> Part {
    Part { service, resources, read, write }
}

/// Calls that know no resources.
pub(super) const fn any(service: &'static str, read: &'static str, write: &'static str) -> Part {
    Part { service, resources: &[], read, write }
}

/// A row.
pub(super) const fn row(kind: &'static str, parts: &'static [Part]) -> Calls {
    Calls { kind, parts, passes_role_to: None }
}

/// A row of a type that gets a role, which its service assumes.
pub(super) const fn with_role(kind: &'static str, service: &'static str, parts: &'static [Part]) -> Calls {
    Calls { kind, parts, passes_role_to: Some(service) }
}

impl Calls {
    /// The resource type.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// What a Terraform run needs for resources with these names, which may be patterns. The name of an object is
    /// `BUCKET/KEY`, that of a table of the Glue catalog its database.
    pub fn grants(&self, access: Access, here: &Lookups, names: &[String]) -> Vec<Grant> {
        let words = self.kind.trim_start_matches("aws_").split('_');
        let sid: String = words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect();
        let grant = |part: &Part| {
            let actions = match access {
                Access::Read => part.read.to_owned(),
                Access::Write => format!("{} {}", part.read, part.write),
            };
            if actions.trim().is_empty() {
                return None;
            }
            let grant = Grant::new(&sid, part.service, &actions);
            if part.resources.is_empty() {
                return Some(grant.on_any_because("these calls of the provider know no resources"));
            }
            let arns = part.resources.iter().flat_map(|form| names.iter().map(move |name| form.replace("{}", name)));
            Some(arns.fold(grant, |grant, resource| grant.on(arn(here, part.service, &resource))))
        };
        self.parts.iter().filter_map(grant).collect()
    }

    /// The service that gets a role with the resource, such as `glue.amazonaws.com`: changes need `iam:PassRole` to it.
    pub fn passes_role_to(&self) -> Option<&'static str> {
        self.passes_role_to
    }
}

fn arn(here: &Lookups, service: &str, resource: &str) -> Expr {
    match service {
        "budgets" | "iam" => here.global_arn::<String>(service, resource).into(),
        "cloudwatch" if resource.starts_with("dashboard/") => here.global_arn::<String>(service, resource).into(),
        "s3" => here.s3_arn::<String>(resource).into(),
        _ => here.arn::<String>(service, resource).into(),
    }
}
