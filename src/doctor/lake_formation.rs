//! Whether Lake Formation lets the caller create the database of the catalog, whatever IAM says.

use aws_config::SdkConfig;
use serde_json::{Value as Json, json};

use oleoduto_cli::doctor::Finding;
use oleoduto_cli::{AwsProtocol, AwsService, Refused};

use super::shortened::why;

const WHAT: &str = "Lake Formation";
const LAKE_FORMATION: AwsService = AwsService { id: "LakeFormation", name: "lakeformation", protocol: AwsProtocol::RestJson };
/// The principal by which Lake Formation leaves the decision to IAM.
const IAM: &str = "IAM_ALLOWED_PRINCIPALS";

/// Ask for the settings of the account and, if IAM does not decide alone, who may create databases.
pub(super) async fn check(sdk: &SdkConfig, caller: &str) -> Finding {
    let settings = match LAKE_FORMATION.json(sdk, "GetDataLakeSettings", &json!({})).await {
        Ok(answer) => answer["DataLakeSettings"].clone(),
        Err(refused) => return not_readable(&refused, "lakeformation:GetDataLakeSettings"),
    };
    if grants(&settings["CreateDatabaseDefaultPermissions"], &[IAM]) {
        return Finding::ok(WHAT, "leaves the decision to IAM");
    }
    let caller = identity(caller);
    if principals(&settings["DataLakeAdmins"]).any(|admin| admin == caller) {
        return Finding::ok(WHAT, format!("is in charge; {caller} is an administrator of the data lake"));
    }
    match LAKE_FORMATION.json(sdk, "ListPermissions", &json!({"ResourceType": "CATALOG"})).await {
        Ok(answer) => judge(&answer["PrincipalResourcePermissions"], &caller),
        Err(refused) => not_readable(&refused, "lakeformation:ListPermissions"),
    }
}

fn judge(permissions: &Json, caller: &str) -> Finding {
    if grants(permissions, &[IAM, caller]) {
        return Finding::ok(WHAT, format!("is in charge; {caller} may create databases"));
    }
    Finding::failure(
        WHAT,
        format!("is in charge of new databases, and {caller} may create none: the stack `glue` can't be applied"),
        format!(
            "an administrator of the data lake runs: aws lakeformation grant-permissions --principal \
             DataLakePrincipalIdentifier={caller} --permissions CREATE_DATABASE --resource '{{\"Catalog\": {{}}}}'"
        ),
    )
}

fn not_readable(refused: &Refused, action: &str) -> Finding {
    Finding::warning(WHAT, format!("its settings are not readable: {}", why(refused)), format!("needs {action}"))
}

/// Whether one of the principals may create databases.
fn grants(permissions: &Json, wanted: &[&str]) -> bool {
    permissions.as_array().into_iter().flatten().any(|entry| {
        let may = entry["Permissions"].as_array().into_iter().flatten();
        let mut may = may.filter_map(Json::as_str);
        let principal = &entry["Principal"]["DataLakePrincipalIdentifier"];
        wanted.iter().any(|name| principal == name) && may.any(|name| matches!(name, "ALL" | "CREATE_DATABASE"))
    })
}

fn principals(list: &Json) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(|entry| entry["DataLakePrincipalIdentifier"].as_str())
}

/// The user or role behind a caller: `assumed-role/NAME/SESSION` is the role NAME.
fn identity(arn: &str) -> String {
    let assumed = arn.split_once(":sts::").and_then(|(partition, rest)| {
        let (account, role) = rest.split_once(":assumed-role/")?;
        Some(format!("{partition}:iam::{account}:role/{}", role.split('/').next()?))
    });
    assumed.unwrap_or_else(|| arn.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use oleoduto_cli::doctor::Verdict;

    #[test]
    fn a_caller_is_its_role() {
        let role = "arn:aws-cn:iam::123456789012:role/apply";
        assert_eq!(identity("arn:aws-cn:sts::123456789012:assumed-role/apply/me"), role);
        assert_eq!(identity("arn:aws:iam::123456789012:user/x"), "arn:aws:iam::123456789012:user/x");
    }

    #[test]
    fn who_may_create_databases_is_ok_and_nobody_else() {
        let row = |who: &str, what: &str| json!([{"Principal": {"DataLakePrincipalIdentifier": who}, "Permissions": [what]}]);
        let verdict = |permissions: Json| judge(&permissions, "me").verdict;
        assert_eq!(verdict(row("me", "CREATE_DATABASE")), Verdict::Ok);
        assert_eq!(verdict(row(IAM, "ALL")), Verdict::Ok);
        assert_eq!(verdict(row("me", "DESCRIBE")), Verdict::Failure);
        assert_eq!(verdict(row("you", "CREATE_DATABASE")), Verdict::Failure);
        assert_eq!(verdict(Json::Null), Verdict::Failure);
    }
}
