//! Texts that are checked when they are made.

use oleoduto_aws::types::{BucketName, RoleArn, ScheduleExpression};
use oleoduto_cdk::StringLike;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A text with a check, and with a pattern for the JSON Schema: what it accepts the check may still refuse.
macro_rules! checked {
    ($(#[$doc:meta])* $name:ident, $pattern:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                let check: fn(&str) -> Result<(), String> = $check;
                check(&text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern})
            }
        }
    };
}

fn require(fits: bool, text: &str, why: &str) -> Result<(), String> {
    if fits { Ok(()) } else { Err(format!("`{text}` can't be used: {why}")) }
}

fn of_chars(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(allowed)
}

fn lower_or_digit(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn starts_with_letter(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
}

checked!(
    /// The first part of every name: words of lower-case letters and digits with `-` between them, a letter first.
    ProjectName,
    "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
    |text| {
        let fits = text.split('-').all(|word| of_chars(word, lower_or_digit)) && starts_with_letter(text);
        require(fits, text, "use lower-case letters and digits, a letter first, with single `-` between words")
    }
);
checked!(
    /// An environment: lower-case letters and digits. Without `-`: in `PROJECT-ENVIRONMENT-SERIES-...` it is then plain
    /// where it ends, and two pairs of environment and series never make the same name.
    EnvironmentName,
    "^[a-z][a-z0-9]*$",
    |text| {
        let fits = of_chars(text, lower_or_digit) && starts_with_letter(text);
        require(fits, text, "an environment's name holds lower-case letters and digits, a letter first (no `-`)")
    }
);
checked!(
    /// An Ipeadata code, as Ipeadata writes it. Names carry it in lower case: if `a` and `A` were both codes, they would
    /// make the same names; and a repository of images refuses a name with two separators in a row.
    SeriesCode,
    "^[A-Z0-9]+(_[A-Z0-9]+)*$",
    |text| {
        let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        let fits = text.split('_').all(|word| of_chars(word, upper));
        require(fits, text, "an Ipeadata code holds capitals, digits and single `_` between them, as in EIA366_PBRENT366")
    }
);
checked!(
    /// An AWS account id.
    AccountId,
    "^[0-9]{12}$",
    |text| require(text.len() == 12 && of_chars(text, |c| c.is_ascii_digit()), text, "an AWS account id has 12 digits")
);
checked!(
    /// An AWS region.
    Region,
    "^[a-z]{2,}(-[a-z]+)+-[0-9]+$",
    |text| {
        let parts: Vec<_> = text.split('-').collect();
        let digits = parts.last().is_some_and(|last| of_chars(last, |c| c.is_ascii_digit()));
        let words = parts.iter().rev().skip(1).all(|word| of_chars(word, |c| c.is_ascii_lowercase()));
        let fits = parts.len() >= 3 && parts[0].len() >= 2 && digits && words;
        require(fits, text, "a region looks like sa-east-1")
    }
);
checked!(
    /// A SageMaker instance type.
    InstanceType,
    "^ml\\.[a-z0-9-]+\\.[a-z0-9-]+$",
    |text| {
        let parts: Vec<_> = text.split('.').collect();
        let word = |word: &str| of_chars(word, |c| lower_or_digit(c) || c == '-');
        let fits = matches!(parts.as_slice(), ["ml", family, size] if word(family) && word(size));
        require(fits, text, "a SageMaker instance type looks like ml.m5.large")
    }
);
checked!(
    /// When the pipeline starts: `cron(...)`, `rate(...)` or `at(...)`.
    ScheduleText,
    "^(cron|rate|at)\\(.+\\)$",
    ScheduleExpression::check
);
checked!(
    /// An IANA time zone, spelt as IANA does.
    Timezone,
    "^[A-Za-z0-9+_/-]+$",
    timezone
);
checked!(
    /// An e-mail address.
    Email,
    "^[^@\\s]+@[^@\\s.]+(\\.[^@\\s.]+)+$",
    |text| {
        let fits = text.split_once('@').is_some_and(|(user, host)| {
            let part = |part: &str| of_chars(part, |c| !c.is_whitespace() && c != '@');
            part(user) && host.contains('.') && host.split('.').all(part)
        });
        require(fits, text, "an e-mail address looks like name@example.org")
    }
);
checked!(
    /// The name of a bucket.
    BucketText,
    "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
    BucketName::check
);
checked!(
    /// The ARN of a role.
    RoleText,
    "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$",
    RoleArn::check
);
checked!(
    /// A KMS key: its ARN, its id, or `alias/NAME`.
    KmsKey,
    "^(arn:aws[a-z-]*:kms:.+|alias/.+|[0-9A-Za-z-]+)$",
    |text| {
        let arn = text.starts_with("arn:aws") && text.split(':').nth(2) == Some("kms") && text.split(':').count() == 6;
        let alias = text.strip_prefix("alias/").is_some_and(|name| !name.is_empty());
        let id = of_chars(text, |c| c.is_ascii_alphanumeric() || c == '-');
        require(arn || alias || id, text, "a KMS key is an ARN (arn:aws:kms:...), a key id, or alias/NAME")
    }
);
checked!(
    /// Where an MLflow tracking server is: its address, or the ARN of one of SageMaker.
    TrackingUri,
    "^(https?://[A-Za-z0-9._~:/-]+|arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:mlflow-tracking-server/[A-Za-z0-9-]+)$",
    |text| {
        let address = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        // It stands in the state machine's definition: no quotes, and no password.
        let plain = |rest| of_chars(rest, |c: char| c.is_ascii_alphanumeric() || "._~:/-".contains(c));
        let server = |name| of_chars(name, |c: char| c.is_ascii_alphanumeric() || c == '-');
        let arn = match text.split(':').collect::<Vec<_>>()[..] {
            ["arn", partition, "sagemaker", _, account, resource] => {
                partition.starts_with("aws")
                    && account.len() == 12
                    && of_chars(account, |c| c.is_ascii_digit())
                    && resource.strip_prefix("mlflow-tracking-server/").is_some_and(server)
            }
            _ => false,
        };
        let why = "a tracking server is http(s)://HOST[:PORT][/PATH], without a password, \
                   or arn:aws:sagemaker:REGION:ACCOUNT:mlflow-tracking-server/NAME";
        require(arn || address.is_some_and(plain), text, why)
    }
);
checked!(
    /// The name of a DynamoDB table.
    TableText,
    "^[A-Za-z0-9_.-]{3,255}$",
    |text| {
        let fits = (3..=255).contains(&text.len()) && of_chars(text, |c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        require(fits, text, "a table's name has 3 to 255 letters, digits and any of `_`, `.`, `-`")
    }
);
checked!(
    /// A profile of the AWS configuration.
    Profile,
    "^\\S+$",
    |text| require(of_chars(text, |c| !c.is_whitespace()), text, "a profile's name is one word")
);

checked!(
    /// A repository on GitHub, `OWNER/NAME`.
    RepositoryText,
    "^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$",
    |text| {
        let fits = text.split_once('/').is_some_and(|(owner, name)| {
            of_chars(owner, |c| c.is_ascii_alphanumeric() || c == '-')
                && !owner.starts_with('-')
                && of_chars(name, |c| c.is_ascii_alphanumeric() || "._-".contains(c))
        });
        require(fits, text, "a repository looks like OWNER/NAME")
    }
);
checked!(
    /// A git branch, of plain characters: it stands in workflows.
    BranchText,
    "^[A-Za-z0-9][A-Za-z0-9._/-]*$",
    |text| {
        let fits = of_chars(text, |c| c.is_ascii_alphanumeric() || "._/-".contains(c))
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !text.contains("..");
        require(fits, text, "a branch is made of letters, digits, `.`, `_`, `-` and `/`")
    }
);
checked!(
    /// When a workflow starts by itself: five fields, in UTC.
    CronText,
    "^\\S+( \\S+){4}$",
    |text| {
        let fields: Vec<_> = text.split(' ').collect();
        let word = |field: &&str| of_chars(field, |c| c.is_ascii_alphanumeric() || "*/,-".contains(c));
        require(fields.len() == 5 && fields.iter().all(word), text, "a workflow's cron has five fields, as in 23 5 * * 1-5 (UTC)")
    }
);

impl Default for BranchText {
    fn default() -> Self {
        Self("main".to_owned())
    }
}

impl Default for CronText {
    fn default() -> Self {
        Self("23 5 * * 1-5".to_owned())
    }
}

impl Default for InstanceType {
    fn default() -> Self {
        Self("ml.m5.large".to_owned())
    }
}

impl Default for Timezone {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

fn timezone(text: &str) -> Result<(), String> {
    // Not the machine's own zones: what is valid here is valid everywhere.
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    // The database takes any spelling; EventBridge documents IANA's.
    if zones.get(text).is_ok_and(|zone| zone.iana_name() == Some(text)) {
        return Ok(());
    }
    let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
    // What a person leaves away or misspells: the continent, capitals, a letter.
    let distance = |name: &str| {
        let whole = strsim::damerau_levenshtein(&name.to_lowercase(), &text.to_lowercase());
        let city = name.rsplit('/').next().unwrap_or(name);
        whole.min(strsim::damerau_levenshtein(&city.to_lowercase(), &text.to_lowercase()))
    };
    let nearest = names.iter().map(|name| (distance(name), name)).min().filter(|(distance, _)| *distance <= 2);
    let hint =
        nearest.map_or_else(|| "one looks like America/Sao_Paulo".to_owned(), |(_, name)| format!("did you mean `{name}`?"));
    require(false, text, &format!("it is no IANA time zone; {hint}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn why<T: TryFrom<String, Error = String> + std::fmt::Debug>(text: &str) -> String {
        T::try_from(text.to_owned()).unwrap_err()
    }

    #[test]
    fn a_time_zone_is_spelt_as_iana_does() {
        for good in ["UTC", "America/Sao_Paulo", "Europe/Lisbon"] {
            assert!(Timezone::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for (bad, hint) in [
            ("america/sao_paulo", "did you mean `America/Sao_Paulo`?"),
            ("Sao_Paulo", "did you mean `America/Sao_Paulo`?"),
            ("Europe/Lisabon", "did you mean `Europe/Lisbon`?"),
            ("the moon", "looks like America/Sao_Paulo"),
        ] {
            assert!(why::<Timezone>(bad).contains(hint), "{bad}: {}", why::<Timezone>(bad));
        }
    }

    #[test]
    fn what_aws_would_refuse_is_refused_with_a_reason() {
        for bad in ["eia366_pbrent366", "EIA366__X", "_X", "X_", "EIA-366", "", "É"] {
            assert!(why::<SeriesCode>(bad).contains("EIA366_PBRENT366"), "{bad}");
        }
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
            assert!(KmsKey::try_from(good.to_owned()).is_ok(), "{good}");
        }
        assert!(why::<RoleText>("role").contains("iam"));
        for bad in
            ["", "mlflow", "http://", "sqlite:///x.db", "https://me:secret@host", "http://a b", "http://a'", "arn:aws:s3:::x"]
        {
            assert!(why::<TrackingUri>(bad).contains("a tracking server is"), "{bad}");
        }
        let arn = "arn:aws:sagemaker:sa-east-1:123456789012:mlflow-tracking-server/one";
        for good in ["http://127.0.0.1:5000", "https://mlflow.example.org/team", arn] {
            assert!(TrackingUri::try_from(good.to_owned()).is_ok(), "{good}");
        }
        assert!(why::<TableText>("a").contains("3 to 255"));
        assert!(why::<Profile>("my profile").contains("one word"));
        for bad in ["name", "/name", "owner/", "-a/b", "a/b/c", "a/b c"] {
            assert!(why::<RepositoryText>(bad).contains("OWNER/NAME"), "{bad}");
        }
        for bad in ["", "a b", "-x", "a..b", "a'b"] {
            assert!(why::<BranchText>(bad).contains("branch"), "{bad}");
        }
        for bad in ["* * * *", "* * * * * *", "0 9 ? * MON-FRI *", "* * * * '"] {
            assert!(why::<CronText>(bad).contains("five fields"), "{bad}");
        }
        assert!(InstanceType::try_from("ml.trn1.32xlarge".to_owned()).is_ok());
    }
}
