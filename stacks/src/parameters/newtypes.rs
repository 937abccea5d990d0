//! Texts that are checked when they are parsed.

use std::borrow::Cow;
use std::fmt::{Display, Formatter};
use std::ops::Deref;
use std::str::FromStr;

use oleoduto_aws::types::{BucketName, RoleArn, ScheduleExpression as AwsSchedule};
use oleoduto_cdk::StringLike;
use regex_lite::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::timezone::check as check_timezone;

/// Text types with their patterns, which are also the patterns of the JSON Schema, and the most characters, if the pattern
/// does not limit them. A string literal after the pattern says what fits it; a function instead of the literal is a check
/// that the pattern can't express.
macro_rules! newtypes {
    ($($(#[$doc:meta])* $name:ident: $pattern:literal $(up to $max:literal)?, $($why:literal)? $($check:path)?;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
            #[serde(try_from = "String")]
            pub struct $name(String);

            impl $name {
                /// The text.
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl Deref for $name {
                type Target = str;

                fn deref(&self) -> &str {
                    &self.0
                }
            }

            impl FromStr for $name {
                type Err = String;

                fn from_str(text: &str) -> Result<Self, String> {
                    $(matches($pattern, text, $why)?;)?
                    $($check(text)?;)?
                    $(at_most($max, text)?;)?
                    Ok(Self(text.to_owned()))
                }
            }

            impl TryFrom<String> for $name {
                type Error = String;

                fn try_from(text: String) -> Result<Self, String> {
                    text.parse()
                }
            }

            impl From<&$name> for String {
                fn from(value: &$name) -> Self {
                    value.0.clone()
                }
            }

            impl Display for $name {
                fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({"type": "string", "pattern": $pattern $(, "maxLength": $max)?})
                }
            }
        )+
    };
}

fn matches(pattern: &str, text: &str, why: &str) -> Result<(), String> {
    let pattern = Regex::new(pattern).map_err(|error| error.to_string())?;
    if pattern.is_match(text) { Ok(()) } else { Err(format!("`{text}` can't be used: {why}")) }
}

fn at_most(max: usize, text: &str) -> Result<(), String> {
    let length = text.chars().count();
    if length <= max {
        Ok(())
    } else {
        Err(format!("`{text}` can't be used: it has {length} characters, and {max} are the most"))
    }
}

newtypes! {
    /// The first part of every name: words of lower-case letters and digits with `-` between them, a letter first.
    ProjectName: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        "use lower-case letters and digits, a letter first, with single `-` between words";
    /// An environment: lower-case letters and digits. It contains no `-`, so that its end in `PROJECT-ENVIRONMENT-SERIES`
    /// is certain and two pairs of environment and series never produce the same name.
    EnvironmentName: "^[a-z][a-z0-9]*$",
        "an environment's name consists of lower-case letters and digits, a letter first (no `-`)";
    /// An Ipeadata code, as Ipeadata writes it. Resource names contain it in lower case: if `a` and `A` were both codes,
    /// their names would be equal. ECR refuses a name with two separators in a row.
    SeriesCode: "^[A-Z0-9]+(_[A-Z0-9]+)*$" up to 64,
        "an Ipeadata code consists of capitals, digits and single `_` between them, as in EIA366_PBRENT366";
    /// An AWS account id.
    AccountId: "^[0-9]{12}$", "an AWS account id has 12 digits";
    /// An AWS region.
    Region: "^[a-z]{2,}(-[a-z]+)*-(north|south|east|west|central|northeast|northwest|southeast|southwest)-[0-9]+$", "a region looks like sa-east-1";
    /// A SageMaker instance type.
    InstanceType: "^ml\\.[a-z0-9-]+\\.[a-z0-9-]+$", "a SageMaker instance type looks like ml.m5.large";
    /// The name of a model that the training job tests.
    CandidateName: "^[a-z][a-z0-9_]*$", "a model is named as in docs/forecasting.md: ridge, auto_ces";
    /// When the pipeline starts: `cron(...)`, `rate(...)` or `at(...)`.
    ScheduleExpression: "^(cron|rate|at)\\(.+\\)$", AwsSchedule::check;
    /// An IANA time zone, spelled as IANA does.
    Timezone: "^[A-Za-z0-9+_/-]+$", check_timezone;
    /// An e-mail address.
    Email: "^[^@\\s]+@[^@\\s.]+(\\.[^@\\s.]+)+$", "an e-mail address looks like name@example.org";
    /// The name of the bucket that stores Terraform states.
    StateBucketName: "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", BucketName::check;
    /// The ARN of the role that reads and writes Terraform states.
    StateRoleArn: "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", RoleArn::check;
    /// The ARN of a topic of SNS.
    TopicArn: "^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$",
        "the ARN of a topic looks like arn:aws:sns:REGION:ACCOUNT:NAME";
    /// A KMS key: its ARN, its id, or `alias/NAME`.
    KmsKey: "^(arn:aws[a-z-]*:kms:[^:]*:[^:]*:[^:]+|alias/.+|[0-9A-Za-z-]+)$",
        "a KMS key is an ARN (arn:aws:kms:...), a key id, or alias/NAME";
    /// The KMS key of the data: `create`, or the ARN of a key. Permissions need the key itself, not an alias of it.
    DataKey: "^(create|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9A-Za-z-]+)$",
        "use `create`, or the ARN of a key (arn:aws:kms:REGION:ACCOUNT:key/ID); an alias is no key";
    /// The name of the bucket that receives access logs.
    LogBucketName: "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", BucketName::check;
    /// A subnet of a network.
    SubnetId: "^subnet-([0-9a-f]{8}|[0-9a-f]{17})$", "a subnet looks like subnet-0123456789abcdef0";
    /// A security group of a network.
    SecurityGroupId: "^sg-([0-9a-f]{8}|[0-9a-f]{17})$", "a security group looks like sg-0123456789abcdef0";
    /// The address of an MLflow tracking server, or the ARN of a tracking server of SageMaker. It becomes a part of the
    /// state machine's definition: no quotes, and no password.
    TrackingUri:
        "^(https?://[A-Za-z0-9._~:/-]+|arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:mlflow-tracking-server/[A-Za-z0-9-]+)$",
        "a tracking server is http(s)://HOST[:PORT][/PATH], without a password, \
         or arn:aws:sagemaker:REGION:ACCOUNT:mlflow-tracking-server/NAME";
    /// The name of a DynamoDB table.
    LockTableName: "^[A-Za-z0-9_.-]{3,255}$", "a table's name has 3 to 255 letters, digits and any of `_`, `.`, `-`";
    /// A profile of the AWS configuration.
    Profile: "^\\S+$", "a profile's name is one word";
    /// A repository on GitHub, `OWNER/NAME`.
    Repository: "^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", "a repository looks like OWNER/NAME";
    /// A git branch without special characters, since workflows contain it.
    Branch: "^[A-Za-z0-9][A-Za-z0-9_/-]*(\\.[A-Za-z0-9_/-]+)*\\.?$",
        "a branch consists of letters, digits, `.`, `_`, `-` and `/`, without `..`";
    /// The schedule of a workflow: five cron fields, in UTC.
    Cron: "^[A-Za-z0-9*/,-]+( [A-Za-z0-9*/,-]+){4}$", "a workflow's cron has five fields, as in 23 5 * * 1-5 (UTC)";
}

impl AccountId {
    /// Twelve zeros, where only the length counts.
    pub fn placeholder() -> Self {
        Self("0".repeat(12))
    }
}

impl Region {
    /// The shortest region, for checks before the region is known: they refuse only what no region could accept.
    pub fn shortest() -> Self {
        Self("us-east-1".to_owned())
    }

    /// A region of the tables.
    pub(super) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The partition that the region belongs to.
    pub fn partition(&self) -> &'static str {
        match self.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }
}

impl TopicArn {
    /// The region of the topic.
    pub fn region(&self) -> &str {
        self.split(':').nth(3).unwrap_or_default()
    }
}

impl DataKey {
    /// A key that is to be created.
    pub(super) fn new_one() -> Self {
        Self("create".to_owned())
    }

    /// The ARN of an existing key; `None` if one is to be created.
    pub fn arn(&self) -> Option<&str> {
        self.strip_prefix("arn:").map(|_| self.as_str())
    }

    /// Region and account of an existing key.
    pub(super) fn place(&self) -> Option<(&str, &str)> {
        let mut parts = self.arn()?.split(':').skip(3);
        Some((parts.next()?, parts.next()?))
    }
}

impl SeriesCode {
    /// The code as names contain it: `eia366-pbrent366`.
    pub fn slug(&self) -> String {
        self.0.to_ascii_lowercase().replace('_', "-")
    }
}

/// The value without a key in the file.
macro_rules! default {
    ($($name:ident: $text:literal),+) => {
        $(impl Default for $name {
            fn default() -> Self {
                Self($text.to_owned())
            }
        })+
    };
}

default!(Branch: "main", Cron: "23 5 * * 1-5", EnvironmentName: "dev", InstanceType: "ml.m5.large", Timezone: "UTC");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn why<T: FromStr<Err = String> + std::fmt::Debug>(text: &str) -> String {
        text.parse::<T>().unwrap_err()
    }

    #[test]
    fn what_aws_would_refuse_is_refused_with_a_reason() {
        for bad in ["eia366_pbrent366", "EIA366__X", "_X", "X_", "EIA-366", "", "É"] {
            assert!(why::<SeriesCode>(bad).contains("EIA366_PBRENT366"), "{bad}");
        }
        assert!("A".repeat(64).parse::<SeriesCode>().is_ok());
        assert!(why::<SeriesCode>(&"A".repeat(65)).contains("it has 65 characters, and 64 are the most"));
        for bad in ["-a", "a-", "a--b", "1a", "A", ""] {
            assert!(why::<ProjectName>(bad).contains("lower-case"), "{bad}");
        }
        for bad in ["sa-east", "saeast1", "sa_east_1", "s-east-1", "sa--1", "SA-EAST-1"] {
            assert!(why::<Region>(bad).contains("sa-east-1"), "{bad}");
        }
        for bad in ["a@b", "a@b.", "a@.b", "a b@c.d", "@c.d", "a@b@c.d", "a@b..c"] {
            assert!(why::<Email>(bad).contains("name@example.org"), "{bad}");
        }
        for bad in ["arn:aws:s3:::b", "alias/", "a b"] {
            assert!(why::<KmsKey>(bad).contains("KMS"), "{bad}");
        }
        for good in ["arn:aws:kms:sa-east-1:123456789012:key/1", "alias/states", "1234abcd-12ab"] {
            assert!(good.parse::<KmsKey>().is_ok(), "{good}");
        }
        assert!(why::<StateRoleArn>("role").contains("iam"));
        for bad in
            ["", "mlflow", "http://", "sqlite:///x.db", "https://me:secret@host", "http://a b", "http://a'", "arn:aws:s3:::x"]
        {
            assert!(why::<TrackingUri>(bad).contains("a tracking server is"), "{bad}");
        }
        let arn = "arn:aws:sagemaker:sa-east-1:123456789012:mlflow-tracking-server/one";
        for good in ["http://127.0.0.1:5000", "https://mlflow.example.org/team", arn] {
            assert!(good.parse::<TrackingUri>().is_ok(), "{good}");
        }
        assert!(why::<TopicArn>("arn:aws:sqs:sa-east-1:123456789012:one").contains("arn:aws:sns:REGION"));
        assert_eq!("arn:aws:sns:sa-east-1:123456789012:one".parse::<TopicArn>().unwrap().region(), "sa-east-1");
        assert!(why::<LockTableName>("a").contains("3 to 255"));
        assert!(why::<Profile>("my profile").contains("one word"));
        for bad in ["name", "/name", "owner/", "-a/b", "a/b/c", "a/b c"] {
            assert!(why::<Repository>(bad).contains("OWNER/NAME"), "{bad}");
        }
        for bad in ["", "a b", "-x", "a..b", "a'b"] {
            assert!(why::<Branch>(bad).contains("branch"), "{bad}");
        }
        for bad in ["* * * *", "* * * * * *", "0 9 ? * MON-FRI *", "* * * * '"] {
            assert!(why::<Cron>(bad).contains("five fields"), "{bad}");
        }
        assert!("ml.trn1.32xlarge".parse::<InstanceType>().is_ok());
    }
}
