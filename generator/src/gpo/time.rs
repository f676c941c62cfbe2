//! Points in time as the policy files spell them.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// A second in UTC between 1970 and 9999; every output time comes from one of these and none
/// from a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(OffsetDateTime);

/// Seconds since 1970 that no policy file can spell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{seconds} seconds since 1970 is no time between 1970 and 9999")]
pub struct OutOfRange {
    /// The number given.
    pub seconds: i64,
}

impl Timestamp {
    /// From seconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// Times before 1970 and after 9999.
    pub fn from_unix(seconds: i64) -> Result<Self, OutOfRange> {
        if seconds < 0 {
            return Err(OutOfRange { seconds });
        }
        OffsetDateTime::from_unix_timestamp(seconds)
            .map(Self)
            .map_err(|_| OutOfRange { seconds })
    }

    /// `2026-01-31 08:05:09`: attribute `changed` of preference items.
    pub fn changed(self) -> String {
        self.format(format_description!(
            "[year]-[month]-[day] [hour]:[minute]:[second]"
        ))
    }

    /// From what [`Self::changed`] gives, and from no other spelling.
    pub fn from_changed(text: &str) -> Option<Self> {
        let description = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
        let read = PrimitiveDateTime::parse(text, description).ok()?;
        let read = Self::from_unix(read.assume_utc().unix_timestamp()).ok()?;
        (read.changed() == text).then_some(read)
    }

    /// Seconds since 1970-01-01 UTC.
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// `2026-01-31T08:05:09`: `BackupTime`, and dates inside tasks.
    pub fn date_time(self) -> String {
        self.format(format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second]"
        ))
    }

    /// `20260131080509.000000-000`: CIM date of WMI filters.
    pub fn cim(self) -> String {
        self.format(format_description!(
            "[year][month][day][hour][minute][second].000000-000"
        ))
    }

    fn format(self, description: &[BorrowedFormatItem<'_>]) -> String {
        // Years of 1970 to 9999 have four digits, so these descriptions cannot fail.
        self.0.format(description).unwrap_or_default()
    }
}

/// A duration as XML spells it (`PT1H30M`), from seconds; zero is `PT0S`.
pub fn xml_duration(seconds: u32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
    let mut text = "P".to_owned();
    if days > 0 {
        text.push_str(&format!("{days}D"));
    }
    if rest > 0 || days == 0 {
        text.push('T');
        for (number, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
            if number > 0 {
                text.push_str(&format!("{number}{unit}"));
            }
        }
        if rest == 0 {
            text.push_str("0S");
        }
    }
    text
}

/// Seconds of a duration of XML Schema, with a month of 31 days and a year of 366; nothing where
/// the text is none that can be counted.
pub(crate) fn seconds_of_duration(text: &str) -> Option<u64> {
    let (days, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((days, time)) => (days, time),
        None => (text.strip_prefix('P')?, ""),
    };
    let units = |text: &str, units: &[(char, u64)]| -> Option<u64> {
        let mut seconds = 0_u64;
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
            let letter = rest.get(end..)?.chars().next()?;
            let (_, unit) = units.iter().find(|(name, _)| *name == letter)?;
            let number = rest.get(..end)?;
            let whole = number.split_once('.').map_or(number, |(whole, _)| whole);
            seconds = seconds.checked_add(whole.parse::<u64>().ok()?.checked_mul(*unit)?)?;
            rest = rest.get(end + 1..)?;
        }
        Some(seconds)
    };
    let days = units(
        days,
        &[('Y', 366 * 86_400), ('M', 31 * 86_400), ('D', 86_400)],
    )?;
    let time = units(time, &[('H', 3600), ('M', 60), ('S', 1)])?;
    days.checked_add(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_second_has_three_spellings() {
        let time = Timestamp::from_unix(1_769_846_709).unwrap();
        assert_eq!(time.changed(), "2026-01-31 08:05:09");
        assert_eq!(time.date_time(), "2026-01-31T08:05:09");
        assert_eq!(time.cim(), "20260131080509.000000-000");
    }

    #[test]
    fn only_the_one_spelling_reads_back() {
        let text = "2026-01-31 08:05:09";
        let read = Timestamp::from_changed(text).map(Timestamp::unix);
        assert_eq!(read, Some(1_769_846_709));
        for other in [
            "0000-00-00 00:00:00",
            "0000-01-01 00:00:00",
            "1969-12-31 23:59:59",
            "2026-02-30 08:05:09",
            "2026-01-31 24:05:09",
            "2026-01-31\n08:05:09",
            "2026-01-31 08:05:0\n",
            "2026-01-31T08:05:09",
            "+2026-01-31 08:05:09",
            "2026-1-31 08:05:009",
            "",
        ] {
            assert_eq!(Timestamp::from_changed(other), None, "{other:?}");
        }
    }

    #[test]
    fn only_years_with_four_digits_are_taken() {
        assert!(Timestamp::from_unix(0).is_ok());
        assert!(Timestamp::from_unix(253_402_300_799).is_ok());
        for seconds in [-1, 253_402_300_800, i64::MAX, i64::MIN] {
            assert_eq!(Timestamp::from_unix(seconds), Err(OutOfRange { seconds }));
        }
    }

    #[test]
    fn durations_are_counted() {
        for (text, seconds) in [
            ("PT30S", Some(30)),
            ("PT1M", Some(60)),
            ("PT1.5S", Some(1)),
            ("P31D", Some(31 * 86_400)),
            ("P1M", Some(31 * 86_400)),
            ("P1DT1H", Some(90_000)),
            ("PT99999999999999999999S", None),
            ("12:00", None),
            ("PT1X", None),
        ] {
            assert_eq!(seconds_of_duration(text), seconds, "{text}");
        }
    }

    #[test]
    fn durations_are_spelled_in_the_largest_units() {
        for (seconds, text) in [
            (0, "PT0S"),
            (59, "PT59S"),
            (3600, "PT1H"),
            (5400, "PT1H30M"),
            (86_400, "P1D"),
            (90_061, "P1DT1H1M1S"),
            (259_200, "P3D"),
        ] {
            assert_eq!(xml_duration(seconds), text);
        }
    }
}
