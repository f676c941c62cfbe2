//! The one text form of every value that documents, text tables and hosts files share.

use core::fmt;

/// A value with exactly one text form: what `--facts` prints, tables of tests spell and
/// described hosts carry.
pub trait Text: Sized {
    /// The one text form of the value; [`from_text`](Self::from_text) reads it back.
    fn to_text(&self) -> String;
    /// The value of a text; none when it is not one.
    fn from_text(text: &str) -> Option<Self>;
}

/// Why a text is not a value of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAValue {
    /// The text found.
    pub found: String,
    /// What was expected, as a noun phrase.
    pub expected: &'static str,
}

impl fmt::Display for NotAValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", self.found, self.expected)
    }
}

impl core::error::Error for NotAValue {}

impl Text for bool {
    fn to_text(&self) -> String {
        if *self { "yes" } else { "no" }.to_owned()
    }

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "yes" | "true" | "1" => Some(true),
            "no" | "false" | "0" => Some(false),
            _ => None,
        }
    }
}

impl Text for String {
    fn to_text(&self) -> String {
        self.clone()
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// Entries joined by `; `.
impl Text for Vec<String> {
    fn to_text(&self) -> String {
        self.join("; ")
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(
            text.split(';')
                .map(str::trim)
                .filter(|entry| !entry.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }
}

/// A word of a closed set, as documents spell it and with what it means.
pub trait Word: Copy + 'static {
    /// Every word of the set, in the order of declaration.
    const ALL: &'static [Self];

    /// The text in documents.
    fn text(self) -> &'static str;

    /// What it means, in sentences.
    fn meaning(self) -> &'static str;
}

/// [`Text`] by `Display` and `FromStr`.
macro_rules! text_by_display {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::text::Text for $type {
            fn to_text(&self) -> String {
                self.to_string()
            }

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )+};
}
pub(crate) use text_by_display;

text_by_display!(u16, u32, u64, crate::OrgId, crate::Sha256);

/// Declares a closed set of values that are spelled the same in documents, tables and
/// messages.
macro_rules! text_enum {
    (
        $(#[$doc:meta])*
        pub enum $name:ident ($expected:literal) {
            $($(#[doc = $variant_doc:literal])+ $variant:ident = $text:literal,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $($(#[doc = $variant_doc])+ #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The text of the value in documents.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl $crate::text::Word for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn text(self) -> &'static str {
                self.as_str()
            }

            fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($variant_doc),+),)+
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::text::NotAValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::text::NotAValue {
                        found: text.to_owned(),
                        expected: $expected,
                    }),
                }
            }
        }

        $crate::text::text_by_display!($name);
    };
}
pub(crate) use text_enum;
