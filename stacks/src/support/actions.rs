//! Actions of AWS services, and statements on them.

use std::collections::BTreeSet;

use oleoduto_aws::policy::Statement;

/// The actions of a service: `s3:GetObject` and `s3:PutObject` of `s3` and `GetObject PutObject`.
pub(crate) fn actions(service: &str, words: &str) -> BTreeSet<String> {
    words.split_whitespace().map(|word| format!("{service}:{word}")).collect()
}

/// The actions as [`Statement`] takes them.
pub(crate) fn texts(actions: &BTreeSet<String>) -> Vec<&str> {
    actions.iter().map(String::as_str).collect()
}

/// Allow actions of a service, given as words.
pub(crate) fn allow(sid: &str, service: &str, words: &str) -> Statement {
    Statement::allow(sid, &texts(&actions(service, words)))
}

/// Deny actions of a service, given as words.
pub(crate) fn deny(sid: &str, service: &str, words: &str) -> Statement {
    Statement::deny(sid, &texts(&actions(service, words)))
}

/// Allow the login at the account's registry of images.
pub(crate) fn registry_login() -> Statement {
    allow("RegistryLogin", "ecr", "GetAuthorizationToken").on_any_because("GetAuthorizationToken knows no resources")
}
