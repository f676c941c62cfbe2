//! What several commands take, and how such a value is read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use gangway_contract::Sha256;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::intake::lock::MAX_SEQUENCE;
use crate::pipeline::{VerifyRequest, explain};
use crate::problem::{Code, Deny};

#[derive(Debug, Args)]
pub(in crate::cli) struct Moment {
    /// Judges expiry and age at this moment instead of now: a day (its beginning, UTC), a time of
    /// RFC 3339 such as `2026-03-02T10:00:00Z`, or seconds since 1970 UTC
    #[arg(long, value_name = "TIME", value_parser = moment, allow_negative_numbers = true)]
    pub(in crate::cli) as_of: Option<i64>,
}

/// A moment as people and programs write it, in seconds since 1970 UTC.
fn moment(text: &str) -> Result<i64, String> {
    let day = || Date::parse(text, format_description!("[year]-[month]-[day]"));
    let time = || OffsetDateTime::parse(text, &Rfc3339);
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    day()
        .map(|day| day.midnight().assume_utc())
        .or_else(|_| time())
        .map(OffsetDateTime::unix_timestamp)
        .map_err(|_| {
            "expected `2026-03-02`, `2026-03-02T10:00:00Z` or seconds since 1970".to_owned()
        })
}

/// Longest time that somebody waits, in seconds: a day.
const MAX_DURATION: u64 = 24 * 60 * 60;

/// A length of time: a number and its unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let units = [("s", 1), ("m", 60), ("h", 60 * 60)];
    let found = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*seconds)
    });
    match found {
        Some(seconds @ 1..=MAX_DURATION) => Ok(Duration::from_secs(seconds)),
        _ => Err("expected a length of time up to a day, such as `90s`, `15m` or `2h`".to_owned()),
    }
}

/// What becomes of findings.
#[derive(Debug, Args)]
pub(in crate::cli) struct Findings {
    /// Counts findings as errors: `warnings` for all of them, or a code such as `GW1305`; may
    /// be given several times
    #[arg(long, value_name = "WHAT", value_parser = denied)]
    deny: Vec<Denied>,
    /// Prints the findings as SARIF 2.1.0 for code-scanning pages
    #[arg(long, conflicts_with = "json")]
    pub(in crate::cli) sarif: bool,
}

impl Findings {
    pub(in crate::cli) fn deny(&self) -> Deny {
        let codes = self.deny.iter().filter_map(|denied| match denied {
            Denied::Warnings => None,
            Denied::Code(code) => Some(*code),
        });
        Deny {
            warnings: self.deny.contains(&Denied::Warnings),
            codes: codes.collect(),
        }
    }
}

/// A value of `--deny`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Denied {
    Warnings,
    Code(&'static Code),
}

fn denied(text: &str) -> Result<Denied, String> {
    if text == "warnings" {
        return Ok(Denied::Warnings);
    }
    explain::find(text).map(Denied::Code).ok_or_else(|| {
        "expected `warnings` or a problem code; `gangway explain` lists them".to_owned()
    })
}

/// What from outside a bundle vouches for it. A bundle never names it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Outside {
    /// The config that the bundle was built from: its `signing.roots` judge the signature, the
    /// lock beside it remembers the bundle
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Root certificate (PEM or DER) that may vouch for the signature; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) root: Vec<PathBuf>,
    /// SHA-256 of `bundle.json` as `build` printed it, instead of the lock's
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(in crate::cli) expect: Option<Sha256>,
}

impl Outside {
    /// The request for this bundle.
    pub(in crate::cli) fn request(&self, bundle: &Path, now: i64) -> VerifyRequest {
        VerifyRequest {
            config: self.config.clone(),
            roots: self.root.clone(),
            expect: self.expect,
            ..VerifyRequest::of(bundle, now)
        }
    }
}

/// A digest in either case: `Get-FileHash` prints capitals.
pub(super) fn digest(text: &str) -> Result<Sha256, String> {
    let lower = text.to_ascii_lowercase();
    lower
        .parse()
        .map_err(|_| "expected 64 hex digits".to_owned())
}

/// Reads a whole number between two, and says what to write in the place of one with a unit or a fraction.
pub(super) fn number<T: TryFrom<u64>>(
    least: u64,
    most: u64,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text: &str| {
        let Ok(number) = text.parse::<u64>() else {
            let (digits, unit) = text.split_at(
                text.find(|one: char| !one.is_ascii_digit())
                    .unwrap_or(text.len()),
            );
            let is_unit = !unit.contains(|one: char| one.is_ascii_digit());
            return Err(match digits.parse::<u64>() {
                Ok(digits) if is_unit => format!("write the number alone: `{digits}`"),
                Ok(digits) => format!("write a whole number, as `{digits}`"),
                Err(_) => format!("write a whole number, as `{}`", 50.clamp(least, most)),
            });
        };
        let fits = (least..=most).contains(&number).then_some(number);
        fits.and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| format!("{number} is not in {least}..={most}"))
    }
}

/// What the lock may not know.
#[derive(Debug, Args)]
pub(in crate::cli) struct SeenSequence {
    /// A sequence that servers have seen already: the next bundle gets a higher one
    #[arg(long = "sequence-after", value_name = "N", default_value_t = 0,
        value_parser = number::<u64>(0, MAX_SEQUENCE - 1))]
    pub(in crate::cli) after: u64,
}

/// What to do while another run writes the same bundle or lock.
#[derive(Debug, Args)]
pub(in crate::cli) struct Patience {
    /// Waits so long for another run that writes the same bundle or lock
    #[arg(long, value_name = "SECONDS", default_value_t = 0,
        value_parser = number::<u64>(0, u64::MAX))]
    pub(in crate::cli) wait: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_a_time_or_seconds() {
        for (text, seconds) in [
            ("1772445600", Some(1_772_445_600)),
            ("-1", Some(-1)),
            ("2026-03-02", Some(1_772_409_600)),
            ("2026-03-02T10:00:00Z", Some(1_772_445_600)),
            ("2026-03-02t12:00:00.5+02:00", Some(1_772_445_600)),
            ("2026-02-30", None),
            ("2026-3-2", None),
            ("02.03.2026", None),
            ("2026-03-02T10:00", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(moment(text).ok(), seconds, "{text}");
        }
    }
}
