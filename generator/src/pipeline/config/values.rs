//! Values with a form of their own: shares, proxies, services, signing commands and maintenance windows.

use gangway_contract::UncPath;
use gangway_contract::manifest::Window;

use super::sections::{Provenance, Signing};
use super::toml_text::quoted;
use crate::formats::security::Sid;

/// Does a field hold a path of a share? Other texts may mean their escapes.
pub(super) fn takes_path(field: &str) -> bool {
    field.starts_with("share.") || field == "onboard.add_sensor_from"
}

/// The share of domain controllers that a UNC path is on, if it is one (MS-GPOL: SYSVOL; NETLOGON is a
/// folder of it under a name of its own).
pub(super) fn replicated_share(path: &UncPath) -> Option<&'static str> {
    ["SYSVOL", "NETLOGON"]
        .into_iter()
        .find(|name| path.share().eq_ignore_ascii_case(name))
}

/// `http://host:port` or `https://host:port`, and nothing that could hold a password.
pub(super) fn is_proxy_url(url: &str) -> bool {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    let Some((host, port)) = rest.and_then(|rest| rest.rsplit_once(':')) else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    !host.is_empty() && host.bytes().all(plain) && port.parse::<u16>().is_ok()
}

/// `host:port` as WinHTTP takes it.
pub(super) fn is_host_and_port(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.rsplit_once(':').is_some_and(|(host, port)| {
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        !host.is_empty()
            && host.bytes().all(plain)
            && digits
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// One entry of a list of hosts past a proxy.
pub(super) fn is_bypass(entry: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'*' | b':');
    entry == "<local>" || !entry.is_empty() && entry.bytes().all(plain)
}

/// A service's short name: 1 to 256 characters without slashes (`CreateService`).
pub(super) fn is_service_name(name: &str) -> bool {
    let plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\');
    (1..=256).contains(&name.chars().count()) && name.trim() == name && name.chars().all(plain)
}

/// What no name of an account holds (MS-SAMR 3.1.1.6).
const NOT_IN_AN_ACCOUNT: &str = "\"/\\[]:|<>+=;,?*@";

/// A group's name without its domain, 1 to 256 characters (MS-ADA3, `sAMAccountName`), or its SID.
pub(super) fn is_group(text: &str) -> bool {
    if text.starts_with("S-1-") {
        return text.parse::<Sid>().is_ok();
    }
    let plain = |c: char| !c.is_control() && !NOT_IN_AN_ACCOUNT.contains(c);
    (1..=256).contains(&text.chars().count()) && text.trim() == text && text.chars().all(plain)
}

/// Groups of Windows that hold every server: Everyone, Authenticated Users and, of a domain, its
/// computers (MS-DTYP 2.4.2.4).
pub(super) fn holds_every_server(group: &str) -> bool {
    let is_of_computers = group.starts_with("S-1-5-21-") && group.ends_with("-515");
    matches!(group, "S-1-1-0" | "S-1-5-11")
        || is_of_computers
        || ["Everyone", "Authenticated Users", "Domain Computers"]
            .iter()
            .any(|name| group.eq_ignore_ascii_case(name))
}

/// A name that an installer package can hold (`Manufacturer`, in code page 1252).
pub(super) fn is_latin_name(name: &str) -> bool {
    let (_, _, has_others) = encoding_rs::WINDOWS_1252.encode(name);
    !name.trim().is_empty() && name.chars().count() <= 64 && !has_others
}

/// What a signing command's words may stand for; each stands alone.
const PLACEHOLDERS: [&str; 3] = ["{in}", "{out}", "{file}"];

/// What is wrong with `[signing]`, if anything: its key, why, and what to write. A slip would show
/// only when the bundle is to be signed, as some other program's complaint about a file.
pub(super) fn signing_fault(signing: &Signing) -> Option<(&'static str, String, String)> {
    const COMMAND: &str = "signing.command";
    const HINT: &str = "{in} is the unsigned exe and {out} the file to write, or {file} one file that \
                        is signed in place; each is a word of its own";
    if signing.time_limit_s == Some(0) {
        const LIMIT: &str = "write the seconds that the command may take, or leave it out for 600";
        return Some((
            "signing.time_limit_s",
            "is 0, so that no command could end in time".to_owned(),
            LIMIT.to_owned(),
        ));
    }
    let words = signing.command.as_deref()?;
    let why = command_fault(words)?;
    // The command with the words that are meant, where these make it one.
    let meant = with_places(words).filter(|words| command_fault(words).is_none());
    let hint = match meant {
        Some(words) => {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            format!("{HINT}: `command = [{}]`", words.join(", "))
        }
        None => HINT.to_owned(),
    };
    Some((COMMAND, why, hint))
}

fn command_fault(words: &[String]) -> Option<String> {
    if let Some(why) = unknown_place(words, &PLACEHOLDERS) {
        return Some(why);
    }
    let has = |place: &str| words.iter().any(|word| word == place);
    if !has("{out}") && !has("{file}") {
        return Some("says nowhere where the signed file is to go".to_owned());
    }
    // A command may fetch what was signed elsewhere. One that reads a file reads the unsigned exe.
    let other = words.iter().zip(words.iter().skip(1));
    let mut other = other.filter(|(switch, _)| INPUT.contains(&switch.as_str()));
    let (switch, word) = other.next().filter(|_| !has("{in}") && !has("{file}"))?;
    Some(format!(
        "has `{word}` behind `{switch}`, where the unsigned exe belongs, and no word `{{in}}`"
    ))
}

/// Switches of signing programs in front of the file that is read, and of the one that is written.
const INPUT: [&str; 4] = ["-in", "/in", "--in", "--input"];
const OUTPUT: [&str; 4] = ["-out", "/out", "--out", "--output"];

/// The words with places where switches and spellings of other programs say that they are meant.
fn with_places(words: &[String]) -> Option<Vec<String>> {
    let mut meant = words.to_vec();
    for (at, word) in words.iter().enumerate() {
        let switch = at.checked_sub(1).and_then(|before| words.get(before));
        let is_behind =
            |switches: &[&str]| switch.is_some_and(|switch| switches.contains(&switch.as_str()));
        let name = word.trim_matches(|c: char| "{}<>[]()%$".contains(c));
        let is_marked = name.len() < word.len();
        let place = match name.to_ascii_lowercase().as_str() {
            "in" | "inn" | "input" | "infile" | "unsigned" if is_marked => "{in}",
            "out" | "output" | "outfile" | "signed" if is_marked => "{out}",
            "file" | "filename" | "exe" if is_marked => "{file}",
            _ if is_behind(&INPUT) => "{in}",
            _ if is_behind(&OUTPUT) => "{out}",
            _ => continue,
        };
        if let Some(word) = meant.get_mut(at) {
            place.clone_into(word);
        }
    }
    (meant != words).then_some(meant)
}

/// What is wrong with `[provenance]`, if anything, likewise.
pub(super) fn provenance_fault(provenance: &Provenance) -> Option<(&'static str, String, String)> {
    const COMMAND: &str = "provenance.command";
    const HINT: &str = "{in} is the message and {out} the file for its signature, each a word of its \
                        own, as in `openssl dgst -sha256 -sign key.pem -out {out} {in}`";
    const PLACES: [&str; 2] = ["{in}", "{out}"];
    let words = provenance.command.as_deref()?;
    if let Some(why) = unknown_place(words, &PLACES) {
        return Some((COMMAND, why, HINT.to_owned()));
    }
    let absent = PLACES
        .iter()
        .find(|place| !words.iter().any(|word| word == *place));
    if let Some(place) = absent {
        return Some((COMMAND, format!("has no word `{place}`"), HINT.to_owned()));
    }
    const KEY: &str = "name the file of the public key, which tells that the command signs with the \
                       right one and that `gangway verify --key` takes";
    match provenance.key {
        Some(_) => None,
        None => Some((
            "provenance.key",
            "is missing beside `provenance.command`".to_owned(),
            KEY.to_owned(),
        )),
    }
}

/// A word that looks like a place and is none of these, or holds one among other letters.
fn unknown_place(words: &[String], places: &[&str]) -> Option<String> {
    let is_unknown = |word: &&String| {
        let name = word
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase());
        let is_alone = places.contains(&word.as_str());
        let holds_one = PLACEHOLDERS.iter().any(|known| word.contains(known));
        !is_alone && (holds_one || name.is_some_and(is_name))
    };
    let word = words.iter().find(is_unknown)?;
    Some(format!(
        "has the word `{word}`, for which nothing is put in"
    ))
}

/// `HH:MM-HH:MM`; the end is exclusive and may lie on the next day.
pub(super) fn parse_window(text: &str) -> Option<Window> {
    let minute = |text: &str| {
        let (hours, minutes) = text.trim().split_once(':')?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    let (from, to) = text.split_once('-')?;
    let window = Window {
        from_minute: minute(from)?,
        to_minute: minute(to)?,
    };
    (window.from_minute != window.to_minute).then_some(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_as_accounts_are_or_by_its_sid() {
        let long = "x".repeat(257);
        for (text, is_one) in [
            ("Gangway Excluded", true),
            ("Ausgeschlossene Server (Übergang)", true),
            ("S-1-5-21-1-2-3-1105", true),
            ("S-1-5-21-x", false),
            (r"CONTOSO\Excluded", false),
            ("excluded@contoso.com", false),
            ("CN=Excluded", false),
            (" Excluded", false),
            ("", false),
            (&long, false),
        ] {
            assert_eq!(is_group(text), is_one, "{text}");
        }
    }

    #[test]
    fn a_window_may_pass_midnight() {
        let window = Window {
            from_minute: 22 * 60,
            to_minute: 4 * 60,
        };
        assert_eq!(parse_window("22:00-04:00"), Some(window));
        assert_eq!(parse_window("04:00-04:00"), None);
        assert_eq!(parse_window("24:00-04:00"), None);
    }

    /// Each command of the page is one that the config takes, and asks for a stamp.
    #[test]
    fn the_samples_of_the_page_are_commands() {
        #[derive(serde::Deserialize)]
        struct Sample {
            signing: Signing,
        }
        let page = include_str!("../../../../docs/signing.md");
        let blocks = page.split("```toml\n").skip(1);
        let samples = blocks.filter_map(|rest| rest.split("```").next());
        let mut count = 0;
        for text in samples {
            let sample: Sample = toml::from_str(text).unwrap();
            assert!(signing_fault(&sample.signing).is_none(), "{text}");
            assert!(
                crate::pipeline::signing_command::wants_stamp(&sample.signing),
                "{text}"
            );
            count += 1;
        }
        assert_eq!(count, 5);
    }

    #[test]
    fn the_cure_of_a_signing_command_is_one() {
        for (words, wanted) in [
            (
                "osslsigncode -in in -out {out}",
                Some(r#"["osslsigncode", "-in", "{in}", "-out", "{out}"]"#),
            ),
            (
                "osslsigncode -in {input} -out out",
                Some(r#"["osslsigncode", "-in", "{in}", "-out", "{out}"]"#),
            ),
            (
                r"signtool sign %FILE%",
                Some(r#"["signtool", "sign", "{file}"]"#),
            ),
            ("sign <in> <out>", Some(r#"["sign", "{in}", "{out}"]"#)),
            ("signtool sign a.exe", None),
            ("sign /in:{in} {out}", None),
        ] {
            let command: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
            let signing = |command| Signing {
                command: Some(command),
                ..Signing::default()
            };
            let (_, _, hint) = signing_fault(&signing(command)).unwrap();
            let line = hint.split('`').find(|part| part.starts_with("command = "));
            let found = line.and_then(|line| line.strip_prefix("command = "));
            assert_eq!(found, wanted, "{words}: {hint}");
            if let Some(line) = line {
                let cured: Signing = toml::from_str(line).unwrap();
                assert!(signing_fault(&cured).is_none(), "{line}");
            }
        }
    }

    #[test]
    fn groups_of_all_servers_are_known() {
        for (group, wanted) in [
            ("S-1-1-0", true),
            ("S-1-5-11", true),
            ("S-1-5-21-1-2-3-515", true),
            ("domain computers", true),
            ("S-1-5-21-1-2-3-1515", false),
            ("S-1-5-32-544", false),
            ("Gangway Excluded", false),
        ] {
            assert_eq!(holds_every_server(group), wanted, "{group}");
        }
    }

    #[test]
    fn a_signing_command_has_a_place_for_its_result_and_no_unknown_one() {
        let of = |words: &str, time_limit_s| {
            let words = words.split_whitespace().map(str::to_owned).collect();
            let signing = Signing {
                command: Some(words),
                time_limit_s,
                ..Signing::default()
            };
            signing_fault(&signing).map(|(field, why, _)| format!("{field} {why}"))
        };
        for (words, limit, fault) in [
            ("osslsigncode -in {in} -out {out}", None, None),
            ("signtool sign /f x.pfx {file}", Some(60), None),
            // Signed elsewhere and fetched.
            ("fetch-signed {out}", None, None),
            // Arguments of other programs.
            ("sign {file} {5f0c...} ${KEY} {} {A}", None, None),
            ("osslsigncode -in {inn} -out {out}", None, Some("`{inn}`")),
            ("sign /in:{in} {out}", None, Some("`/in:{in}`")),
            ("sign {in}", None, Some("nowhere")),
            (
                "osslsigncode -in in -out {out}",
                None,
                Some("has `in` behind `-in`"),
            ),
            (
                "osslsigncode -in a.exe -out {out}",
                None,
                Some("no word `{in}`"),
            ),
            ("", None, Some("nowhere")),
            ("sign {file}", Some(0), Some("signing.time_limit_s is 0")),
        ] {
            let said = of(words, limit);
            let is_right = match (&said, fault) {
                (Some(said), Some(fault)) => said.contains(fault),
                (said, fault) => said.is_none() == fault.is_none(),
            };
            assert!(is_right, "{words}: {said:?}");
        }
    }
}
