//! The time of a run as the analyzer writes it: `dd/MM/yyyy h:mm:ss tt zzz` of .NET, in the culture
//! of the server. Its separators are the culture's, its calendar too, and in many cultures `tt` is
//! empty, so that the half of the day stays open.

use gangway_contract::UtcTime;
use time::{Date, Duration, Month, PrimitiveDateTime, Time, UtcOffset};

use super::Moment;
use crate::formats::zip::StoredTime;

/// Years by which the Buddhist calendar of Thailand is ahead.
const BUDDHIST_YEARS: i32 = 543;
/// Years that a run can be of; the analyzer is younger than this, and a century is enough.
const YEARS: core::ops::Range<i32> = 2015..2115;
/// Words for the half of the day, as they begin in lower case.
const MORNING: [&str; 6] = ["am", "a.m", "a. m", "上午", "午前", "오전"];
const EVENING: [&str; 6] = ["pm", "p.m", "p. m", "下午", "午後", "오후"];

/// Reads a time. The archive's own time of the file, which is of the same clock and has no half
/// days, tells the half that the text leaves open.
pub(super) fn read(written: &str, stored: Option<StoredTime>) -> Option<Moment> {
    let (local, sign, zone) = split_zone(written)?;
    let zone = offset(sign, zone)?;
    let mut numbers = Vec::new();
    let mut digits = 0;
    for run in local.split(|c: char| !c.is_ascii_digit()) {
        if !run.is_empty() {
            digits += run.len();
            numbers.push(run.parse::<i32>().ok()?);
        }
    }
    let [day, month, year, hour, minute, second] = numbers.try_into().ok()?;
    if digits > 14 {
        return None;
    }
    let buddhist = year - BUDDHIST_YEARS;
    let year = if YEARS.contains(&buddhist) {
        buddhist
    } else {
        year
    };
    if !YEARS.contains(&year) {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()?;
    let at = |hour: i32| {
        let [hour, minute, second] = [hour, minute, second].map(u8::try_from);
        let time = Time::from_hms(hour.ok()?, minute.ok()?, second.ok()?).ok()?;
        Some(PrimitiveDateTime::new(date, time))
    };
    let written = local.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| written.contains(word));
    let (local, half_day_open) = match (says(&MORNING), says(&EVENING)) {
        _ if !(1..=12).contains(&hour) => (at(hour)?, false),
        (true, false) => (at(hour % 12)?, false),
        (false, true) => (at(hour % 12 + 12)?, false),
        _ => {
            let halves = [at(hour % 12)?, at(hour % 12 + 12)?];
            match stored.and_then(|stored| half_of(halves, stored)) {
                Some(half) => (half, false),
                None => (halves[0], true),
            }
        }
    };
    let at = UtcTime(local.assume_offset(zone).unix_timestamp());
    Some(Moment { at, half_day_open })
}

/// What is before the offset, its sign, and it.
fn split_zone(written: &str) -> Option<(&str, char, &str)> {
    let (at, sign) = written
        .char_indices()
        .rfind(|(_, c)| "+-\u{2212}".contains(*c))?;
    let zone = written.get(at + sign.len_utf8()..)?;
    Some((written.get(..at)?, sign, zone))
}

fn offset(sign: char, zone: &str) -> Option<UtcOffset> {
    let digits: Vec<i8> = zone
        .chars()
        .filter_map(|c| c.to_digit(10).and_then(|digit| i8::try_from(digit).ok()))
        .collect();
    let [a, b, c, d] = digits.try_into().ok()?;
    let (hours, minutes) = (a.checked_mul(10)? + b, c * 10 + d);
    let sign = if sign == '+' { 1 } else { -1 };
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

/// The half of the day that the file's time fits: a run ends with its file, within half a day.
fn half_of(halves: [PrimitiveDateTime; 2], stored: StoredTime) -> Option<PrimitiveDateTime> {
    let month = Month::try_from(stored.month).ok()?;
    let date = Date::from_calendar_date(i32::from(stored.year), month, stored.day).ok()?;
    let time = Time::from_hms(stored.hour, stored.minute, stored.second).ok()?;
    let stored = PrimitiveDateTime::new(date, time);
    // An archive counts in steps of two seconds.
    let tolerance = Duration::seconds(2);
    let fits = |half: &&PrimitiveDateTime| {
        let after = stored - **half;
        (-tolerance..Duration::hours(12) - tolerance).contains(&after)
    };
    halves.iter().find(fits).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: StoredTime = StoredTime {
        year: 2026,
        month: 11,
        day: 28,
        hour: 20,
        minute: 25,
        second: 10,
    };

    #[test]
    fn times_of_every_culture_are_read() {
        for (written, stored, time) in [
            ("28/11/2026 8:21:33 AM +01:00", None, "2026-11-28T07:21:33Z"),
            ("28/11/2026 8:21:33 PM +01:00", None, "2026-11-28T19:21:33Z"),
            (
                "28/11/2026 12:00:01 AM +00:00",
                None,
                "2026-11-28T00:00:01Z",
            ),
            (
                "28/11/2026 12:00:01 PM -05:30",
                None,
                "2026-11-28T17:30:01Z",
            ),
            (
                "28/11/2026 8:21:33 p. m. -06:00",
                None,
                "2026-11-29T02:21:33Z",
            ),
            (
                "28/11/2026 8:21:33 下午 +08:00",
                None,
                "2026-11-28T12:21:33Z",
            ),
            ("28.11.2026 8:21:33  +01:00", None, "2026-11-28T07:21:33Z?"),
            (
                "28.11.2026 8:21:33  +01:00",
                Some(STORED),
                "2026-11-28T19:21:33Z",
            ),
            (
                "28-11-2026 8.21.33 \u{2212}03.00",
                None,
                "2026-11-28T11:21:33Z?",
            ),
            ("28/11/2569 8:21:33 AM +07:00", None, "2026-11-28T01:21:33Z"),
            ("28/11/2026 20:21:33 +01:00", None, "2026-11-28T19:21:33Z"),
            (
                "29.11.2026 8:21:33  +01:00",
                Some(STORED),
                "2026-11-29T07:21:33Z?",
            ),
        ] {
            let moment = read(written, stored).unwrap();
            let open = if moment.half_day_open { "?" } else { "" };
            assert_eq!(format!("{}{open}", moment.at), time, "{written}");
        }
    }

    #[test]
    fn what_is_no_time_gives_none() {
        for written in [
            "",
            "now",
            "+",
            "28/11/2026 8:21:33 AM",
            "31/02/2026 8:21:33 AM +01:00",
            "28/13/2026 8:21:33 AM +01:00",
            "28/11/1448 8:21:33 AM +03:00",
            "28/11/2026 8:61:33 AM +01:00",
            "28/11/2026 8:21:33 AM +99:00",
            "28/11/2026 8:21:33 AM +1:00",
            "28/11/99999999999 8:21:33 AM +01:00",
            "28/11/2026 8:21 AM +01:00",
            "1 28/11/2026 8:21:33 AM +01:00",
        ] {
            assert_eq!(read(written, None), None, "{written}");
        }
    }
}
