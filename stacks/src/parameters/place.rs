//! How an environment fits its region: what AWS has there, and to which partition names of resources belong.

use super::environment::Environment;
use super::newtypes::Region;
use super::watching::KeyMistake;

/// When the tables below were written down.
pub const READ: &str = "2026-11-26";

/// The regions of each partition, of which every one has Glue, SageMaker, Step Functions, Lambda, EventBridge Scheduler, ECR and
/// KMS. Source: botocore 1.44.5, `endpoints.json`; `tests/structure/test_regions.py` compares both.
const REGIONS: [(&str, &[&str]); 3] = [
    (
        "aws",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    ("aws-cn", &["cn-north-1", "cn-northwest-1"]),
    ("aws-us-gov", &["us-gov-east-1", "us-gov-west-1"]),
];
/// The regions that an account has only if it asked for them.
/// Source: <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>.
const OPT_IN: [&str; 17] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];
/// The beginnings of regions in partitions whose names, domains and service principals nobody has tried with these stacks.
const FOREIGN: [&str; 5] = ["eusc-", "eu-isoe-", "us-iso-", "us-isob-", "us-isof-"];
/// The partition that has everything: MLflow servers of SageMaker and AWS Budgets exist in no other.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/mlflow.html>.
const WHOLE: &str = "aws";

impl Region {
    /// Whether the table of regions has it.
    pub fn is_known(&self) -> bool {
        REGIONS.iter().any(|(_, regions)| regions.contains(&self.as_str()))
    }

    /// Whether an account has it only after asking for it.
    pub fn is_opt_in(&self) -> bool {
        OPT_IN.contains(&self.as_str())
    }

    /// A region that every account of the partition has.
    pub fn of_every_account(&self) -> Self {
        Self::named(match self.partition() {
            "aws-cn" => "cn-north-1",
            "aws-us-gov" => "us-gov-west-1",
            _ => "us-east-1",
        })
    }
}

impl Environment {
    /// The first mistake about the region, if it is known.
    pub fn mistake_of_place(&self, region: Option<&Region>) -> Option<KeyMistake> {
        let region = region?;
        mistake_of_partition(region)
            .or_else(|| self.mistake_of_server(region))
            .or_else(|| self.arns().into_iter().find_map(|(keys, arn)| mistake_of_arn(&keys, arn, region)))
            .or_else(|| self.mistake_of_state_key(region))
    }

    /// The ARNs in the file, by their keys.
    fn arns(&self) -> Vec<(Vec<&'static str>, &str)> {
        let backend = &self.backend;
        let found = [
            (vec!["security", "kms_key"], self.security.kms_key.as_ref().map(|key| key.as_str())),
            (vec!["alarms", "topic"], self.alarms.as_ref().and_then(|alarms| alarms.topic.as_ref()).map(|topic| topic.as_str())),
            (
                vec!["mlflow", "tracking_uri"],
                self.mlflow.as_ref().and_then(|mlflow| mlflow.tracking_uri.as_ref()).map(|uri| uri.as_str()),
            ),
            (vec!["backend", "kms_key_id"], backend.kms_key_id.as_ref().map(|key| key.as_str())),
            (vec!["backend", "role_arn"], backend.role_arn.as_ref().map(|role| role.as_str())),
        ];
        found.into_iter().filter_map(|(keys, arn)| Some((keys, arn.filter(|arn| arn.starts_with("arn:"))?))).collect()
    }

    fn mistake_of_server(&self, region: &Region) -> Option<KeyMistake> {
        self.mlflow.as_ref()?.server?;
        (region.partition() != WHOLE).then(|| KeyMistake {
            keys: vec!["mlflow", "server"],
            message: format!("SageMaker has no MLflow servers in the partition of {region} (as of {READ})"),
            help: "remove `server` to record in a file in the data bucket, or name a server of your own with `tracking_uri`"
                .to_owned(),
        })
    }

    /// S3 takes keys of the bucket's region, which is that of the environment.
    fn mistake_of_state_key(&self, region: &Region) -> Option<KeyMistake> {
        let own = region_of(self.backend.kms_key_id.as_ref()?.as_str())?;
        (own != region.as_str()).then(|| KeyMistake {
            keys: vec!["backend", "kms_key_id"],
            message: format!(
                "the key is in {own}, but the bucket of states is in {region}: S3 takes keys of the bucket's region"
            ),
            help: "name a key of the environment's region".to_owned(),
        })
    }
}

fn mistake_of_partition(region: &Region) -> Option<KeyMistake> {
    FOREIGN.iter().any(|beginning| region.starts_with(beginning)).then(|| KeyMistake {
        keys: vec!["region"],
        message: format!("{region} is in a partition that these stacks do not know: its ARNs and service principals differ"),
        help: "use a region of the partitions aws, aws-cn or aws-us-gov".to_owned(),
    })
}

fn mistake_of_arn(keys: &[&'static str], arn: &str, region: &Region) -> Option<KeyMistake> {
    let own = arn.split(':').nth(1)?;
    let partition = region.partition();
    (own != partition).then(|| KeyMistake {
        keys: keys.to_vec(),
        message: format!("`{arn}` is in the partition {own}, but {region} is in {partition}: neither reaches the other"),
        help: format!("name a resource whose ARN begins with arn:{partition}:"),
    })
}

/// The region of an ARN.
fn region_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn mistake(region: &str, json: serde_json::Value) -> Option<KeyMistake> {
        let environment: Environment = serde_json::from_value(json).unwrap();
        environment.mistake_of_place(Some(&region.parse().unwrap()))
    }

    #[test]
    fn a_partition_that_the_stacks_do_not_know_is_refused() {
        for region in ["eusc-de-east-1", "us-iso-east-1", "us-isob-west-1", "us-isof-south-1", "eu-isoe-west-1"] {
            assert_eq!(mistake(region, serde_json::json!({})).unwrap().keys, ["region"], "{region}");
        }
        for region in REGIONS.iter().flat_map(|(_, regions)| *regions) {
            assert_eq!(mistake(region, serde_json::json!({})), None, "{region}");
        }
    }

    #[test]
    fn every_region_of_the_table_is_in_its_partition() {
        for (partition, regions) in REGIONS {
            for region in regions {
                let region: Region = region.parse().unwrap();
                assert_eq!(region.partition(), partition, "{region}");
                let home = region.of_every_account();
                assert!(home.is_known() && !home.is_opt_in() && home.partition() == partition, "{region}");
            }
        }
        assert!(OPT_IN.iter().all(|region| region.parse::<Region>().unwrap().is_known()));
        assert!(!"eu-west-9".parse::<Region>().unwrap().is_known());
    }

    #[test]
    fn what_a_partition_lacks_is_refused() {
        let server = serde_json::json!({"mlflow": {"server": "Small"}});
        assert_eq!(mistake("sa-east-1", server.clone()), None);
        for region in ["cn-north-1", "us-gov-west-1"] {
            let found = mistake(region, server.clone()).unwrap();
            assert_eq!(found.keys, ["mlflow", "server"]);
            assert!(found.message.contains(region) && found.help.contains("tracking_uri"), "{found:?}");
        }
    }

    #[test]
    fn an_arn_is_of_the_partition_of_the_region() {
        let of = |section: &str, key: &str, arn: &str| mistake("us-gov-west-1", serde_json::json!({section: {key: arn}}));
        let id = "us-gov-west-1:123456789012";
        for (section, key, rest) in [
            ("security", "kms_key", format!("kms:{id}:key/1")),
            ("alarms", "topic", format!("sns:{id}:on-call")),
            ("mlflow", "tracking_uri", format!("sagemaker:{id}:mlflow-tracking-server/one")),
            ("backend", "kms_key_id", format!("kms:{id}:key/1")),
            ("backend", "role_arn", "iam::123456789012:role/states".to_owned()),
        ] {
            assert_eq!(of(section, key, &format!("arn:aws-us-gov:{rest}")), None, "{key}");
            let found = of(section, key, &format!("arn:aws:{rest}")).unwrap();
            assert_eq!(found.keys, [section, key]);
            assert!(found.message.contains("us-gov-west-1 is in aws-us-gov"), "{found:?}");
        }
        assert_eq!(of("mlflow", "tracking_uri", "https://mlflow.example.org"), None);
        assert_eq!(of("backend", "kms_key_id", "alias/states"), None);
    }

    #[test]
    fn the_key_of_the_states_is_of_the_region_of_their_bucket() {
        let of = |key: &str| mistake("sa-east-1", serde_json::json!({"backend": {"type": "s3", "kms_key_id": key}}));
        assert_eq!(of("arn:aws:kms:sa-east-1:123456789012:key/1"), None);
        let found = of("arn:aws:kms:us-east-1:123456789012:key/1").unwrap();
        assert_eq!(found.keys, ["backend", "kms_key_id"]);
        assert!(found.message.contains("the key is in us-east-1"), "{}", found.message);
    }
}
