//! What differs between a download in the lock and one that was found.

use core::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::LockedDownload;

/// One difference between lock and downloads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// Name in the lock.
    pub name: String,
    /// What differs.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ChangeKind {
    /// Not in the lock.
    Added,
    /// In the lock, not among the downloads.
    Missing,
    /// A higher version.
    Upgraded {
        /// Version in the lock.
        from: String,
        /// Version found.
        to: String,
    },
    /// A lower version.
    Downgraded {
        /// Version in the lock.
        from: String,
        /// Version found.
        to: String,
    },
    /// Other bytes, and no version that tells which is newer.
    NewBytes,
    /// Another signer, whatever the version.
    SignerChanged {
        /// Signer in the lock.
        from: String,
        /// Signer found.
        to: String,
    },
    /// The same bytes, of which the lock says something else: it was edited, or written by a
    /// program that read them otherwise.
    Misstated {
        /// Size, version, signer or signatures.
        what: &'static str,
        /// In the lock.
        from: String,
        /// Found.
        to: String,
    },
}

impl fmt::Display for Change {
    /// One line of a diff.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.kind {
            ChangeKind::Added => write!(f, "+ {name}"),
            ChangeKind::Missing => write!(f, "- {name}"),
            ChangeKind::Upgraded { from, to } => write!(f, "~ {name}: version {from} -> {to} (up)"),
            ChangeKind::Downgraded { from, to } => {
                write!(f, "~ {name}: version {from} -> {to} (DOWN)")
            }
            ChangeKind::NewBytes => write!(
                f,
                "~ {name}: other bytes, and no version tells which are newer"
            ),
            ChangeKind::SignerChanged { from, to } => {
                write!(f, "~ {name}: signer `{from}` -> `{to}`")
            }
            ChangeKind::Misstated { what, from, to } => write!(
                f,
                "~ {name}: the lock says {what} `{from}` of these bytes, it is `{to}`"
            ),
        }
    }
}

/// Every way in which a download differs, which has other bytes.
pub(super) fn differences(old: &LockedDownload, new: &LockedDownload) -> Vec<ChangeKind> {
    let mut kinds = Vec::new();
    let versions = old.version.as_deref().zip(new.version.as_deref());
    let compare = if new.blob.is_some() {
        compare_blob_versions
    } else {
        compare_versions
    };
    let order = versions.and_then(|(old, new)| compare(old, new));
    let from_to = || {
        let text = |version: &Option<String>| version.clone().unwrap_or_default();
        (text(&old.version), text(&new.version))
    };
    kinds.push(match order {
        Some(core::cmp::Ordering::Less) => {
            let (from, to) = from_to();
            ChangeKind::Upgraded { from, to }
        }
        Some(core::cmp::Ordering::Greater) => {
            let (from, to) = from_to();
            ChangeKind::Downgraded { from, to }
        }
        Some(core::cmp::Ordering::Equal) | None => ChangeKind::NewBytes,
    });
    if old.signer != new.signer {
        let text = |signer: &Option<String>| signer.clone().unwrap_or_else(|| "nobody".to_owned());
        kinds.push(ChangeKind::SignerChanged {
            from: text(&old.signer),
            to: text(&new.signer),
        });
    }
    kinds
}

/// What an entry says of the very bytes that were found and that is not so.
pub(super) fn misstatements(old: &LockedDownload, new: &LockedDownload) -> Vec<ChangeKind> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    [
        ("size", old.size.to_string(), new.size.to_string()),
        ("version", text(&old.version), text(&new.version)),
        ("signer", text(&old.signer), text(&new.signer)),
        (
            "signatures",
            old.signatures.join("; "),
            new.signatures.join("; "),
        ),
    ]
    .into_iter()
    .filter(|(_, from, to)| from != to)
    .map(|(what, from, to)| ChangeKind::Misstated { what, from, to })
    .collect()
}

/// Compares dotted numbers; none when a part is no number.
fn compare_versions(a: &str, b: &str) -> Option<core::cmp::Ordering> {
    let numbers = |text: &str| -> Option<Vec<u64>> {
        let mut parts = text
            .split('.')
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u64>>>()?;
        // `1.2` and `1.2.0` are one version.
        while parts.last() == Some(&0) {
            parts.pop();
        }
        Some(parts)
    };
    Some(numbers(a)?.cmp(&numbers(b)?))
}

/// Compares the versions of blob bodies, which are decimal fractions: of the public packages the
/// leaf of 1.35 and 1.4 is of 2021, that of 1.47 and 1.5 of February 2023, that of 1.68 of
/// November 2023, that of 2.04 of 2025.
fn compare_blob_versions(a: &str, b: &str) -> Option<core::cmp::Ordering> {
    let number = |text: &str| -> Option<(u64, String)> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
        let fraction = fraction.trim_end_matches('0').to_owned();
        digits.then_some((whole.parse().ok()?, fraction))
    };
    Some(number(a)?.cmp(&number(b)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        use core::cmp::Ordering::*;
        let table = [
            ("4.18.9", "4.18.10", Some(Less)),
            ("2.11", "2.2", Some(Greater)),
            ("1.2", "1.2.0", Some(Equal)),
            ("1.x", "1.2", None),
        ];
        for (a, b, expected) in table {
            assert_eq!(compare_versions(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn versions_of_blobs_compare_as_decimal_fractions() {
        use core::cmp::Ordering::*;
        let table = [
            ("1.35", "1.4", Some(Less)),
            ("1.5", "1.47", Some(Greater)),
            ("1.68", "1.7", Some(Less)),
            ("1.68", "2.04", Some(Less)),
            ("2.04", "2.07", Some(Less)),
            ("1.4", "1.40", Some(Equal)),
            ("2", "2.0", Some(Equal)),
            ("1.4.1", "1.4", None),
            ("new", "1.4", None),
        ];
        for (a, b, expected) in table {
            assert_eq!(compare_blob_versions(a, b), expected, "{a} {b}");
        }
    }
}
