//! Names, keys and URIs with the limits of their services.

use super::string_like::string_like;

fn check(kind: &str, literal: &str, max: usize, extra: &str) -> Result<(), String> {
    let length = literal.chars().count();
    if length == 0 || length > max {
        return Err(format!("`{literal}` has {length} characters; {kind} has 1 to {max}"));
    }
    match literal.chars().find(|c| !c.is_ascii_alphanumeric() && !extra.contains(*c)) {
        Some(c) => Err(format!("`{literal}` holds `{c}`; {kind} holds letters, digits and any of `{extra}`")),
        None => Ok(()),
    }
}

string_like!(
    /// The name of an IAM role.
    RoleName names "aws_iam_role",
    |literal| check("the name of an IAM role", literal, 64, "+=,.@-_")
);
string_like!(
    /// The name of an IAM policy.
    PolicyName,
    |literal| check("the name of an IAM policy", literal, 128, "+=,.@-_")
);
string_like!(
    /// The name of a Glue job.
    GlueJobName names "aws_glue_job",
    |literal| check("the name of a Glue job", literal, 255, "-_.")
);
string_like!(
    /// The name of a database of the Glue catalog, as Athena can use it: lower case.
    GlueDatabaseName names "aws_glue_catalog_database",
    |literal| catalog_name("the name of a Glue database", literal)
);
string_like!(
    /// The name of a table of the Glue catalog, as Athena can use it: lower case.
    GlueTableName,
    |literal| catalog_name("the name of a Glue table", literal)
);
string_like!(
    /// The name of a Lambda function.
    FunctionName names "aws_lambda_function",
    |literal| check("the name of a Lambda function", literal, 64, "-_")
);
string_like!(
    /// The name of a Step Functions state machine.
    StateMachineName names "aws_sfn_state_machine",
    |literal| check("the name of a state machine", literal, 80, "-_")
);
string_like!(
    /// The name of a CloudWatch log group.
    LogGroupName names "aws_cloudwatch_log_group",
    |literal| check("the name of a log group", literal, 512, "_-/.#")
);
string_like!(
    /// The name of an SQS queue; that of a FIFO queue ends with `.fifo`.
    QueueName,
    |literal| check("the name of a queue", literal.strip_suffix(".fifo").unwrap_or(literal), 80, "-_")
);
string_like!(
    /// The name of an ECR repository: 2 to 256 lower-case letters, digits and single separators between them.
    RepositoryName names "aws_ecr_repository",
    |literal| {
        let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let parts = |part: &str| part.starts_with(alphanumeric) && part.ends_with(alphanumeric);
        let inner = literal.chars().all(|c| alphanumeric(c) || "._-/".contains(c));
        if (2..=256).contains(&literal.len()) && inner && literal.split('/').all(parts) {
            Ok(())
        } else {
            Err(format!("`{literal}` can't be the name of an ECR repository: 2 to 256 lower-case letters, digits and `.`, `_`, `-`, `/` between them"))
        }
    }
);
string_like!(
    /// The name of an S3 bucket: 3 to 63 lower-case letters, digits, `.` and `-`.
    BucketName names "aws_s3_bucket",
    |literal| bucket(literal)
);
string_like!(
    /// The key of an S3 object: 1 to 1,024 bytes.
    S3Key,
    |literal| {
        if literal.is_empty() || literal.len() > 1024 {
            return Err(format!("`{literal}` has {} bytes; the key of an object has 1 to 1024", literal.len()));
        }
        Ok(())
    }
);
string_like!(
    /// An S3 URI: `s3://BUCKET/KEY`.
    S3Uri,
    |literal| {
        let Some(rest) = literal.strip_prefix("s3://") else {
            return Err(format!("`{literal}` is not an S3 URI: the form is s3://BUCKET/KEY"));
        };
        bucket(rest.split('/').next().unwrap_or_default())
    }
);

fn catalog_name(kind: &str, literal: &str) -> Result<(), String> {
    check(kind, literal, 255, "_")?;
    if literal.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(format!("`{literal}` has capitals; {kind} is lower case, since the catalog folds it"));
    }
    Ok(())
}

fn bucket(literal: &str) -> Result<(), String> {
    if !(3..=63).contains(&literal.len()) {
        return Err(format!("`{literal}` has {} characters; a bucket's name has 3 to 63", literal.len()));
    }
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inner = literal.chars().all(|c| edge(c) || c == '-' || c == '.');
    let address = literal.split('.').count() == 4 && literal.split('.').all(|part| part.parse::<u8>().is_ok());
    if inner && literal.starts_with(edge) && literal.ends_with(edge) && !literal.contains("..") && !address {
        Ok(())
    } else {
        Err(format!(
            "`{literal}` can't be a bucket's name: lower-case letters, digits, `.` and `-`, with a letter or digit at both ends"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oleoduto_cdk::StringLike;

    #[test]
    fn a_bucket_name_is_checked_where_aws_would_only_at_apply() {
        assert!(BucketName::check("oleoduto-dev-1").is_ok());
        for bad in ["Upper", "ab", "-edge", "under_score", "two..dots", "192.168.0.1"] {
            assert!(BucketName::check(bad).is_err(), "{bad}");
        }
        assert!(S3Uri::check("s3://oleoduto-dev-1/raw/").is_ok());
        assert!(S3Uri::check("s3://Oleoduto/raw/").is_err());
        assert!(S3Uri::check("https://oleoduto").is_err());
    }

    #[test]
    fn limits_are_the_services() {
        assert!(RoleName::check(&"r".repeat(64)).is_ok());
        assert!(RoleName::check(&"r".repeat(65)).unwrap_err().contains("1 to 64"));
        assert!(RoleName::check("a role").unwrap_err().contains("holds ` `"));
        assert!(StateMachineName::check(&"s".repeat(81)).is_err());
        assert!(GlueDatabaseName::check("Prices").unwrap_err().contains("capitals"));
        assert!(RepositoryName::check("team/ml").is_ok());
        assert!(RepositoryName::check("team/-ml").is_err());
        assert!(QueueName::check("jobs.fifo").is_ok());
        assert!(QueueName::check("jobs.lifo").is_err());
        assert!(S3Key::check("").is_err());
    }
}
