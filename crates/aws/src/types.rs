//! Types where the provider's schema only says "string" or "number".

use oleoduto_cdk::{Expr, Number, StringLike, Val};

fn check_name(kind: &str, literal: &str, max: usize, extra: &str) -> Result<(), String> {
    if literal.is_empty() || literal.len() > max {
        return Err(format!("`{literal}` has {} characters; {kind} has 1 to {max}", literal.len()));
    }
    match literal.chars().find(|c| !c.is_ascii_alphanumeric() && !extra.contains(*c)) {
        Some(c) => Err(format!("`{literal}` holds `{c}`; {kind} holds letters, digits and any of `{extra}`")),
        None => Ok(()),
    }
}

fn check_arn(literal: &str, service: &str, resource: &str) -> Result<(), String> {
    let parts: Vec<_> = literal.splitn(6, ':').collect();
    if parts.len() == 6
        && parts[0] == "arn"
        && parts[2] == service
        && parts[5].starts_with(resource)
        && parts[5].len() > resource.len()
    {
        Ok(())
    } else {
        Err(format!("`{literal}` is not an ARN of the form arn:PARTITION:{service}:REGION:ACCOUNT:{resource}NAME"))
    }
}

/// A marker type with a check of its literals, which can stand where any string can.
macro_rules! string_like {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl StringLike for $name {
            fn check(literal: &str) -> Result<(), String> {
                let check: fn(&str) -> Result<(), String> = $check;
                check(literal)
            }
        }
    };
}

string_like!(
    /// The ARN of an IAM role.
    RoleArn,
    |literal| check_arn(literal, "iam", "role/")
);
string_like!(
    /// The ARN of a Lambda function.
    FunctionArn,
    |literal| check_arn(literal, "lambda", "function:")
);
string_like!(
    /// The ARN of an S3 bucket.
    BucketArn,
    |literal| check_arn(literal, "s3", "")
);
string_like!(
    /// The name of an IAM role.
    RoleName,
    |literal| check_name("the name of an IAM role", literal, 64, "+=,.@-_")
);
string_like!(
    /// The name of a Glue job.
    GlueJobName,
    |literal| check_name("the name of a Glue job", literal, 255, "-_.")
);
string_like!(
    /// The name of an S3 bucket: 3 to 63 lower-case letters, digits, `.` and `-`.
    BucketName,
    |literal| {
        if !(3..=63).contains(&literal.len()) {
            return Err(format!("`{literal}` has {} characters; a bucket's name has 3 to 63", literal.len()));
        }
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let inner = literal.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.');
        if inner && edge(literal.chars().next()) && edge(literal.chars().last()) {
            Ok(())
        } else {
            Err(format!("`{literal}` can't be a bucket's name: lower-case letters, digits, `.` and `-`, with a letter or digit at both ends"))
        }
    }
);

/// A closed set of words: a variant each, and nothing else can be given.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The word as AWS spells it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl From<$name> for Val<$name> {
            fn from(value: $name) -> Self {
                Self::raw(Expr::Str(value.as_str().to_owned()))
            }
        }
    };
}

words!(
    /// A Glue worker.
    WorkerType {
        /// 4 vCPU, 16 GB.
        G1X = "G.1X",
        /// 8 vCPU, 32 GB.
        G2X = "G.2X",
        /// 16 vCPU, 64 GB.
        G4X = "G.4X",
    }
);
words!(
    /// Whether an image tag can be pushed again.
    TagMutability {
        /// A tag stays what it was.
        Immutable = "IMMUTABLE",
        /// A tag can move.
        Mutable = "MUTABLE",
    }
);
words!(
    /// A Lambda runtime.
    LambdaRuntime {
        /// Python 3.12.
        Python312 = "python3.12",
        /// Python 3.13.
        Python313 = "python3.13",
    }
);

/// How long CloudWatch keeps logs; the service knows only these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionDays {
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
    /// 365 days.
    Year,
}

impl From<RetentionDays> for Val<RetentionDays> {
    fn from(value: RetentionDays) -> Self {
        let days = match value {
            RetentionDays::Week => 7,
            RetentionDays::Month => 30,
            RetentionDays::Quarter => 90,
            RetentionDays::Year => 365,
        };
        Self::raw(Val::<Number>::from(days).into_expr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_name_is_checked_where_aws_would_only_at_apply() {
        assert!(BucketName::check("oleoduto-dev-1").is_ok());
        for bad in ["Upper", "ab", "-edge", "under_score"] {
            assert!(BucketName::check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_arn_of_another_service_is_refused() {
        assert!(RoleArn::check("arn:aws:iam::123456789012:role/x").is_ok());
        assert!(RoleArn::check("arn:aws:s3:::bucket").is_err());
    }
}
