//! Data at rest that are encrypted.

use oleoduto_cdk::{AppView, Diagnostic, Expr, Guard, ResourceView};

/// What AWS stores is encrypted: what it does not encrypt by itself must be switched on, and nothing may be switched off.
///
/// Objects in S3, tables of DynamoDB, logs, images and secrets are always encrypted. [`Encryption::own_keys`] asks for KMS keys of
/// the account for these, too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Encryption {
    own_keys: bool,
}

impl Encryption {
    /// Encrypted with any key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Encrypted with KMS keys of the account: their policies decide who reads, and their use is logged.
    #[must_use]
    pub fn own_keys(mut self) -> Self {
        self.own_keys = true;
        self
    }
}

/// How a resource type is encrypted.
struct Row {
    kind: &'static str,
    /// The switch, and whether it is on if it is not set.
    switch: Option<(&'static str, bool)>,
    /// The argument with the KMS key.
    key: &'static str,
}

const fn row(kind: &'static str, switch: Option<(&'static str, bool)>, key: &'static str) -> Row {
    Row { kind, switch, key }
}

/// Documentation of the provider, 5.100 and 6.47.
const TABLE: [Row; 27] = [
    row("aws_backup_vault", None, "kms_key_arn"),
    row("aws_cloudtrail", None, "kms_key_id"),
    row("aws_cloudwatch_log_group", None, "kms_key_id"),
    row("aws_db_instance", Some(("storage_encrypted", false)), "kms_key_id"),
    row("aws_docdb_cluster", Some(("storage_encrypted", false)), "kms_key_id"),
    row("aws_dynamodb_table", None, "server_side_encryption.kms_key_arn"),
    row("aws_ebs_snapshot_copy", Some(("encrypted", false)), "kms_key_id"),
    row("aws_ebs_volume", Some(("encrypted", false)), "kms_key_id"),
    row("aws_ecr_repository", None, "encryption_configuration.kms_key"),
    row("aws_efs_file_system", Some(("encrypted", false)), "kms_key_id"),
    row("aws_elasticache_replication_group", Some(("at_rest_encryption_enabled", false)), "kms_key_id"),
    row("aws_fsx_lustre_file_system", None, "kms_key_id"),
    row("aws_instance", Some(("root_block_device.encrypted", false)), "root_block_device.kms_key_id"),
    row(
        "aws_kinesis_firehose_delivery_stream",
        Some(("server_side_encryption.enabled", false)),
        "server_side_encryption.key_arn",
    ),
    row("aws_kinesis_stream", Some(("encryption_type", false)), "kms_key_id"),
    row("aws_msk_cluster", None, "encryption_info.encryption_at_rest_kms_key_arn"),
    row("aws_neptune_cluster", Some(("storage_encrypted", false)), "kms_key_arn"),
    row("aws_opensearch_domain", Some(("encrypt_at_rest.enabled", false)), "encrypt_at_rest.kms_key_id"),
    row("aws_rds_cluster", Some(("storage_encrypted", false)), "kms_key_id"),
    row("aws_redshift_cluster", Some(("encrypted", false)), "kms_key_id"),
    row("aws_sagemaker_domain", None, "kms_key_id"),
    row("aws_sagemaker_notebook_instance", None, "kms_key_id"),
    row("aws_secretsmanager_secret", None, "kms_key_id"),
    row("aws_sns_topic", Some(("kms_master_key_id", false)), "kms_master_key_id"),
    row("aws_sqs_queue", Some(("sqs_managed_sse_enabled", true)), "kms_master_key_id"),
    row("aws_timestreamwrite_database", None, "kms_key_id"),
    row("aws_workspaces_workspace", Some(("root_volume_encryption_enabled", false)), "volume_encryption_key"),
];

impl Guard for Encryption {
    fn name(&self) -> &str {
        "encryption"
    }

    fn check(&self, app: &AppView<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for resource in app.resources() {
            match TABLE.iter().find(|row| row.kind == resource.type_name()) {
                Some(row) => found.extend(judge(row, &resource, self.own_keys)),
                None if self.own_keys && resource.type_name() == "aws_s3_bucket" => found.extend(bucket(app, &resource)),
                None => {}
            }
        }
        found
    }
}

fn judge(row: &Row, resource: &ResourceView<'_>, own_keys: bool) -> Option<Diagnostic> {
    let has_key = resource.at(row.key).is_some_and(is_own_key);
    let address = resource.address();
    if let Some((switch, by_itself)) = row.switch
        && !has_key
        && !resource.at(switch).map_or(by_itself, is_on)
    {
        let message = format!("`{address}` is not encrypted");
        return Some(Diagnostic::error(format!("{}.{switch}", resource.place()), message, format!("set `{switch}`")));
    }
    if own_keys && !has_key {
        let message = format!("`{address}` is not encrypted with a key of the account");
        let help = format!("give `{}` the ARN of a KMS key", row.key);
        return Some(Diagnostic::error(format!("{}.{}", resource.place(), row.key), message, help));
    }
    None
}

/// Whether a switch is on, or may be: what only Terraform knows is not judged.
fn is_on(value: &Expr) -> bool {
    match value {
        Expr::Null => false,
        Expr::Bool(on) => *on,
        other => other.literal().is_none_or(|word| !matches!(word, "" | "NONE" | "false")),
    }
}

/// A key that is not AWS's own, such as `alias/aws/sns`.
fn is_own_key(value: &Expr) -> bool {
    *value != Expr::Null && value.literal().is_none_or(|key| !key.is_empty() && !key.starts_with("alias/aws/"))
}

/// A bucket without a default encryption by KMS.
fn bucket(app: &AppView<'_>, bucket: &ResourceView<'_>) -> Option<Diagnostic> {
    const DEFAULT: &str = "rule.apply_server_side_encryption_by_default.kms_master_key_id";
    let kind = "aws_s3_bucket_server_side_encryption_configuration";
    let mut configured = app.referring_to(bucket.target()).filter(|resource| resource.type_name() == kind);
    if configured.any(|configuration| configuration.at(DEFAULT).is_some_and(is_own_key)) {
        return None;
    }
    let message = format!("objects in `{}` are not encrypted with a key of the account", bucket.address());
    let help = format!("give private_bucket::protect a KMS key, or an {kind} `{DEFAULT}`");
    Some(Diagnostic::error(bucket.place(), message, help))
}
