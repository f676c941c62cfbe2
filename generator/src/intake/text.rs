//! Text files: scripts, administrative templates, packages for other systems.

use super::codes;
use super::context::Context;
use super::item::{Kind, Verdict};
use super::recognised::{Recognised, SignatureCheck};
use super::script;
use super::signature::{Authenticode, RuleFor};
use crate::formats::authenticode::FileKind;
use crate::problem::Problem;

/// Largest text that is looked at, in bytes; `Install.ps1` has 99 KB.
pub(super) const MAX_BYTES: u64 = 4 << 20;

/// First lines of the signature blocks that Windows puts into comments of other languages:
/// `.ps1xml` and `.cdxml`, `.mof`, `.js`, `.vbs`.
const OTHER_SIGNATURE_BLOCKS: [&str; 4] = [
    "<!-- SIG # Begin signature block",
    "/* SIG # Begin signature block",
    "// SIG // Begin signature block",
    "'' SIG '' Begin signature block",
];

/// Recognises a text by what it says. The bytes are the whole file.
pub(super) fn recognise(bytes: &[u8], context: &Context<'_>, subject: &str) -> Recognised {
    let text = decode(bytes);
    // Lowered once: each of the dozen searches over it then goes at the speed of memory.
    let lower = text.to_ascii_lowercase();
    if let Some(platform) = other_platform(&lower) {
        return Recognised::other_platform(platform, subject);
    }
    let utf16 = utf16(bytes).is_some();
    let plain = if utf16 { text.as_bytes() } else { bytes };
    if let Some(mut found) = script::recognise(plain, context, subject) {
        if utf16 {
            found.problems.push(Problem::new(
                &codes::SAVED_AS_UTF16,
                subject,
                "the file is saved as UTF-16; its blob is read all the same",
                "nothing for the servers, which get the blob alone; a portal script in this form \
                 runs nowhere",
            ));
        }
        return found;
    }
    without_blob(&text, &lower, subject)
}

/// A text without a blob, by words that stand in it; `lower` is the same in lower case.
fn without_blob(text: &str, lower: &str, subject: &str) -> Recognised {
    let has = |needle: &str| has_lower(lower, needle);
    let unsigned_kind = |kind: Kind, why: &str| Recognised {
        kind,
        check: SignatureCheck::Done(Verdict::NotChecked {
            why: why.to_owned(),
        }),
        problems: Vec::new(),
    };
    if has("md4ws.msi") && has("$OnboardingScript") {
        return install_script(text, subject);
    }
    if has("WindowsDefenderATPOnboardingScript.cmd") && has("NonPersistent") {
        return unsigned_kind(
            Kind::VdiCompanion,
            "the portal does not sign the VDI companion script",
        );
    }
    if has("Windows Defender ATP") || has("Windows Advanced Threat Protection") {
        let no_signature = "administrative templates carry no signature";
        if has("<policyDefinitions") {
            return unsigned_kind(Kind::PolicyTemplate { language: false }, no_signature);
        }
        if has("<policyDefinitionResources") {
            return unsigned_kind(Kind::PolicyTemplate { language: true }, no_signature);
        }
    }
    if is_tool_settings(subject) {
        return Recognised {
            problems: vec![Problem::new(
                &codes::TOOL_SETTINGS,
                subject,
                "settings of the deployment tool hold paths of the machine that made them",
                "take the file out of the downloads; the bootstrap gives the tool its options",
            )],
            ..unsigned_kind(
                Kind::DeploymentToolConfig,
                "settings of the deployment tool carry no signature",
            )
        };
    }
    if has("# SIG # Begin signature block") {
        return Recognised::unknown_maker("a PowerShell script", FileKind::Script, None, subject);
    }
    if OTHER_SIGNATURE_BLOCKS.iter().any(|begin| has(begin)) {
        return Recognised::unjudged(
            "a script with a signature in its comments",
            "of signatures in comments only those of `.ps1`, `.psm1` and `.psd1` are judged",
            subject,
        );
    }
    Recognised::unknown("text", subject)
}

fn install_script(text: &str, subject: &str) -> Recognised {
    let version = script_version(text);
    let problems = if version.is_none() {
        vec![Problem::new(
            &codes::NO_SCRIPT_VERSION,
            subject,
            "the install script tells no version",
            "take the current script from its repository",
        )]
    } else {
        Vec::new()
    };
    Recognised {
        kind: Kind::InstallScript { version },
        check: SignatureCheck::Authenticode(Authenticode {
            file: FileKind::Script,
            rule: Some(RuleFor::Scripts),
        }),
        problems,
    }
}

/// `Major.Minor.Patch` of the script's own version block, whether it is written as a JSON text
/// or as a hash table.
fn script_version(text: &str) -> Option<String> {
    /// The block is short; the same words elsewhere in the script are something else.
    const BLOCK: usize = 400;
    text.match_indices("Major").find_map(|(at, _)| {
        let block: String = text.get(at..)?.chars().take(BLOCK).collect();
        let parts = ["Major", "Minor", "Patch"].map(|name| number_after(&block, name));
        let [Some(major), Some(minor), Some(patch)] = parts else {
            return None;
        };
        Some(format!("{major}.{minor}.{patch}"))
    })
}

/// The digits after a name, with quotes, blanks and one `=` or `:` between.
fn number_after(block: &str, name: &str) -> Option<String> {
    let (_, after) = block.split_once(name)?;
    let rest = after.trim_start_matches([' ', '\t', '"', '\'']);
    let rest = rest.strip_prefix(['=', ':'])?;
    let rest = rest.trim_start_matches([' ', '\t', '"', '\'']);
    let digits: String = rest
        .chars()
        .take_while(char::is_ascii_digit)
        .take(10)
        .collect();
    (!digits.is_empty()).then_some(digits)
}

/// The one kind that is told by its file name: the form of these settings is not published.
fn is_tool_settings(subject: &str) -> bool {
    let name = subject.rsplit(['/', '\\', '!']).next().unwrap_or_default();
    ["DefenderDTconfig.txt", "MdeConfig.txt"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// The system that a package is for, by its text in lower case.
fn other_platform(lower: &str) -> Option<&'static str> {
    let has = |needle: &str| has_lower(lower, needle);
    if has("<plist") && (has("OnboardingInfo</key>") || has("OffboardingInfo</key>")) {
        Some("macOS")
    } else if has("mdatp") && (has("#!/usr/bin") || has("#!/bin")) {
        Some("Linux")
    } else {
        None
    }
}

/// The text of a file with or without a byte order mark; what cannot be decoded is replaced.
pub(super) fn decode(bytes: &[u8]) -> String {
    let encoding = utf16(bytes).unwrap_or(encoding_rs::UTF_8);
    encoding.decode(bytes).0.into_owned()
}

/// The order of bytes of a text in two bytes a character: by its mark, or, without one, by the
/// zero bytes that the first characters of any Western text have in one place.
fn utf16(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let zeros = |first: usize| {
        let mut places = bytes.iter().skip(first).step_by(2).take(8);
        places.len() == 8 && places.all(|&byte| byte == 0)
    };
    match bytes {
        [0xFF, 0xFE, ..] => Some(encoding_rs::UTF_16LE),
        [0xFE, 0xFF, ..] => Some(encoding_rs::UTF_16BE),
        [0x09..=0x7E, ..] if zeros(1) => Some(encoding_rs::UTF_16LE),
        [0, 0x09..=0x7E, ..] if zeros(0) => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// Are these first bytes text? No control characters but tab, line ends, form feed and the
/// end-of-file mark of old systems.
pub(super) fn is_text(head: &[u8]) -> bool {
    if utf16(head).is_some() {
        return true;
    }
    head.iter()
        .all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1A))
}

/// Is it in a text that is in lower case, whatever its own case?
fn has_lower(lower: &str, needle: &str) -> bool {
    let needle = needle.to_ascii_lowercase();
    memchr::memmem::find(lower.as_bytes(), needle.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_block_is_read_in_both_spellings() {
        let json = "x\n{\n    \"Major\":  1,\n    \"Minor\":  20231204,\n    \"Patch\":  0\n}";
        assert_eq!(script_version(json).as_deref(), Some("1.20231204.0"));
        let table = "Major = '1'\n Minor    = '20260302'\n Patch = 3\n";
        assert_eq!(script_version(table).as_deref(), Some("1.20260302.3"));
        let elsewhere = format!("[Version].Major is used here {}\n{json}", " ".repeat(500));
        assert_eq!(script_version(&elsewhere).as_deref(), Some("1.20231204.0"));
        assert_eq!(script_version("Major Minor Patch"), None);
    }

    #[test]
    fn packages_for_other_systems_are_told() {
        assert_eq!(
            other_platform("<plist><key>onboardinginfo</key>"),
            Some("macOS")
        );
        assert_eq!(
            other_platform("#!/usr/bin/env python3\n# mdatp_onboard"),
            Some("Linux")
        );
        assert_eq!(other_platform("plain"), None);
    }

    #[test]
    fn text_has_no_control_characters() {
        assert!(is_text(b"@echo off\r\n\t"));
        assert!(is_text(b"\xFF\xFEa\0"));
        assert!(is_text(b"@\0e\0c\0h\0o\0 \0o\0f\0f\0"));
        assert!(is_text(b"echo\r\n\x1A"));
        assert!(!is_text(b"echo\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
        assert!(!is_text(b"MZ\x90\0"));
    }
}
