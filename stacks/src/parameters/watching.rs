//! How alarms, schedule and region of an environment fit together.

use super::environment::Environment;
use super::monitoring::{MAX_DAYS, Monitoring};
use super::newtypes::Region;
use super::pauses::pauses;

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// A mistake of values that are valid one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMistake {
    /// The key within the environment: `alarms`, `topic`. A key that is not in the file is left out.
    pub keys: Vec<&'static str>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Environment {
    /// What is recorded; the defaults if the section is missing.
    pub fn recorded(&self) -> Monitoring {
        self.monitoring.clone().unwrap_or_default()
    }

    /// Whether there is a stack `monitoring`: alarms or a dashboard were asked for.
    pub fn is_watched(&self) -> bool {
        self.alarms.is_some() || self.monitoring.as_ref().is_some_and(|monitoring| monitoring.dashboard)
    }

    /// Days without success after which the schedule counts as broken; `None` without alarms or a schedule, and if the
    /// schedule pauses for longer than CloudWatch looks back.
    pub fn no_success_days(&self) -> Option<u32> {
        let alarms = self.alarms.as_ref()?;
        let longest = pauses(self.schedule.as_ref()?.expression.as_str())?.longest;
        let own = u32::try_from(longest.div_euclid(DAY) + 1).ok()?;
        alarms.no_success_days.or(Some(own.max(2))).filter(|days| *days <= MAX_DAYS)
    }

    /// The first mistake of alarms and schedule together; `region` is that of the environment, if it is known.
    pub fn mistake_of_monitoring(&self, region: Option<&Region>) -> Option<KeyMistake> {
        self.mistake_of_recipient(region).or_else(|| self.mistake_of_schedule())
    }

    fn mistake_of_recipient(&self, region: Option<&Region>) -> Option<KeyMistake> {
        let alarms = self.alarms.as_ref()?;
        let mistake = |keys: &[&'static str], message: String, help: &str| {
            Some(KeyMistake { keys: keys.to_vec(), message, help: help.to_owned() })
        };
        match (&alarms.email, &alarms.topic, region) {
            (None, None, _) => mistake(
                &["alarms"],
                "the alarms have neither `email` nor `topic`: nobody would be told".to_owned(),
                "write `email = \"name@example.org\"`, or `topic` with the ARN of an existing topic",
            ),
            (Some(_), Some(_), _) => mistake(
                &["alarms", "topic"],
                "`topic` names an existing topic, whose subscribers are its owner's, but `email` asks for a new one".to_owned(),
                "remove `email` and subscribe the address to the topic, or remove `topic`",
            ),
            (_, Some(topic), Some(region)) if topic.region() != region.as_str() => mistake(
                &["alarms", "topic"],
                format!(
                    "the topic is in {}, but the alarms are in {region}: CloudWatch notifies topics of its own region",
                    topic.region()
                ),
                "name a topic of the environment's region",
            ),
            (_, _, Some(region)) if alarms.budget.is_some() && region.partition() != "aws" => mistake(
                &["alarms", "budget"],
                format!("AWS Budgets does not exist in the partition of {region}"),
                "remove `budget` here, and create the budget in the account that pays",
            ),
            _ => None,
        }
    }

    fn mistake_of_schedule(&self) -> Option<KeyMistake> {
        let schedule = self.schedule.as_ref()?;
        let pauses = pauses(schedule.expression.as_str())?;
        let minutes = self.recorded().execution_minutes;
        if pauses.shortest < i64::from(minutes) {
            return Some(KeyMistake {
                keys: vec!["schedule", "expression"],
                message: format!(
                    "`{}` starts executions {} minutes apart, but one may take {minutes} (`monitoring.execution_minutes`), and a Glue \
                     job runs once at a time",
                    schedule.expression, pauses.shortest
                ),
                help: format!(
                    "start them at least {minutes} minutes apart, or lower `execution_minutes` if executions are shorter"
                ),
            });
        }
        let days = self.alarms.as_ref()?.no_success_days?;
        if pauses.longest < i64::from(days) * DAY {
            return None;
        }
        Some(KeyMistake {
            keys: vec!["alarms", "no_success_days"],
            message: format!(
                "`{}` pauses for up to {} hours, so {days} days without success are no fault",
                schedule.expression,
                pauses.longest / 60
            ),
            help: "use more days than the longest pause, or remove `no_success_days`".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn environment(json: serde_json::Value) -> Environment {
        serde_json::from_value(json).unwrap()
    }

    fn days(schedule: &str, alarms: serde_json::Value) -> Option<u32> {
        environment(serde_json::json!({"schedule": {"expression": schedule}, "alarms": alarms})).no_success_days()
    }

    #[test]
    fn days_without_success_follow_from_the_schedule() {
        let mail = serde_json::json!({"email": "someone@example.org"});
        assert_eq!(days("cron(0 9 ? * MON-FRI *)", mail.clone()), Some(4));
        assert_eq!(days("rate(1 day)", mail.clone()), Some(2));
        assert_eq!(days("rate(6 hours)", mail.clone()), Some(2));
        assert_eq!(days("cron(0 9 1 * ? *)", mail.clone()), None);
        assert_eq!(days("at(2026-01-31T12:00:00)", mail.clone()), None);
        assert_eq!(days("rate(1 day)", serde_json::json!({"email": "a@b.org", "no_success_days": 3})), Some(3));
        assert_eq!(environment(serde_json::json!({"alarms": mail})).no_success_days(), None);
    }

    #[test]
    fn a_topic_is_in_the_region_of_the_alarms() {
        let topic = serde_json::json!({"alarms": {"topic": "arn:aws:sns:us-east-1:123456789012:one"}});
        let mistake = |region: &str| environment(topic.clone()).mistake_of_monitoring(Some(&region.parse().unwrap()));
        assert_eq!(mistake("us-east-1"), None);
        assert!(mistake("sa-east-1").unwrap().message.contains("the topic is in us-east-1"));
        assert_eq!(environment(topic.clone()).mistake_of_monitoring(None), None);
    }
}
