//! ASN.1 times as unix seconds, and unix seconds as text.

use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::formats::der::{DerError, Element, tag};

const ERROR: DerError = DerError::Value("a time");

/// Reads UTCTime or GeneralizedTime in the forms that DER allows: seconds are present, the
/// zone is `Z`. A fraction of a second is dropped.
pub fn unix_seconds(element: &Element<'_>) -> Result<i64, DerError> {
    let text = core::str::from_utf8(element.value).map_err(|_| ERROR)?;
    let text = text.strip_suffix('Z').ok_or(ERROR)?;
    let (digits, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let all_digits =
        |s: &str| !s.is_empty() && s.len() <= 20 && s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(digits) || !all_digits(fraction) {
        return Err(ERROR);
    }
    let (year, rest) = match element.tag {
        tag::UTC_TIME if digits.len() == 12 => {
            let year = number(digits, 0, 2)?;
            // RFC 5280, 4.1.2.5.1: 50 to 99 are of the 20th century.
            (
                if year < 50 { 2000 } else { 1900 } + i32::from(year),
                &digits[2..],
            )
        }
        tag::GENERALIZED_TIME if digits.len() == 14 => {
            let high = i32::from(number(digits, 0, 2)?);
            let low = i32::from(number(digits, 2, 4)?);
            (high * 100 + low, &digits[4..])
        }
        _ => return Err(ERROR),
    };
    let month = Month::try_from(number(rest, 0, 2)?).map_err(|_| ERROR)?;
    let date = Date::from_calendar_date(year, month, number(rest, 2, 4)?).map_err(|_| ERROR)?;
    let time = Time::from_hms(
        number(rest, 4, 6)?,
        number(rest, 6, 8)?,
        number(rest, 8, 10)?,
    )
    .map_err(|_| ERROR)?;
    Ok(PrimitiveDateTime::new(date, time)
        .assume_utc()
        .unix_timestamp())
}

fn number(digits: &str, from: usize, to: usize) -> Result<u8, DerError> {
    digits
        .get(from..to)
        .and_then(|two| two.parse().ok())
        .ok_or(ERROR)
}

/// `2021-02-03 18:04:05 UTC`; a number that is no date is shown as it is.
pub fn utc(unix_seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .ok()
        .and_then(|t| {
            t.format(format_description!(
                "[year]-[month]-[day] [hour]:[minute]:[second] UTC"
            ))
            .ok()
        })
        .unwrap_or_else(|| format!("unix time {unix_seconds}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_utc() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(i64::MAX), "unix time 9223372036854775807");
    }

    #[test]
    fn both_kinds_of_time_are_read_and_nothing_else() {
        for (tag, text, expected) in [
            (
                tag::UTC_TIME,
                "210203180405Z",
                Some("2021-02-03 18:04:05 UTC"),
            ),
            (
                tag::UTC_TIME,
                "970110070000Z",
                Some("1997-01-10 07:00:00 UTC"),
            ),
            (
                tag::GENERALIZED_TIME,
                "20210203180405.123Z",
                Some("2021-02-03 18:04:05 UTC"),
            ),
            (
                tag::GENERALIZED_TIME,
                "99991231235959Z",
                Some("9999-12-31 23:59:59 UTC"),
            ),
            (tag::UTC_TIME, "2102031804Z", None),
            (tag::UTC_TIME, "210203180405+0100", None),
            (tag::UTC_TIME, "210229000000Z", None),
            (tag::UTC_TIME, "2102031804é", None),
            (tag::GENERALIZED_TIME, "20210203180405", None),
            (tag::GENERALIZED_TIME, "210203180405Z", None),
            (tag::OCTET_STRING, "210203180405Z", None),
        ] {
            let element = Element {
                tag,
                value: text.as_bytes(),
                raw: &[],
            };
            assert_eq!(
                unix_seconds(&element).ok().map(utc).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
