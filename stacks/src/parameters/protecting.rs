//! How key, network and machines of an environment fit together.

use std::collections::BTreeSet;

use super::environment::{Backend, Environment};
use super::newtypes::{AccountId, DataKey, Region};
use super::security::{MAX_SECURITY_GROUPS, MAX_SUBNETS};
use super::watching::KeyMistake;

/// Families of instances with disks of their own whose names do not have a `d`.
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html>.
const WITH_DISKS: [&str; 12] = ["g5", "g6", "g6e", "gr6", "p5", "p5e", "p5en", "p6-b200", "trn1", "trn1n", "trn2", "i3"];

impl Environment {
    /// The first mistake of key and network; account and region are those of the environment, if they are known.
    pub fn mistake_of_security(&self, account: Option<&AccountId>, region: Option<&Region>) -> Option<KeyMistake> {
        self.mistake_of_key(account, region).or_else(|| self.mistake_of_machines()).or_else(|| self.mistake_of_network())
    }

    /// Take away what only the account and the region of the environment have: an existing key and an existing topic are
    /// replaced by new ones, and MLflow's server by a file; there is no network and no bucket for access logs.
    pub fn stand_alone(&mut self) {
        self.network = None;
        self.backend = Backend::default();
        self.security.access_logs = None;
        self.security.kms_key = self.security.kms_key.as_ref().map(|_| DataKey::new_one());
        if let Some(alarms) = &mut self.alarms
            && alarms.topic.take().is_some()
        {
            // No message leaves the machine.
            alarms.email = "nobody@example.org".parse().ok();
        }
        if let Some(mlflow) = &mut self.mlflow {
            mlflow.server = None;
            mlflow.tracking_uri.take_if(|uri| uri.starts_with("arn:"));
        }
    }

    fn mistake_of_key(&self, account: Option<&AccountId>, region: Option<&Region>) -> Option<KeyMistake> {
        let (own_region, own_account) = self.security.kms_key.as_ref()?.place()?;
        let mistake =
            |message, help: &str| Some(KeyMistake { keys: vec!["security", "kms_key"], message, help: help.to_owned() });
        match (region, account) {
            (Some(region), _) if own_region != region.as_str() => mistake(
                format!("the key is in {own_region}, but the environment is in {region}: services take keys of their own region"),
                "name a key of the environment's region, or write `create`",
            ),
            (_, Some(account)) if own_account != account.as_str() => mistake(
                format!("the key belongs to account {own_account}, but the environment is in account {account}"),
                "name a key of the environment's account, or write `create`",
            ),
            _ => None,
        }
    }

    /// SageMaker refuses a key for the volume of an instance with disks of its own, which the hardware encrypts.
    fn mistake_of_machines(&self) -> Option<KeyMistake> {
        self.security.kms_key.as_ref()?;
        let sizes = &self.sizes;
        let machines = [("training_instance", &sizes.training_instance), ("forecast_instance", &sizes.forecast_instance)];
        let (key, instance) = machines.into_iter().find(|(_, instance)| has_disks(instance))?;
        Some(KeyMistake {
            keys: vec!["sizes", key],
            message: format!("`{instance}` has disks of its own: SageMaker takes no `kms_key` for it"),
            help: "use an instance without local disks, such as ml.m5.xlarge, or remove `kms_key`".to_owned(),
        })
    }

    fn mistake_of_network(&self) -> Option<KeyMistake> {
        let network = self.network.as_ref()?;
        let subnets: Vec<&str> = network.subnets.iter().map(|id| id.as_str()).collect();
        let groups: Vec<&str> = network.security_groups.iter().map(|id| id.as_str()).collect();
        mistake_of_list("subnets", &subnets, MAX_SUBNETS)
            .or_else(|| mistake_of_list("security_groups", &groups, MAX_SECURITY_GROUPS))
    }
}

/// The mistake of a list that is empty or too long, or names something twice.
fn mistake_of_list(key: &'static str, ids: &[&str], most: usize) -> Option<KeyMistake> {
    let mistake = |keys: &[&'static str], message: String, help: String| Some(KeyMistake { keys: keys.to_vec(), message, help });
    if ids.is_empty() {
        // The key may be missing: the section is there.
        let message = format!("the network has no `{key}`: jobs in a network need subnets and security groups");
        return mistake(&["network"], message, format!("write `{key}`, or remove the section"));
    }
    if ids.len() > most {
        return mistake(&["network", key], format!("{} are too many: AWS takes {most}", ids.len()), "name fewer".to_owned());
    }
    let mut seen = BTreeSet::new();
    let twice = ids.iter().find(|id| !seen.insert(**id))?;
    mistake(&["network", key], format!("`{twice}` is named twice"), "name each once".to_owned())
}

/// Whether an instance type has disks of its own: a `d` after the generation, or one of a few families.
fn has_disks(instance: &str) -> bool {
    let family = instance.split('.').nth(1).unwrap_or_default();
    let options = family.trim_start_matches(|c: char| c.is_ascii_lowercase()).trim_start_matches(|c: char| c.is_ascii_digit());
    options.contains('d') || WITH_DISKS.contains(&family)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn mistake(json: serde_json::Value) -> Option<KeyMistake> {
        let environment: Environment = serde_json::from_value(json).unwrap();
        let (account, region) = ("123456789012".parse().unwrap(), "sa-east-1".parse().unwrap());
        environment.mistake_of_security(Some(&account), Some(&region))
    }

    #[test]
    fn a_key_is_of_the_account_and_the_region() {
        let of = |key: &str| mistake(serde_json::json!({"security": {"kms_key": key}}));
        assert_eq!(of("create"), None);
        assert_eq!(of("arn:aws:kms:sa-east-1:123456789012:key/1"), None);
        let found = of("arn:aws:kms:us-east-1:123456789012:key/1").unwrap();
        assert_eq!(found.keys, ["security", "kms_key"]);
        assert!(found.message.contains("the key is in us-east-1, but the environment is in sa-east-1"), "{}", found.message);
        let found = of("arn:aws:kms:sa-east-1:210987654321:key/1").unwrap();
        assert!(found.message.contains("belongs to account 210987654321"), "{}", found.message);
        // Before account and region are known, nothing can be said.
        let json = serde_json::json!({"security": {"kms_key": "arn:aws:kms:us-east-1:210987654321:key/1"}});
        assert_eq!(serde_json::from_value::<Environment>(json).unwrap().mistake_of_security(None, None), None);
    }

    #[test]
    fn what_stands_alone_fits_every_account_and_region() {
        let json = serde_json::json!({
            "alarms": {"topic": "arn:aws:sns:sa-east-1:123456789012:on-call"},
            "mlflow": {"tracking_uri": "arn:aws:sagemaker:sa-east-1:123456789012:mlflow-tracking-server/one"},
            "security": {"kms_key": "arn:aws:kms:sa-east-1:123456789012:key/1", "access_logs": "logs-of-the-account"},
            "network": {"subnets": ["subnet-01234567"], "security_groups": ["sg-01234567"]},
            "backend": {"type": "s3", "kms_key_id": "arn:aws:kms:sa-east-1:123456789012:key/1"},
        });
        let mut environment: Environment = serde_json::from_value(json).unwrap();
        let (account, region) = ("210987654321".parse().unwrap(), "cn-north-1".parse().unwrap());
        let mistakes = |environment: &Environment| {
            let of_security = environment.mistake_of_security(Some(&account), Some(&region));
            let others = [environment.mistake_of_place(Some(&region)), environment.mistake_of_monitoring(Some(&region))];
            others.into_iter().chain([of_security]).flatten().count()
        };
        assert_eq!(mistakes(&environment), 3);
        environment.stand_alone();
        assert_eq!(mistakes(&environment), 0);
        assert!(environment.alarms.unwrap().recipient().is_some() && environment.mlflow.is_some());
    }

    #[test]
    fn an_instance_with_disks_takes_no_key() {
        for with in ["ml.m5d.large", "ml.g4dn.xlarge", "ml.p4d.24xlarge", "ml.g5.xlarge", "ml.c6gd.large", "ml.p3dn.24xlarge"] {
            let sizes = serde_json::json!({"forecast_instance": with});
            let found = mistake(serde_json::json!({"security": {"kms_key": "create"}, "sizes": sizes})).unwrap();
            assert_eq!(found.keys, ["sizes", "forecast_instance"], "{with}");
            assert_eq!(mistake(serde_json::json!({"sizes": sizes})), None, "{with}");
        }
        for without in ["ml.m5.large", "ml.c5n.xlarge", "ml.p3.2xlarge", "ml.r6i.large", "ml.inf2.xlarge"] {
            let sizes = serde_json::json!({"training_instance": without});
            assert_eq!(mistake(serde_json::json!({"security": {"kms_key": "create"}, "sizes": sizes})), None, "{without}");
        }
    }

    #[test]
    fn a_network_has_subnets_and_security_groups_each_once() {
        let of = |subnets: &[&str], groups: &[&str]| {
            mistake(serde_json::json!({"network": {"subnets": subnets, "security_groups": groups}}))
        };
        let (a, b, group) = ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1", "sg-01234567");
        assert_eq!(of(&[a, b], &[group]), None);
        assert!(of(&[], &[group]).unwrap().message.contains("no `subnets`"));
        assert!(of(&[a], &[]).unwrap().message.contains("no `security_groups`"));
        assert_eq!(of(&[a, a], &[group]).unwrap().keys, ["network", "subnets"]);
        let many: Vec<String> = (0..17).map(|index| format!("subnet-{index:08x}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(of(&many, &[group]).unwrap().message.contains("17 are too many: AWS takes 16"));
    }
}
