//! The bucket's protection: its settings, compared with those of `backend up`.

use anyhow::Context as _;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{BucketVersioningStatus, ObjectOwnership, ServerSideEncryption};
use oleoduto_aws::policy::TLS_ONLY;
use serde_json::Value as Json;

use super::bucket::Bucket;

impl Bucket {
    /// The missing protection, in words; empty if the settings are those of `backend up`.
    pub(super) async fn weaknesses(&self, kms_key: Option<&str>) -> anyhow::Result<Vec<String>> {
        let found = [
            self.encryption(kms_key).await?,
            self.versioning().await?,
            self.public_access().await?,
            self.ownership().await?,
            self.plain_http().await?,
        ];
        Ok(found.into_iter().flatten().collect())
    }

    /// The statements of its policy that are not ours.
    pub(super) async fn other_statements(&self) -> anyhow::Result<Vec<Json>> {
        let Some(policy) = self.policy().await? else { return Ok(Vec::new()) };
        Ok(listed(&policy["Statement"]).into_iter().filter(|statement| statement["Sid"] != TLS_ONLY).collect())
    }

    async fn policy(&self) -> anyhow::Result<Option<Json>> {
        let answer = optional(self.client.get_bucket_policy().bucket(&self.name).send().await)?;
        let text = answer.and_then(|answer| answer.policy);
        text.map(|text| serde_json::from_str(&text).context("the bucket's policy is not JSON")).transpose()
    }

    async fn encryption(&self, kms_key: Option<&str>) -> anyhow::Result<Option<String>> {
        let answer = optional(self.client.get_bucket_encryption().bucket(&self.name).send().await)?;
        let rules = answer.and_then(|answer| answer.server_side_encryption_configuration).map(|config| config.rules);
        let default = rules.unwrap_or_default().into_iter().find_map(|rule| rule.apply_server_side_encryption_by_default);
        Ok(match (default, kms_key) {
            (None, _) => Some("it is not encrypted by default".to_owned()),
            (Some(default), Some(wanted)) => {
                let with = default.kms_master_key_id.unwrap_or_default();
                let good = default.sse_algorithm == ServerSideEncryption::AwsKms && with == wanted;
                (!good).then(|| match with.as_str() {
                    "" => format!("it is encrypted by S3's own key, not by the KMS key {wanted}"),
                    with => format!("it is encrypted by the KMS key {with}, not by {wanted}"),
                })
            }
            (Some(_), None) => None,
        })
    }

    async fn versioning(&self) -> anyhow::Result<Option<String>> {
        let answer = self.client.get_bucket_versioning().bucket(&self.name).send().await;
        let status = answer.context("the bucket's versioning could not be read")?.status;
        let on = status == Some(BucketVersioningStatus::Enabled);
        Ok((!on).then(|| "versioning is off: an overwritten state is lost".to_owned()))
    }

    async fn public_access(&self) -> anyhow::Result<Option<String>> {
        let answer = optional(self.client.get_public_access_block().bucket(&self.name).send().await)?;
        let blocked = answer.and_then(|answer| answer.public_access_block_configuration).is_some_and(|block| {
            [block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets]
                .iter()
                .all(|on| *on == Some(true))
        });
        Ok((!blocked).then(|| "public access is not blocked".to_owned()))
    }

    async fn ownership(&self) -> anyhow::Result<Option<String>> {
        let answer = optional(self.client.get_bucket_ownership_controls().bucket(&self.name).send().await)?;
        let rules = answer.and_then(|answer| answer.ownership_controls).map(|controls| controls.rules).unwrap_or_default();
        let owned = rules.iter().any(|rule| rule.object_ownership == ObjectOwnership::BucketOwnerEnforced);
        Ok((!owned).then(|| "ACLs are enabled: other accounts may own objects".to_owned()))
    }

    async fn plain_http(&self) -> anyhow::Result<Option<String>> {
        let denied = self.policy().await?.is_some_and(|policy| denies_plain_http(&policy, &self.name));
        Ok((!denied).then(|| "requests without TLS are not denied".to_owned()))
    }
}

/// An answer, or none if the setting is absent.
fn optional<T, E, R>(answer: Result<T, SdkError<E, R>>) -> anyhow::Result<Option<T>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.as_service_error().and_then(|error| error.code()).is_some_and(is_missing) => Ok(None),
        Err(error) => Err(anyhow::Error::new(error).context("a setting of the bucket could not be read")),
    }
}

fn is_missing(code: &str) -> bool {
    matches!(
        code,
        "ServerSideEncryptionConfigurationNotFoundError"
            | "NoSuchPublicAccessBlockConfiguration"
            | "NoSuchBucketPolicy"
            | "OwnershipControlsNotFoundError"
    )
}

/// IAM takes one thing where it takes a list.
fn listed(value: &Json) -> Vec<Json> {
    match value {
        Json::Null => Vec::new(),
        Json::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

/// Whether one statement denies everybody every action on the bucket and all of its objects without TLS.
fn denies_plain_http(policy: &Json, bucket: &str) -> bool {
    let covers = |statement: &Json| {
        let everybody = statement["Principal"] == "*" || listed(&statement["Principal"]["AWS"]).contains(&"*".into());
        let actions = listed(&statement["Action"]);
        let all = actions.contains(&"s3:*".into()) || actions.contains(&"*".into());
        let resources = listed(&statement["Resource"]);
        let on = |end: &str| {
            let end = format!(":s3:::{bucket}{end}");
            resources.iter().any(|resource| resource.as_str().is_some_and(|text| text == "*" || text.ends_with(&end)))
        };
        // Another condition beside it would narrow the statement.
        let condition = &statement["Condition"];
        let without_tls = listed(&condition["Bool"]["aws:SecureTransport"]) == [Json::from("false")];
        let alone = condition.as_object().is_some_and(|map| map.len() == 1)
            && condition["Bool"].as_object().is_some_and(|map| map.len() == 1);
        statement["Effect"] == "Deny" && everybody && all && on("") && on("/*") && without_tls && alone
    };
    listed(&policy["Statement"]).iter().any(covers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_deny_of_everything_without_tls_counts() {
        let good = json!({
            "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*",
            "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}
        });
        let with = |key: &str, value: Json| {
            let mut statement = good.clone();
            statement[key] = value;
            denies_plain_http(&json!({"Statement": [statement]}), "b")
        };
        assert!(with("Principal", json!("*")) && with("Action", json!(["s3:*"])));
        assert!(denies_plain_http(&json!({"Statement": good}), "b"));
        assert!(!with("Effect", json!("Allow")));
        assert!(!with("Action", json!("s3:GetObject")));
        assert!(!with("Principal", json!({"AWS": "arn:aws:iam::123456789012:root"})));
        assert!(!with("Resource", json!("arn:aws:s3:::b")));
        assert!(!with("Resource", json!(["arn:aws:s3:::b", "arn:aws:s3:::b/logs/*"])));
        let narrow = json!({"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalTag/x": "y"}});
        assert!(!with("Condition", narrow));
        assert!(!denies_plain_http(&json!({}), "b"));
    }
}
