//! Texts inside a task: dates, durations, commands.

use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};

use crate::gpo::preferences::task::NOW;

/// Drives that a server usually has as disks of its own. Windows hands out letters for mapped
/// drives from `Z:` downwards.
const LOCAL_DRIVES: [char; 5] = ['A', 'B', 'C', 'D', 'E'];

/// Endings of programs and scripts that a task starts.
const PROGRAMS: [&str; 7] = [".exe", ".cmd", ".bat", ".com", ".ps1", ".vbs", ".msi"];

/// `YYYY-MM-DDTHH:MM:SS` with an optional fraction and zone, on a day that exists, or the
/// variable of immediate tasks.
pub(super) fn is_date_and_time(text: &str) -> bool {
    text.eq_ignore_ascii_case(NOW) || moment(text).is_some()
}

/// Does one boundary lie before another? Where only one of them has a zone, the server's may be
/// any, so they differ for certain only by more than the widest zone (XML Schema 3.2.7.4).
pub(super) fn is_before(first: &str, second: &str) -> bool {
    const WIDEST: i64 = 14 * 3600;
    let (Some(first), Some(second)) = (moment(first), moment(second)) else {
        return false;
    };
    let slack = match (first.zone, second.zone) {
        (Some(_), Some(_)) | (None, None) => 0,
        _ => WIDEST,
    };
    first.seconds().saturating_add(slack) < second.seconds()
}

/// A `dateTime` of XML Schema.
struct Moment {
    local: PrimitiveDateTime,
    zone: Option<UtcOffset>,
}

impl Moment {
    /// Seconds since 1970 in UTC, or of the local clock where there is no zone.
    fn seconds(&self) -> i64 {
        let zone = self.zone.unwrap_or(UtcOffset::UTC);
        self.local.assume_offset(zone).unix_timestamp()
    }
}

fn moment(text: &str) -> Option<Moment> {
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let head = text.get(..shape.len())?;
    if !has_shape(head, shape) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
    // XML Schema knows no year 0.
    let year = text.get(..4)?.parse().ok().filter(|year| *year != 0)?;
    let month = Month::try_from(number(5, 7)?).ok()?;
    let date = Date::from_calendar_date(year, month, number(8, 10)?).ok()?;
    let time = Time::from_hms(number(11, 13)?, number(14, 16)?, number(17, 19)?).ok()?;
    let local = PrimitiveDateTime::new(date, time);
    let mut rest = text.get(shape.len()..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let end = fraction.find(|c: char| !c.is_ascii_digit());
        let (digits, behind) = fraction.split_at(end.unwrap_or(fraction.len()));
        if digits.is_empty() {
            return None;
        }
        rest = behind;
    }
    let zone = match rest {
        "" => None,
        "Z" => Some(UtcOffset::UTC),
        rest => Some(zone(rest)?),
    };
    Some(Moment { local, zone })
}

/// `+01:00`; at most 14 hours.
fn zone(text: &str) -> Option<UtcOffset> {
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    if !has_shape(text.get(1..)?, b"dd:dd") {
        return None;
    }
    let hours: i8 = text.get(1..3)?.parse().ok()?;
    let minutes: i8 = text.get(4..6)?.parse().ok()?;
    if minutes > 59 || hours > 14 || (hours == 14 && minutes > 0) {
        return None;
    }
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

/// Is a text made of digits where the shape has `d`, and of the shape's characters elsewhere?
fn has_shape(text: &str, shape: &[u8]) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            other => byte == *other,
        })
}

/// A duration of XML Schema that is not negative: `P`, then years, months and days, then after a
/// `T` hours, minutes and seconds, at least one of them.
pub(super) fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else {
        return false;
    };
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) => (days, Some(time)),
        None => (rest, None),
    };
    let parts_of_time = time.map(|time| parts(time, "HMS"));
    match (parts(days, "YMD"), parts_of_time) {
        // Behind a `T` something has to stand.
        (Some(_), Some(Some(parts))) | (Some(parts), None) => parts > 0,
        _ => false,
    }
}

/// How many parts a text has, each a number and the next of these letters.
fn parts(text: &str, letters: &str) -> Option<usize> {
    let mut letters = letters.chars();
    let mut rest = text;
    let mut count = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, letter) = (rest.get(..end)?, rest.get(end..)?.chars().next()?);
        letters.find(|allowed| *allowed == letter)?;
        let whole = match number.split_once('.') {
            Some((whole, fraction)) if letter == 'S' => is_digits(fraction).then_some(whole)?,
            Some(_) => return None,
            None => number,
        };
        if !is_digits(whole) {
            return None;
        }
        count += 1;
        rest = rest.get(end + 1..)?;
    }
    Some(count)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Why no task can be registered under a name, if that is so. A backslash makes a folder.
///
/// Source: MS-TSCH 2.3.11, which `SchRpcRegisterTask` answers with 0x8007007B, and
/// `ITaskFolder::RegisterTaskDefinition` on Microsoft Learn; the other characters are those that no file has.
pub(super) fn task_name_fault(name: &str) -> Option<String> {
    let unusable = |c: &char| "/:*?\"<>|".contains(*c) || c.is_control();
    if let Some(character) = name.chars().find(unusable) {
        return Some(format!("holds `{}`", character.escape_default()));
    }
    let below = name.strip_prefix('\\').unwrap_or(name);
    below.split('\\').find_map(|part| match part {
        "" => Some("has an empty part".to_owned()),
        "." | ".." => Some(format!("has the part `{part}`")),
        _ if part.starts_with(' ') || part.ends_with(' ') => Some(format!(
            "has a part that begins or ends with a blank: `{part}`"
        )),
        _ => None,
    })
}

/// The first path on a drive that may be a mapped one, up to a blank or a quote.
pub(super) fn drive_in(text: &str) -> Option<&str> {
    let places = text.match_indices(':').filter_map(|(colon, _)| {
        let begin = colon.checked_sub(1)?;
        let (before, path) = (text.get(..begin)?, text.get(begin..)?);
        let letter = path.chars().next()?.to_ascii_uppercase();
        let behind = path.get(2..)?;
        // A switch (`/f:…`), a drive of PowerShell (`HKLM:\`) and a scheme (`https://`) are no drives.
        let is_alone =
            !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_'));
        let is_path = behind.starts_with(['\\', '/'])
            && !behind.starts_with(r"\\")
            && !behind.starts_with("//");
        let may_be_mapped = letter.is_ascii_uppercase() && !LOCAL_DRIVES.contains(&letter);
        (is_alone && is_path && may_be_mapped).then_some(path)
    });
    let path = places.into_iter().next()?;
    path.split([' ', '"', '\'', '\t', '\r', '\n']).next()
}

/// What follows the program inside a command.
pub(super) fn arguments_in(command: &str) -> Option<&str> {
    let command = command.trim();
    if let Some(rest) = command.strip_prefix('"') {
        let (_, after) = rest.split_once('"')?;
        return (!after.is_empty()).then(|| after.trim_start());
    }
    // Endings are ASCII, so places in the lower-case text are places in the text.
    let lower = command.to_ascii_lowercase();
    let ends = PROGRAMS.iter().filter_map(|program| {
        let ends = lower
            .match_indices(program)
            .map(|(at, _)| at + program.len());
        let mut ends = ends.filter(|end| {
            let after = lower.get(*end..).unwrap_or_default();
            after.starts_with([' ', '\t', '\r', '\n'])
        });
        ends.next()
    });
    let end = ends.min().or_else(|| end_of_bare_name(command))?;
    let rest = command.get(end..)?.trim_start();
    (!rest.is_empty()).then_some(rest)
}

/// Where a program's name without folder and ending ends, when a switch follows it: `cmd /c …`.
fn end_of_bare_name(command: &str) -> Option<usize> {
    let (name, rest) = command.split_once([' ', '\t'])?;
    let is_bare = !name.contains(['\\', '/', ':', '%', '.']);
    let is_switch = rest.trim_start().starts_with(['/', '-']);
    (is_bare && is_switch).then_some(name.len())
}

/// A typographic quote in a command, which is a letter of a file's name to Windows.
pub(super) fn typographic_quote(command: &str) -> Option<char> {
    command.chars().find(|c| "“”„‟«»″＂‘’‚‛".contains(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_dates_and_times_that_exist_are_boundaries() {
        for (text, wanted) in [
            ("%LocalTimeXmlEx%", true),
            ("2026-01-31T09:00:00", true),
            ("2026-01-31T09:00:00Z", true),
            ("2026-01-31T09:00:00.000+01:00", true),
            ("2028-02-29T00:00:00", true),
            ("09:00", false),
            ("09:00:00", false),
            ("2026-01-31", false),
            ("2026-01-31 09:00:00", false),
            ("2026-01-31T09:00:00 x", false),
            ("2026-02-30T09:00:00", false),
            ("2026-02-29T09:00:00", false),
            ("2026-13-01T09:00:00", false),
            ("2026-00-01T09:00:00", false),
            ("2026-01-31T24:00:00", false),
            ("2026-01-31T09:60:00", false),
            ("2026-01-31T09:00:00+14:00", true),
            ("2026-01-31T09:00:00-05:30", true),
            ("2026-01-31T09:00:00.5Z", true),
            ("2026-01-31T09:00:00ZZ", false),
            ("2026-01-31T09:00:00+99:99", false),
            ("2026-01-31T09:00:00+14:01", false),
            ("2026-01-31T09:00:00+1:00", false),
            ("2026-01-31T09:00:00+01:00Z", false),
            ("2026-01-31T09:00:00..", false),
            ("2026-01-31T09:00:00.", false),
            ("0000-01-31T09:00:00", false),
            ("", false),
        ] {
            assert_eq!(is_date_and_time(text), wanted, "{text}");
        }
    }

    #[test]
    fn boundaries_are_compared_with_their_zones() {
        for (first, second, wanted) in [
            ("2026-01-01T09:00:00", "2026-01-01T10:00:00", true),
            ("2026-01-01T10:00:00", "2026-01-01T09:00:00", false),
            ("2026-01-01T08:00:00Z", "2026-01-01T09:00:00+02:00", false),
            ("2026-01-01T09:00:00+02:00", "2026-01-01T08:00:00Z", true),
            ("2026-01-01T09:00:00", "2026-01-01T20:00:00Z", false),
            ("2026-01-01T09:00:00", "2026-01-02T00:00:00Z", true),
            ("%LocalTimeXmlEx%", "2026-01-02T00:00:00Z", false),
        ] {
            assert_eq!(is_before(first, second), wanted, "{first} {second}");
        }
    }

    #[test]
    fn durations_are_those_of_xml() {
        for (text, wanted) in [
            ("PT0S", true),
            ("P3D", true),
            ("PT1H30M", true),
            ("P1Y2M3DT4H5M6.5S", true),
            ("PT72H", true),
            ("12:00", false),
            ("P", false),
            ("PT", false),
            ("P1DT", false),
            ("P1H", false),
            ("PT1D", false),
            ("PT1M1H", false),
            ("PT1.5M", false),
            ("-PT1H", false),
            ("PT1", false),
            ("1H", false),
            ("pt1h", false),
            ("", false),
        ] {
            assert_eq!(is_duration(text), wanted, "{text}");
        }
    }

    #[test]
    fn names_that_no_task_can_have_are_told() {
        for (name, expected) in [
            ("Gangway Daily", ""),
            (r"Contoso\Daily", ""),
            (r"\Daily", ""),
            ("v1.2..", ""),
            ("a: b", "holds `:`"),
            ("a\u{7}", "holds `\\u{7}`"),
            ("", "empty part"),
            (r"\", "empty part"),
            (r"A\\B", "empty part"),
            ("A\\", "empty part"),
            (r"A\..\B", "part `..`"),
            (".", "part `.`"),
            (" ", "begins or ends with a blank"),
            (r"A \B", "begins or ends with a blank"),
        ] {
            let told = task_name_fault(name).unwrap_or_default();
            assert!(
                told.contains(expected) && told.is_empty() == expected.is_empty(),
                "{name}: {told}"
            );
        }
    }

    #[test]
    fn drives_that_may_be_mapped_are_told() {
        for (text, wanted) in [
            (r"Z:\tools\x.exe", Some(r"Z:\tools\x.exe")),
            (r#""h:\a b\x.exe""#, Some(r"h:\a")),
            (r"/c Z:\x.cmd & y", Some(r"Z:\x.cmd")),
            (r"-File:z:/x.ps1", Some("z:/x.ps1")),
            (r"copy C:\a P:\b", Some(r"P:\b")),
            ("Z:", None),
            (r"C:\Windows\System32\cmd.exe", None),
            (r"D:\agents\a.exe", None),
            (r"\\contoso.com\NETLOGON\a.exe", None),
            ("cmd.exe", None),
            ("%windir%\\x.exe", None),
            (r"/z:\x -z:\x", None),
            (r"HKLM:\x Env:\y", None),
            (r"/log:F:\\a", None),
            ("https://contoso.com", None),
            ("ö:\\x", None),
        ] {
            assert_eq!(drive_in(text), wanted, "{text}");
        }
    }

    #[test]
    fn typographic_quotes_are_found() {
        for (command, wanted) in [("“C:\\a b\\x.exe”", Some('“')), (r#""C:\a b\x.exe""#, None)]
        {
            assert_eq!(typographic_quote(command), wanted, "{command}");
        }
    }

    #[test]
    fn arguments_inside_a_command_are_told() {
        for (command, wanted) in [
            (r"C:\a.exe /q", Some("/q")),
            (r"cmd.EXE /c del x.exe y", Some("/c del x.exe y")),
            (r#""C:\a b\x.exe" /q"#, Some("/q")),
            (r#""C:\a b\x.exe""#, None),
            (r"C:\Program Files\x.exe", None),
            (r"C:\my.exe tools", Some("tools")),
            (r"powershell.exe", None),
            ("C:\\a.exe\t/q", Some("/q")),
            ("C:\\a.exe.cmd /q", Some("/q")),
            ("cmd /c echo", Some("/c echo")),
            ("powershell -File x.ps1", Some("-File x.ps1")),
            (r"C:\Foo - Bar\x.exe", None),
            ("run it", None),
            ("", None),
        ] {
            assert_eq!(arguments_in(command), wanted, "{command}");
        }
    }
}
