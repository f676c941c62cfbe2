//! What can be read of a report of a newer shape.

use std::fmt;

use gangway_contract::UtcTime;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::NewerReport;
use super::{MAX_CODE, name, server};
use crate::printable::short_line;

/// Bytes of a text that may be a state or a reason of a newer report; what is longer is none.
pub(super) const MAX_NEWER_WORD: usize = 300;

/// What can be read of a report of a newer shape in which other fields are not as they were.
#[derive(Deserialize)]
pub(in super::super) struct NewerPart {
    pub(in super::super) schema: u32,
    #[serde(deserialize_with = "name")]
    pub(in super::super) fqdn: String,
    pub(in super::super) finished_at: UtcTime,
    /// Whatever has become of it.
    #[serde(default)]
    state: NewerWord,
    #[serde(default)]
    reason: NewerWord,
}

/// A word of a newer report, where it is one still: a short text. Nothing else is kept while it is read, for a
/// tree of JSON takes a hundred times the memory of its text.
#[derive(Debug, Default, PartialEq, Eq)]
struct NewerWord(Option<String>);

impl<'de> Deserialize<'de> for NewerWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyWord)
    }
}

struct AnyWord;

impl<'de> Visitor<'de> for AnyWord {
    type Value = NewerWord;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<NewerWord, E> {
        let is_word = !text.trim().is_empty() && text.len() <= MAX_NEWER_WORD;
        Ok(NewerWord(is_word.then(|| short_line(text, MAX_CODE))))
    }

    fn visit_bool<E>(self, _: bool) -> Result<NewerWord, E> {
        Ok(NewerWord(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<NewerWord, E> {
        Ok(NewerWord(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<NewerWord, E> {
        Ok(NewerWord(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<NewerWord, E> {
        Ok(NewerWord(None))
    }

    fn visit_unit<E>(self) -> Result<NewerWord, E> {
        Ok(NewerWord(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<NewerWord, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(NewerWord(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NewerWord, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(NewerWord(None))
    }
}

impl NewerPart {
    /// The server that it speaks of, by its full name in lower case.
    pub(in super::super) fn server(&self) -> String {
        server(&self.fqdn)
    }

    pub(in super::super) fn into_report(self) -> NewerReport {
        NewerReport {
            schema: self.schema,
            state: self.state.0,
            reason: self.reason.0,
            finished_at: self.finished_at,
        }
    }
}
