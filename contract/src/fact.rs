//! One thing that was looked for on a server: found, not there, or not readable.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// What a probe found. "Not there" and "could not be read" are different answers: deciding
/// on the second as if it were the first would change servers on no evidence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fact<T> {
    /// Looked for and found.
    Value(T),
    /// Looked for and not there.
    #[default]
    Absent,
    /// Looked for in vain: it may be there or not.
    Unreadable {
        /// What failed, in the words of the system.
        why: String,
    },
}

impl<T> Fact<T> {
    /// The value, when there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Unreadable { .. } => None,
        }
    }

    /// Was it looked for and not there?
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Why it is not known; none when it is.
    pub fn unreadable(&self) -> Option<&str> {
        match self {
            Self::Unreadable { why } => Some(why),
            Self::Value(_) | Self::Absent => None,
        }
    }

    /// Turns the value into another one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Value(value) => Fact::Value(change(value)),
            Self::Absent => Fact::Absent,
            Self::Unreadable { why } => Fact::Unreadable { why },
        }
    }

    /// Turns the value into another fact.
    pub fn and_then<U>(self, change: impl FnOnce(T) -> Fact<U>) -> Fact<U> {
        match self {
            Self::Value(value) => change(value),
            Self::Absent => Fact::Absent,
            Self::Unreadable { why } => Fact::Unreadable { why },
        }
    }

    /// A fact that could not be read.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unreadable { why: why.into() }
    }
}

impl<T: PartialEq> Fact<T> {
    /// Is it exactly this value?
    pub fn is(&self, expected: &T) -> bool {
        self.value() == Some(expected)
    }
}

impl Fact<bool> {
    /// Is it known to be so? Absent and unreadable count as no.
    pub fn holds(&self) -> bool {
        self.is(&true)
    }
}

impl<T> From<T> for Fact<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T: Text> Text for Fact<T> {
    /// The value's text, `-` for absent, `?why` for unreadable.
    fn to_text(&self) -> String {
        match self {
            Self::Value(value) => value.to_text(),
            Self::Absent => "-".to_owned(),
            Self::Unreadable { why } => format!("?{why}"),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        match text.strip_prefix('?') {
            Some(why) => Some(Self::unknown(why)),
            None if text == "-" => Some(Self::Absent),
            None => T::from_text(text).map(Self::Value),
        }
    }
}
