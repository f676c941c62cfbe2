//! Which releases the live policies of a domain need: its GPOs name programs in NETLOGON, and a
//! program holds the manifest that names its release. GPOs that were imported by hand count as well.

use std::collections::BTreeSet;

use gangway_contract::program_name;

use super::execute::Executor;
use super::plan::DomainFacts;
use super::{Depth, Filter, PublishError};
use crate::gpo::Guid;
use crate::printable::on_one_line;

/// Extension of scheduled tasks in a GPO's list (MS-GPPREF 1.9).
const TASKS: &str = "{AADCED64-746C-4633-A97C-D61349046527}";

/// The key of the manifest, as it stands in a program.
const RELEASE_KEY: &[u8] = b"\"release_id\"";

/// File of a GPO that holds its tasks, below its folder.
pub(super) const TASKS_FILE: &str = "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml";

/// A GPO with tasks.
pub(super) struct Live {
    pub(super) id: Guid,
    pub(super) name: String,
    /// Names of bundles' programs that it has started, in lower case.
    pub(super) programs: BTreeSet<String>,
}

impl Executor<'_> {
    /// What each GPO of the domain with tasks has started, but the one with this GUID where one is given.
    pub(super) fn live_programs(
        &mut self,
        domain: &DomainFacts,
        but: Option<&str>,
    ) -> Result<Vec<Live>, PublishError> {
        let found = self.directory.search(
            &domain.policies_dn(),
            Depth::Children,
            Filter::Contains("gPCMachineExtensionNames", TASKS),
            &["cn", "displayName"],
        )?;
        let mut live = Vec::new();
        for entry in found {
            let id = entry.text("cn").unwrap_or_default();
            // What is no GUID names no folder.
            let Ok(guid) = id.parse::<Guid>() else {
                continue;
            };
            if but.is_some_and(|but| id.eq_ignore_ascii_case(but)) {
                continue;
            }
            let path = format!("{}/{TASKS_FILE}", domain.gpo_folder(guid));
            let tasks = self.sysvol().read_file(&path)?.unwrap_or_default();
            live.push(Live {
                id: guid,
                name: entry.text("displayName").unwrap_or_default(),
                programs: programs(&tasks),
            });
        }
        Ok(live)
    }

    /// The releases that GPOs of the domain need, but the one with this GUID where one is given; or, in
    /// words, why that is not known.
    pub(super) fn live_releases(
        &mut self,
        domain: &DomainFacts,
        but: Option<&str>,
    ) -> Result<Result<BTreeSet<String>, String>, PublishError> {
        let live = self.live_programs(domain, but)?;
        self.releases_of(live, domain)
    }

    /// The same of these GPOs.
    pub(super) fn releases_of(
        &mut self,
        live: Vec<Live>,
        domain: &DomainFacts,
    ) -> Result<Result<BTreeSet<String>, String>, PublishError> {
        let mut releases = BTreeSet::new();
        for gpo in live {
            for program in gpo.programs {
                let path = format!("{}/{program}", domain.program_folder());
                let bytes = self.sysvol().read_file(&path)?.unwrap_or_default();
                let named = releases_in(&bytes);
                if named.is_empty() {
                    let name = on_one_line(&gpo.name);
                    return Ok(Err(format!(
                        "GPO `{name}` {} starts `{program}`, and the program in \
                         `NETLOGON\\Gangway` does not tell what it needs",
                        gpo.id
                    )));
                }
                releases.extend(named);
            }
        }
        Ok(Ok(releases))
    }
}

/// Names of bundles' programs in a file of tasks, whatever its encoding.
pub(super) fn programs(tasks: &[u8]) -> BTreeSet<String> {
    let letters = tasks.iter().copied().filter(|byte| *byte != 0);
    let text = letters.map(|byte| char::from(byte.to_ascii_lowercase()));
    let text: String = text.collect();
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let mut found = BTreeSet::new();
    for program in program_name::BEGINNINGS.map(str::to_ascii_lowercase) {
        for (at, _) in text.match_indices(&program) {
            let rest = &text[at..];
            let end = rest.bytes().position(|byte| !is_of_a_name(byte));
            found.insert(rest[..end.unwrap_or(rest.len())].to_owned());
        }
    }
    found
}

/// The releases that a program names.
fn releases_in(program: &[u8]) -> BTreeSet<String> {
    let mut found = texts_in(program, RELEASE_KEY);
    let is_id = |id: &String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    found.retain(is_id);
    found
}

/// Longest text of the manifest that is looked for in a program, in bytes.
const MAX_TEXT: usize = 1024;

/// The texts that stand behind a key of the manifest, given with its quotes, as they are written.
pub(super) fn texts_in(program: &[u8], key: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let windows = program.windows(key.len()).enumerate();
    for (at, _) in windows.filter(|(_, window)| *window == key) {
        let rest = &program[at + key.len()..];
        let value = rest.iter().position(|byte| *byte == b'"');
        // A colon and blanks stand between.
        let Some(start) = value.filter(|start| *start < 8) else {
            continue;
        };
        let value: Vec<u8> = rest[start + 1..].iter().copied().take(MAX_TEXT).collect();
        let ends = |at: &usize| value[*at] == b'"' && (*at == 0 || value[*at - 1] != b'\\');
        let Some(end) = (0..value.len()).find(ends) else {
            continue;
        };
        if let Ok(text) = std::str::from_utf8(&value[..end]) {
            found.insert(text.to_owned());
        }
    }
    found
}

/// The whole numbers that stand behind a key of the manifest, given with its quotes.
pub(super) fn numbers_in(program: &[u8], key: &[u8]) -> BTreeSet<u64> {
    let windows = program.windows(key.len()).enumerate();
    let found = windows.filter(|(_, window)| *window == key);
    let number = |(at, _): (usize, &[u8])| {
        let rest = program.get(at + key.len()..)?.strip_prefix(b":")?;
        let rest = rest.trim_ascii_start();
        let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
    };
    found.filter_map(number).collect()
}

/// Stands `true` behind a key of the manifest, given with its quotes?
pub(super) fn is_true_in(program: &[u8], key: &[u8]) -> bool {
    let windows = program.windows(key.len()).enumerate();
    let mut found = windows.filter(|(_, window)| *window == key);
    found.any(|(at, _)| {
        let rest = program.get(at + key.len()..).unwrap_or_default();
        let value = rest.strip_prefix(b":").unwrap_or_default();
        value.trim_ascii_start().starts_with(b"true")
    })
}

/// The key of the manifest that says what a program does.
pub(super) const MODE: &[u8] = b"\"mode\"";

/// The key of the manifest's settings that makes a campaign the last one.
pub(super) const RETIRE: &[u8] = b"\"retire\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_any_encoding_and_spelling() {
        let text = r#"appName="\\contoso.com\NETLOGON\Gangway\MdeOnboard-ab12.exe" x="MDEOFFBOARD-cd.EXE""#;
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), &wide] {
            let found: Vec<String> = programs(bytes).into_iter().collect();
            assert_eq!(found, ["mdeoffboard-cd.exe", "mdeonboard-ab12.exe"]);
        }
        assert!(programs(b"appName='cmd.exe' M\xfcller MdeOnboard").is_empty());
    }

    #[test]
    fn numbers_are_read_behind_their_key_alone() {
        let of = |text: &str| -> Vec<u64> {
            let bytes = [b"MZ\0\xff".as_slice(), text.as_bytes(), b"\0\0"].concat();
            numbers_in(&bytes, b"\"sequence\"").into_iter().collect()
        };
        assert_eq!(of(r#"{"sequence": 12,"x":1}{"sequence":7}"#), [7, 12]);
        for text in [
            "",
            r#""sequence""#,
            r#""sequence": """#,
            r#""sequence": "3""#,
            r#""sequence": -3"#,
            r#""sequence": 99999999999999999999999,"#,
            r#""min_sequence": 3,"#,
        ] {
            assert_eq!(of(text), [0_u64; 0], "{text}");
        }
    }

    #[test]
    fn what_is_true_is_read_behind_its_key_alone() {
        for (text, expected) in [
            (r#"{"retire": true}"#, true),
            (r#"{"retire":true,"x":1}"#, true),
            (r#"{"retire": false} {"retire": true}"#, true),
            (r#"{"retire": false}"#, false),
            (r#"{"retired": true}"#, false),
            (r#"{"retire" true}"#, false),
            (r#""retire""#, false),
            ("", false),
        ] {
            let bytes = [b"MZ\0\xff".as_slice(), text.as_bytes()].concat();
            assert_eq!(is_true_in(&bytes, b"\"retire\""), expected, "{text}");
        }
    }

    #[test]
    fn a_program_names_its_release_wherever_the_manifest_lies_in_it() {
        let of = |text: &str| -> Vec<String> {
            let bytes = [b"MZ\0\xff".as_slice(), text.as_bytes(), b"\0\0"].concat();
            releases_in(&bytes).into_iter().collect()
        };
        assert_eq!(of(r#"{"release_id": "ab12","x":1}"#), ["ab12"]);
        assert_eq!(of(r#"{"release_id":"b"}{"release_id":"a"}"#), ["a", "b"]);
        for text in [
            "",
            "\"release_id\"",
            "\"release_id\": \"",
            "\"release_id\":\"..\"",
        ] {
            assert_eq!(of(text), [""; 0], "{text}");
        }
    }
}
