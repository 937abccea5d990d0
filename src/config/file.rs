//! `oleoduto.toml` as it is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use oleoduto_stacks::parameters::{
    AccountId, Alarms, EnvironmentName, ProjectName, Region, Retention, Schedule, SeriesCode, Sizes, Tags,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The file's name, in the project's root.
pub(crate) const NAME: &str = "oleoduto.toml";

/// The parameters of the pipeline. Flags and environment variables win over this file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "oleoduto.toml")]
pub(crate) struct File {
    /// What all environments share.
    pub(crate) project: Project,
    /// The environments by name; `--env NAME` chooses.
    #[serde(default)]
    pub(crate) env: BTreeMap<EnvironmentName, Environment>,
}

/// What all environments share.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// The first part of every name.
    pub(crate) name: ProjectName,
    /// Ipeadata code of the series.
    pub(crate) series: SeriesCode,
}

/// One environment: an account, or a part of one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Environment {
    /// AWS account id; without it that of the credentials (STS).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<AccountId>,
    /// AWS region; without it AWS_REGION.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<Region>,
    /// Whether `destroy` may delete data and images.
    pub(crate) disposable: bool,
    /// Tags of everything, at most five.
    pub(crate) tags: Tags,
    /// How big the machines are.
    pub(crate) sizes: Sizes,
    /// When the pipeline starts by itself; never without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schedule: Option<Schedule>,
    /// How long things are kept.
    pub(crate) retention: Retention,
    /// Who is told when an execution does not succeed; nobody without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alarms: Option<Alarms>,
    /// Where Terraform's states are.
    pub(crate) backend: Backend,
}

/// Where Terraform's states are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Backend {
    /// Files in `states/`, beside this file.
    #[default]
    Local,
    /// Objects in a bucket, locked by S3 itself; `oleoduto backend up` makes it.
    S3(S3),
}

/// A bucket of states.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct S3 {
    /// The bucket; without it PROJECT-tfstate-ACCOUNT-REGION.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bucket: Option<String>,
    /// A KMS key that encrypts the states; S3's own without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key_id: Option<String>,
    /// A role that reaches the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role_arn: Option<String>,
    /// A profile of the AWS configuration that reaches the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<String>,
    /// A DynamoDB table that locks, for Terraform before 1.10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dynamodb_table: Option<String>,
}

/// A file that was read and is valid.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) file: File,
}

impl Read {
    /// Read and check the file of a project. An error names the line, and what to do.
    pub(crate) fn from(root: &Path) -> anyhow::Result<Self> {
        let path = root.join(NAME);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("can't read {}: run oleoduto in its repository, or name it with --project-dir", path.display())
        })?;
        let file = parse(&text).with_context(|| format!("{} is not valid", path.display()))?;
        Ok(Self { path, text, file })
    }

    /// The line of a key, from 1; none if the file does not have it.
    pub(crate) fn line(&self, keys: &[&str]) -> Option<usize> {
        let table = toml::de::DeTable::parse(&self.text).ok()?;
        let (last, parents) = keys.split_last()?;
        let mut at = table.get_ref();
        for key in parents {
            at = at.get(*key)?.get_ref().as_table()?;
        }
        let (key, _) = at.get_key_value(*last)?;
        Some(self.text[..key.span().start].matches('\n').count() + 1)
    }
}

/// Read a text.
pub(crate) fn parse(text: &str) -> Result<File, toml::de::Error> {
    toml::from_str(text)
}

/// The file's JSON Schema, for editors.
pub(crate) fn schema() -> schemars::Schema {
    schemars::schema_for!(File)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    const GOOD: &str = "[project]\nname = \"oleoduto\"\nseries = \"EIA366_PBRENT366\"\n";

    fn mistake(section: &str) -> String {
        parse(&format!("{GOOD}{section}\n")).unwrap_err().to_string()
    }

    #[test]
    fn every_mistake_has_its_line_and_says_what_to_do() {
        let cases = [
            ("[env.dev]\naccount = \"12\"", "line 5", "an AWS account id has 12 digits"),
            ("[env.dev]\naccount = 123456789012", "line 5", "expected a string"),
            ("[env.dev]\nregion = \"Sao Paulo\"", "line 5", "a region looks like sa-east-1"),
            ("[env.dev]\nregoin = \"sa-east-1\"", "line 5", "expected one of `account`, `region`"),
            ("[env.my-dev]\n", "line 4", "no `-`"),
            ("[env.dev.sizes]\nglue_workers = 1", "line 5", "2 to 299"),
            ("[env.dev.sizes]\nglue_worker_type = \"G.3X\"", "line 5", "`G.1X`, `G.2X`"),
            ("[env.dev.sizes]\ntraining_instance = \"m5.large\"", "line 5", "ml.m5.large"),
            ("[env.dev.schedule]\nexpression = \"cron(0 9 * * *)\"", "line 5", "cron has 6 fields"),
            ("[env.dev.schedule]\nexpression = \"rate(1 day)\"\ntimezone = \"Sao_Paulo\"", "line 6", "America/Sao_Paulo"),
            ("[env.dev.retention]\nlog_days = 31", "line 5", "1, 3, 5, 7, 14, 30"),
            ("[env.dev.alarms]\nemail = \"nobody\"", "line 5", "name@example.org"),
            ("[env.dev]\ntags = { \"aws:x\" = \"y\" }", "line 5", "AWS's own"),
            ("[env.dev]\ntags = { Stack = \"y\" }", "line 5", "Oleoduto sets this one itself"),
            ("[env.dev.backend]\ntype = \"gcs\"", "line", "`local` or `s3`"),
            ("[env.dev.backend]\ntype = \"s3\"\nbuckets = \"b\"", "line", "unknown field `buckets`"),
        ];
        for (section, line, what) in cases {
            let text = mistake(section);
            assert!(text.contains(line) && text.contains(what), "{section}\n{text}");
        }
    }

    #[test]
    fn a_file_with_everything_is_read() {
        let text = format!(
            "{GOOD}[env.prod]\naccount = \"123456789012\"\nregion = \"sa-east-1\"\ndisposable = true\n\
             tags = {{ CostCenter = \"42\" }}\n[env.prod.backend]\ntype = \"s3\"\nbucket = \"states\"\n"
        );
        let file = parse(&text).unwrap();
        let prod = file.env.values().next().unwrap();
        assert!(matches!(&prod.backend, Backend::S3(s3) if s3.bucket.as_deref() == Some("states")));
        let read = Read { path: PathBuf::new(), text, file };
        assert_eq!(read.line(&["env", "prod", "region"]), Some(6));
        assert_eq!(read.line(&["env", "prod", "backend", "bucket"]), Some(11));
        assert_eq!(read.line(&["env", "prod", "schedule"]), None);
    }
}
