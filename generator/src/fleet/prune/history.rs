//! The daily counts that stay when reports go: a table (RFC 4180), one row for each day, state
//! and reason, sorted.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ReaderBuilder, Terminator, WriterBuilder};
use gangway_contract::{Reason, State, UtcTime};

/// Largest history that is read, in bytes: a hundred years of every reason on every day have
/// less.
pub(super) const MAX_BYTES: u64 = 128 << 20;

/// Seconds of a day.
pub(super) const DAY_S: i64 = 86_400;

const HEADER: [&str; 4] = ["day", "state", "reason", "servers"];

/// The first line.
pub(super) const HEADER_LINE: &str = "day,state,reason,servers\n";

/// Stands for a reason that this program does not know.
const OTHER_REASON: &str = "other";

/// How many servers ended each day, UTC, in which state and for which reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    rows: BTreeMap<(String, String, String), u64>,
}

impl History {
    /// Reads the table.
    ///
    /// # Errors
    /// Names the line and what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = ReaderBuilder::new().from_reader(bytes);
        let header = reader.headers().map_err(|error| error.to_string())?;
        if *header != HEADER[..] {
            return Err(format!("its first line is not `{}`", HEADER.join(",")));
        }
        let mut history = Self::default();
        for (number, row) in (2..).zip(reader.into_records()) {
            let row = row.map_err(|error| error.to_string())?;
            let (key, servers) =
                parse(&row).ok_or_else(|| format!("line {number} is no row of a history"))?;
            if history.rows.insert(key, servers).is_some() {
                return Err(format!("line {number} stands there twice"));
            }
        }
        Ok(history)
    }

    /// The table as [`History::read`] reads it.
    pub fn to_text(&self) -> String {
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::Any(b'\n'))
            .from_writer(Vec::new());
        // Writing to memory cannot fail, and every row has as many cells as the header.
        let _ = writer.write_record(HEADER);
        for ((day, state, reason), servers) in &self.rows {
            let _ = writer.write_record([day, state, reason, &servers.to_string()]);
        }
        String::from_utf8_lossy(&writer.into_inner().unwrap_or_default()).into_owned()
    }

    /// The days that have been counted.
    pub fn days(&self) -> BTreeSet<&str> {
        self.rows.keys().map(|(day, _, _)| day.as_str()).collect()
    }

    /// One more server that ended this day so.
    pub(super) fn count(&mut self, day: &str, state: State, reason: &str) {
        let reason = Reason::from_code(reason).map_or(OTHER_REASON, Reason::as_str);
        let key = (day.to_owned(), state.as_str().to_owned(), reason.to_owned());
        *self.rows.entry(key).or_default() += 1;
    }

    /// Takes over the days that are not here yet, and says how many.
    pub(super) fn add_days(&mut self, other: Self) -> usize {
        let known: BTreeSet<String> = self.days().into_iter().map(str::to_owned).collect();
        let mut added = BTreeSet::new();
        for (key, servers) in other.rows {
            if !known.contains(&key.0) {
                added.insert(key.0.clone());
                self.rows.insert(key, servers);
            }
        }
        added.len()
    }
}

fn parse(row: &csv::StringRecord) -> Option<((String, String, String), u64)> {
    let mut cells = row.iter();
    let (day, state, reason) = (cells.next()?, cells.next()?, cells.next()?);
    let servers = cells.next()?.parse().ok()?;
    let start: UtcTime = format!("{day}T00:00:00Z").parse().ok()?;
    let is_state = State::ALL.iter().any(|one| one.as_str() == state);
    // A later version may know more reasons.
    let is_code = !reason.is_empty() && reason.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    (self::day(start) == day && is_state && is_code).then(|| {
        (
            (day.to_owned(), state.to_owned(), reason.to_owned()),
            servers,
        )
    })
}

/// The day of a moment, UTC, as the table names it.
pub(super) fn day(time: UtcTime) -> String {
    time.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_a_day_is_counted_once() {
        let mut history = History::default();
        history.count("2026-03-02", State::Onboarded, "converged");
        history.count("2026-03-02", State::Onboarded, "converged");
        history.count("2026-03-01", State::Blocked, "=cmd|' /C calc'!A0");
        let text = history.to_text();
        assert_eq!(
            text,
            "day,state,reason,servers\n2026-03-01,blocked,other,1\n2026-03-02,onboarded,converged,2\n"
        );
        let mut again = History::read(text.as_bytes()).unwrap();
        assert_eq!(again, history);
        assert_eq!(again.add_days(history.clone()), 0);
        assert_eq!(again, history);
    }

    #[test]
    fn what_is_no_history_is_refused_with_its_line() {
        for (text, why) in [
            ("", "first line"),
            ("name,state\n", "first line"),
            (
                "day,state,reason,servers\n2026-03-01,onboarded,converged\n",
                "line: 2",
            ),
            (
                "day,state,reason,servers\n2026-3-1,onboarded,converged,1\n",
                "line 2",
            ),
            (
                "day,state,reason,servers\n2026-03-01,fine,converged,1\n",
                "line 2",
            ),
            (
                "day,state,reason,servers\n2026-03-01,onboarded,converged,-1\n",
                "line 2",
            ),
            (
                "day,state,reason,servers\n2026-03-01,onboarded,=1,1\n",
                "line 2",
            ),
            (
                "day,state,reason,servers\n2026-03-01,failed,a,1\n2026-03-01,failed,a,2\n",
                "line 3 stands there twice",
            ),
        ] {
            let error = History::read(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{text:?}: {error}");
        }
    }
}
