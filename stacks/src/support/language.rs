//! Texts for people, in each language.

use std::borrow::Cow;

use super::listed::listed;

listed!(
    /// A language of texts for people; texts that a machine reads or AWS shows are English.
    pub enum Language {
        /// American English.
        English = "en",
        /// Brazilian Portuguese.
        Portuguese = "pt-BR",
    }
);

/// A text in each language.
pub struct Text {
    english: Cow<'static, str>,
    portuguese: Cow<'static, str>,
}

/// A text in English and Brazilian Portuguese.
pub(crate) fn text(english: impl Into<Cow<'static, str>>, portuguese: impl Into<Cow<'static, str>>) -> Text {
    Text { english: english.into(), portuguese: portuguese.into() }
}

impl Text {
    /// The text in one language.
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::Portuguese => &self.portuguese,
        }
    }
}
