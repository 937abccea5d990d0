//! The runbook of an environment: for each alarm what it means, where to look and what to run; and what a person does by hand.

mod alarms;
mod part;
mod places;
mod procedures;

use places::Places;

use crate::monitoring::Alarm;
use crate::support::language::{Language, Text, text};
use crate::support::settings::Settings;

/// The runbook as Markdown. Blocks marked `sh` also run against the local AWS, blocks marked `shell` do not; they are the same in
/// each language.
pub fn runbook(settings: &Settings, language: Language) -> String {
    let places = Places { settings };
    let environment = &settings.environment;
    let mut page = format!(
        "{}\n\n## {}\n\n{}\n## {}\n",
        head(settings).of(language),
        text("First", "Antes de tudo").of(language),
        procedures::first(&places).markdown(language),
        text("Alarms", "Alarmes").of(language),
    );
    let alarms = Alarm::of(&settings.parameters);
    if alarms.is_empty() {
        let none = text(
            format!("There are none: `[env.{environment}.alarms]` is missing."),
            format!("Não há nenhum: falta `[env.{environment}.alarms]`."),
        );
        page.push_str(&format!("\n{}\n", none.of(language)));
    }
    let look_at = text("Look at", "Veja");
    for alarm in alarms {
        let links = alarms::links(alarm, &places).into_iter().map(|(what, url)| format!("- [{}]({url})\n", what.of(language)));
        let links: String = links.collect();
        page.push_str(&format!(
            "\n### {}\n\n{}.\n\n{}:\n\n{links}\n{}",
            settings.names().of(alarm),
            alarm.meaning(&settings.parameters).of(language),
            look_at.of(language),
            alarms::part(alarm).markdown(language)
        ));
    }
    page.push_str(&format!("\n## {}\n", text("By hand", "À mão").of(language)));
    for (title, part) in procedures::all(settings) {
        page.push_str(&format!("\n### {}\n\n{}", title.of(language), part.markdown(language)));
    }
    page
}

/// The title, and where the page is from.
fn head(settings: &Settings) -> Text {
    let Settings { environment, account, region, .. } = settings;
    text(
        format!(
            "# Runbook of `{environment}`\n\nAccount {account}, region {region}. Written by `oleoduto runbook --env {environment}` \
             (in Portuguese with `--language pt-BR`): write it again after a change of oleoduto.toml."
        ),
        format!(
            "# Runbook de `{environment}`\n\nConta {account}, região {region}. Escrito por `oleoduto runbook --env {environment}` \
             com `--language pt-BR`: escreva-o de novo depois de uma mudança de oleoduto.toml."
        ),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::support::settings::example;

    fn settings(parameters: serde_json::Value) -> Settings {
        example::settings("sa-east-1", parameters)
    }

    fn english(settings: &Settings) -> String {
        runbook(settings, Language::English)
    }

    #[test]
    fn every_alarm_has_a_meaning_links_and_commands() {
        let alarms = serde_json::json!({"email": "someone@example.org", "budget": 50});
        let text = english(&settings(serde_json::json!({"alarms": alarms, "schedule": {"expression": "rate(1 day)"}})));
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
        let text = english(&settings(serde_json::json!({})));
        assert!(text.contains("`[env.dev.alarms]` is missing") && text.contains("### Roll back the model"), "{text}");
        assert!(!text.contains("key of the data"), "{text}");
    }

    #[test]
    fn only_sentences_differ_between_the_languages() {
        let alarms = serde_json::json!({"email": "someone@example.org", "budget": 50});
        let full = serde_json::json!({
            "alarms": alarms,
            "schedule": {"expression": "rate(1 day)"},
            "security": {"kms_key": "create"},
            "ci": {"credentials": "keys"},
        });
        for parameters in [full, serde_json::json!({})] {
            let settings = settings(parameters);
            let [english, portuguese] = Language::ALL.map(|language| runbook(&settings, language));
            assert_eq!(english.lines().count(), portuguese.lines().count());
            let (mut in_block, mut sentences) = (false, 0);
            for (one, other) in english.lines().zip(portuguese.lines()) {
                let fence = one.starts_with("```");
                let name = one.starts_with("### oleoduto-");
                if in_block || fence || name || one.is_empty() {
                    assert_eq!(one, other);
                } else {
                    assert_ne!(one, other, "it is not translated");
                    let address = |line: &str| line.split_once("](").map(|(_, address)| address.to_owned());
                    assert_eq!(address(one), address(other));
                    sentences += 1;
                }
                in_block ^= fence;
            }
            assert!(!in_block && sentences > 15, "{sentences}");
        }
    }

    #[test]
    fn the_key_of_the_data_is_named() {
        let with = |key: &str| english(&settings(serde_json::json!({"security": {"kms_key": key}})));
        let own = with("create");
        assert!(own.contains("--key-id alias/oleoduto-dev-eia366-pbrent366 ") && own.contains("every year"), "{own}");
        let arn = "arn:aws:kms:sa-east-1:123456789012:key/1";
        assert!(with(arn).contains(&format!("--key-id {arn} ")) && !with(arn).contains("every year"));
    }
}
