//! The runbook of an environment: for each alarm what it means, where to look and what to run; and what a person does by hand.

mod alarms;
mod part;
mod places;
mod procedures;

use places::Places;

use crate::monitoring::Alarm;
use crate::support::settings::Settings;

/// The runbook as Markdown. Blocks marked `sh` also run against the local AWS, blocks marked `shell` do not.
pub fn runbook(settings: &Settings) -> String {
    let places = Places { settings };
    let environment = &settings.parameters;
    let mut text = format!(
        "# Runbook of `{}`\n\nAccount {}, region {}. Written by `oleoduto runbook --env {}`: write it again after a change of \
         oleoduto.toml.\n\n## First\n\n{}",
        settings.environment,
        settings.account,
        settings.region,
        settings.environment,
        procedures::first(&places).markdown()
    );
    text.push_str("\n## Alarms\n");
    let alarms = Alarm::of(environment);
    if alarms.is_empty() {
        text.push_str(&format!("\nThere are none: `[env.{}.alarms]` is missing.\n", settings.environment));
    }
    for alarm in alarms {
        let links = alarms::links(alarm, &places).into_iter().map(|(what, url)| format!("- [{what}]({url})\n"));
        let links: String = links.collect();
        let part = alarms::part(alarm);
        text.push_str(&format!(
            "\n### {}\n\n{}.\n\nLook at:\n\n{links}\n{}",
            settings.names().of(alarm),
            alarm.meaning(environment),
            part.markdown()
        ));
    }
    text.push_str("\n## By hand\n");
    for (title, part) in procedures::all(settings) {
        text.push_str(&format!("\n### {title}\n\n{}", part.markdown()));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::support::settings::example;

    fn settings(parameters: serde_json::Value) -> Settings {
        example::settings("sa-east-1", parameters)
    }

    #[test]
    fn every_alarm_has_a_meaning_links_and_commands() {
        let alarms = serde_json::json!({"email": "someone@example.org", "budget": 50});
        let text = runbook(&settings(serde_json::json!({"alarms": alarms, "schedule": {"expression": "rate(1 day)"}})));
        for alarm in Alarm::ALL {
            let (_, rest) = text.split_once(&format!("### oleoduto-dev-eia366-pbrent366-{alarm}\n")).unwrap();
            let part = rest.split("\n### ").next().unwrap();
            assert!(part.contains("](https://") && part.contains("\n```sh"), "{part}");
            assert!(part.contains("region=sa-east-1") || alarm == Alarm::Budget, "{part}");
        }
        assert!(text.contains("arn:aws:states:sa-east-1:123456789012:stateMachine:oleoduto-dev-eia366-pbrent366-pipeline"));
    }

    #[test]
    fn without_alarms_it_says_so_and_has_the_procedures() {
        let text = runbook(&settings(serde_json::json!({})));
        assert!(text.contains("`[env.dev.alarms]` is missing") && text.contains("### Roll back the model"), "{text}");
        assert!(!text.contains("key of the data"), "{text}");
    }

    #[test]
    fn the_key_of_the_data_is_named() {
        let with = |key: &str| runbook(&settings(serde_json::json!({"security": {"kms_key": key}})));
        let own = with("create");
        assert!(own.contains("--key-id alias/oleoduto-dev-eia366-pbrent366 ") && own.contains("every year"), "{own}");
        let arn = "arn:aws:kms:sa-east-1:123456789012:key/1";
        assert!(with(arn).contains(&format!("--key-id {arn} ")) && !with(arn).contains("every year"));
    }
}
