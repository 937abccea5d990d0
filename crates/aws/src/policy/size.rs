//! Sizes of policies: what IAM and S3 take, and what a stack declares.

use std::collections::BTreeMap;

use oleoduto_cdk::{Diagnostic, Expr, ResourceView, StackView};

use super::length::Length;
use super::measure::of_policy;

/// What AWS takes: characters without white space.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
#[derive(Clone, Copy, Debug)]
struct Limit {
    what: &'static str,
    characters: usize,
    /// What AWS takes if an account asks for more.
    raised: usize,
    help: &'static str,
}

const INLINE: Limit = Limit {
    what: "the inline policies of a role together",
    characters: 10_240,
    raised: 10_240,
    help: "move statements to customer-managed policies (`IamPolicy`), of which a role takes ten with 6,144 characters each",
};
/// The most characters of a customer-managed policy.
pub(crate) const MANAGED_CHARACTERS: usize = 6_144;
const MANAGED: Limit = Limit {
    what: "a managed policy",
    characters: MANAGED_CHARACTERS,
    raised: MANAGED_CHARACTERS,
    help: "spread the statements over several policies: a role takes ten",
};
const TRUST: Limit = Limit {
    what: "a trust policy",
    characters: 2_048,
    raised: 4_096,
    help: "name less principals, or raise the quota `Role trust policy length` of the account",
};
const BUCKET: Limit = Limit {
    what: "a bucket's policy",
    characters: 20_480,
    raised: 20_480,
    help: "shorten it, or give access points policies of their own",
};

/// Policies of a stack that are larger than AWS takes: an error if they surely are, a warning if they may be.
pub(crate) fn check_stack(stack: &StackView<'_>) -> Vec<Diagnostic> {
    let region = stack.provider_argument("aws", "region").and_then(Expr::literal);
    let mut found = Vec::new();
    let mut inline: BTreeMap<String, Vec<(String, Length)>> = BTreeMap::new();
    for resource in stack.resources() {
        let length = |argument| resource.get(argument).and_then(|policy| of_policy(policy, region));
        let place = |argument| format!("{}.{argument}", resource.place());
        match resource.type_name() {
            "aws_iam_role" => {
                found.extend(length("assume_role_policy").and_then(|size| judge(TRUST, size, place("assume_role_policy"))));
                let own = nested(&resource).filter_map(|policy| of_policy(policy, region));
                let own = own.map(|size| (place("inline_policy"), size));
                inline.entry(resource.address().to_owned()).or_default().extend(own);
            }
            "aws_iam_role_policy" => {
                if let (Some(role), Some(size)) = (resource.get("role").and_then(role), length("policy")) {
                    inline.entry(role).or_default().push((place("policy"), size));
                }
            }
            "aws_iam_policy" => found.extend(length("policy").and_then(|size| judge(MANAGED, size, place("policy")))),
            "aws_s3_bucket_policy" => found.extend(length("policy").and_then(|size| judge(BUCKET, size, place("policy")))),
            _ => {}
        }
    }
    let sums = inline.into_values().filter_map(|policies| {
        let (place, _) = policies.last()?;
        judge(INLINE, policies.iter().map(|(_, size)| *size).sum(), place.clone())
    });
    found.extend(sums);
    found
}

/// The policies of the blocks `inline_policy`.
fn nested<'a>(role: &ResourceView<'a>) -> impl Iterator<Item = &'a Expr> + use<'a> {
    let blocks = match role.get("inline_policy") {
        Some(Expr::Array(blocks)) => blocks.as_slice(),
        _ => &[],
    };
    blocks.iter().filter_map(|block| match block {
        Expr::Object(pairs) => pairs.iter().find(|(key, _)| key == "policy").map(|(_, policy)| policy),
        _ => None,
    })
}

/// The role of an inline policy: its address, or its name.
fn role(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Ref(reference) => Some(reference.target().address().to_owned()),
        other => other.literal().map(str::to_owned),
    }
}

fn judge(limit: Limit, size: Length, place: String) -> Option<Diagnostic> {
    let Limit { what, characters, raised, help } = limit;
    if size.most <= characters {
        return None;
    }
    if size.least > raised {
        let message = format!("{what} may have {raised} characters without white space, and here are at least {}", size.least);
        return Some(Diagnostic::error(place, message, help));
    }
    let message = format!(
        "{what} may have {characters} characters without white space, and here may be {}, if all names are as long as AWS \
         allows",
        size.most
    );
    Some(Diagnostic::warning(place, message, help))
}
