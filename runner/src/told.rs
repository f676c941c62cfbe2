//! What the products themselves say of the antivirus, read from the text that their tools
//! write.

use gangway_contract::facts::ReportedMode;
use gangway_contract::{Fact, Facts, UtcTime};

/// Facts of the second tier: asked where the registry alone would call a server protected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToldByProduct {
    /// `AMRunningMode`.
    pub mode: Fact<ReportedMode>,
    /// `RealTimeProtectionEnabled`.
    pub real_time: Fact<bool>,
    /// `AntivirusSignatureLastUpdated`.
    pub content_time: Fact<UtcTime>,
    /// Result code of the newest event 84.
    pub mode_event: Fact<u32>,
}

impl ToldByProduct {
    /// Puts them where the decision finds them.
    pub fn tell(self, facts: &mut Facts) {
        let antivirus = &mut facts.antivirus;
        antivirus.reported_mode = self.mode;
        antivirus.real_time = self.real_time;
        antivirus.reported_content_time = self.content_time;
        antivirus.mode_event = self.mode_event;
    }
}

/// Reads `name=value` lines of class `MSFT_MpComputerStatus`.
pub fn status_of(answer: Result<String, String>) -> ToldByProduct {
    let text = match answer {
        Ok(text) => text,
        Err(why) => {
            return ToldByProduct {
                mode: Fact::unknown(why.as_str()),
                real_time: Fact::unknown(why.as_str()),
                content_time: Fact::unknown(why),
                mode_event: Fact::Absent,
            };
        }
    };
    let value = |name: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        let found = pairs.find(|(found, _)| found.trim() == name);
        match found.map(|(_, value)| value.trim()) {
            Some(value) if !value.is_empty() => Fact::Value(value.to_owned()),
            _ => Fact::unknown(format!("`{name}` was not told")),
        }
    };
    let not_known = |name: &str, value: &str| format!("`{name}` is `{value}`");
    ToldByProduct {
        mode: value("AMRunningMode").and_then(|text| match text.as_str() {
            "Normal" => Fact::Value(ReportedMode::Normal),
            "Passive Mode" | "Passive" => Fact::Value(ReportedMode::Passive),
            "EDR Block Mode" => Fact::Value(ReportedMode::EdrBlock),
            "SxS Passive Mode" => Fact::Value(ReportedMode::SideBySide),
            "Not running" => Fact::Value(ReportedMode::NotRunning),
            other => Fact::unknown(not_known("AMRunningMode", other)),
        }),
        real_time: value("RealTimeProtectionEnabled").and_then(|text| match text.as_str() {
            "True" => Fact::Value(true),
            "False" => Fact::Value(false),
            other => Fact::unknown(not_known("RealTimeProtectionEnabled", other)),
        }),
        content_time: value("AntivirusSignatureLastUpdated").and_then(
            |text| match management_time(&text) {
                Some(time) => Fact::Value(time),
                None => Fact::unknown(not_known("AntivirusSignatureLastUpdated", &text)),
            },
        ),
        mode_event: Fact::Absent,
    }
}

/// A time as management classes write it: `yyyymmddHHMMSS.ffffff+UUU`, the offset in minutes.
fn management_time(text: &str) -> Option<UtcTime> {
    let (date, time) = (text.get(..8)?, text.get(8..14)?);
    let pair = |text: &str, at: usize| text.get(at..at + 2).map(str::to_owned);
    let local: UtcTime = format!(
        "{}-{}-{}T{}:{}:{}Z",
        date.get(..4)?,
        pair(date, 4)?,
        pair(date, 6)?,
        pair(time, 0)?,
        pair(time, 2)?,
        pair(time, 4)?
    )
    .parse()
    .ok()?;
    let minutes: i64 = text.get(21..)?.parse().ok()?;
    Some(local.plus(-minutes * 60))
}

/// The result code of event 84, the second value of its data; absent when there is no event.
pub fn mode_event_of(answer: Result<String, String>) -> Fact<u32> {
    let text = match answer {
        Ok(text) => text,
        Err(why) => return Fact::Unreadable { why },
    };
    if !text.contains("<EventID") {
        return Fact::Absent;
    }
    let mut values = text.split("<Data").skip(1).filter_map(|part| {
        let (_, value) = part.split_once('>')?;
        value.split_once("</Data>").map(|(value, _)| value.trim())
    });
    let result = values.nth(1).map(|text| match text.strip_prefix("0x") {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => text.parse(),
    });
    match result {
        Some(Ok(code)) => Fact::Value(code),
        Some(Err(_)) | None => Fact::unknown("event 84 holds no result code"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mode: &str, real_time: &str, updated: &str) -> String {
        format!(
            "AMRunningMode={mode}\r\nRealTimeProtectionEnabled={real_time}\r\n\
             AntivirusSignatureLastUpdated={updated}\r\n"
        )
    }

    #[test]
    fn each_documented_mode_is_known_and_no_other() {
        for (text, mode) in [
            ("Normal", Some(ReportedMode::Normal)),
            ("Passive Mode", Some(ReportedMode::Passive)),
            ("EDR Block Mode", Some(ReportedMode::EdrBlock)),
            ("SxS Passive Mode", Some(ReportedMode::SideBySide)),
            ("Not running", Some(ReportedMode::NotRunning)),
            ("Holiday Mode", None),
            ("", None),
        ] {
            let told = status_of(Ok(lines(text, "True", "20260203043000.000000+000")));
            assert_eq!(told.mode.value().copied(), mode, "{text}");
            assert!(told.mode.value().is_some() || told.mode.unreadable().is_some());
        }
    }

    #[test]
    fn times_are_read_with_their_offset() {
        for (text, time) in [
            ("20260203043000.000000+000", Some("2026-02-03T04:30:00Z")),
            ("20260203043000.123000+060", Some("2026-02-03T03:30:00Z")),
            ("20260203043000.000000-300", Some("2026-02-03T09:30:00Z")),
            ("20260203", None),
            ("20261303043000.000000+000", None),
            ("3. Februar 2026", None),
        ] {
            let told = status_of(Ok(lines("Normal", "True", text)));
            let found = told.content_time.value().map(ToString::to_string);
            assert_eq!(found.as_deref(), time, "{text}");
        }
    }

    #[test]
    fn a_tool_that_says_nothing_tells_nothing() {
        for answer in [Ok(String::new()), Err("took more than 30 s".to_owned())] {
            let told = status_of(answer);
            assert!(told.mode.unreadable().is_some());
            assert!(told.real_time.unreadable().is_some());
            assert!(told.content_time.unreadable().is_some());
        }
    }

    #[test]
    fn the_result_of_event_84_is_its_second_value() {
        let event = |data: &str| {
            Ok(format!(
                "<Event><System><EventID>84</EventID></System><EventData>{data}</EventData></Event>"
            ))
        };
        let code = |data| mode_event_of(event(data));
        assert_eq!(
            code("<Data Name='a'>1</Data><Data Name='b'>0</Data>"),
            Fact::Value(0)
        );
        assert_eq!(
            code("<Data>1</Data><Data>0x80070005</Data>"),
            Fact::Value(0x8007_0005)
        );
        assert!(code("<Data>1</Data>").unreadable().is_some());
        assert!(code("<Data>1</Data><Data>x</Data>").unreadable().is_some());
        assert_eq!(mode_event_of(Ok(String::new())), Fact::Absent);
    }
}
