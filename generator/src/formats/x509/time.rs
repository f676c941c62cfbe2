//! ASN.1 times as unix seconds, and unix seconds as text.

use time::OffsetDateTime;
use time::macros::format_description;

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
}
