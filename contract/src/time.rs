//! Points in time as documents carry them: whole seconds, UTC, RFC 3339.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::{NotAValue, text_by_display};

const DAY_S: i64 = 86_400;
/// Seconds from 1601-01-01, where Windows FILETIME starts, to 1970-01-01.
const FILETIME_TO_UNIX_S: i64 = 11_644_473_600;
/// FILETIME counts steps of 100 nanoseconds.
const FILETIME_PER_S: u64 = 10_000_000;

/// Seconds since 1970-01-01 UTC. In documents `2026-02-03T04:05:06Z`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct UtcTime(pub i64);

impl UtcTime {
    /// Converts a Windows FILETIME.
    pub fn from_filetime(filetime: u64) -> Self {
        // At most 1.8e12, far inside i64.
        let seconds = i64::try_from(filetime / FILETIME_PER_S).unwrap_or(i64::MAX);
        Self(seconds.saturating_sub(FILETIME_TO_UNIX_S))
    }

    /// As a Windows FILETIME; its start for moments before it.
    pub fn to_filetime(self) -> u64 {
        let seconds = self.0.saturating_add(FILETIME_TO_UNIX_S);
        u64::try_from(seconds)
            .unwrap_or(0)
            .saturating_mul(FILETIME_PER_S)
    }

    /// This moment moved by `seconds`.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this moment; negative when it is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The form without punctuation that file names take: `20260203T040506Z`.
    pub fn compact(self) -> String {
        self.to_string().replace(['-', ':'], "")
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY_S));
        let second = self.0.rem_euclid(DAY_S);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

impl FromStr for UtcTime {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| NotAValue {
            found: text.to_owned(),
            expected: "a UTC time such as 2026-02-03T04:05:06Z",
        })
    }
}

fn parse(text: &str) -> Option<UtcTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let in_range = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !in_range {
        return None;
    }
    let days = days_from_civil(year, month, day);
    (civil_from_days(days) == (year, month, day))
        .then_some(UtcTime(days * DAY_S + hour * 3600 + minute * 60 + second))
}

fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut values = [0; 3];
    for (value, width) in values.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *value = part.parse().ok()?;
    }
    parts.next().is_none().then_some(values)
}

/// Days since 1970-01-01 of a date in the Gregorian calendar. The year is taken to begin in
/// March, so that the leap day is its last one.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

impl TryFrom<String> for UtcTime {
    type Error = NotAValue;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<UtcTime> for String {
    fn from(time: UtcTime) -> Self {
        time.to_string()
    }
}

text_by_display!(UtcTime);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_read_and_print() {
        // Computed with `date -u -d @N +%FT%TZ`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_708_690_852, "2024-02-23T12:20:52Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(UtcTime(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(UtcTime(seconds)));
        }
    }

    #[test]
    fn filetime_of_an_offboarding_package_converts() {
        // expirationTimestamp of a public specimen: 2024-02-23 12:20 UTC.
        let time = UtcTime::from_filetime(133_531_644_529_324_807);
        assert_eq!(time.to_string(), "2024-02-23T12:20:52Z");
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in [
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00",
            "+026-01-01T00:00:00Z",
        ] {
            assert!(text.parse::<UtcTime>().is_err(), "{text}");
        }
    }
}
