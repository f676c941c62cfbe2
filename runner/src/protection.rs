//! Is the security descriptor of a folder tight enough to run programs from it, or that of a program
//! tight enough to run it?
//!
//! Judged on the descriptor's text (SDDL), so that the rule has a table of its own: the
//! effect can only be seen on a real Windows.

/// Descriptor of the folders that this program makes: administrators own it, SYSTEM and
/// administrators have full control, nothing is inherited from above.
pub const PROTECTED: &str = "O:BAG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

/// SYSTEM, the Administrators group, TrustedInstaller: who may own or change such a folder.
const TRUSTED: [&str; 5] = [
    "SY",
    "BA",
    "S-1-5-18",
    "S-1-5-32-544",
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
];

/// Judges a descriptor with owner and access list, entries from above included. `own` is the SID of the account that this
/// program runs as: it can do here whatever the program does.
///
/// # Errors
/// Names who or what is not trusted.
pub fn judge(sddl: &str, own: &str) -> Result<(), String> {
    judge_owner(sddl, own)?;
    for entry in entries(sddl)? {
        if !entry.denies() && !is_trusted(entry.who, own) {
            return Err(format!("{} has access", entry.who));
        }
    }
    Ok(())
}

/// Judges the descriptor of a program, or of a folder on the way to it, that somebody else's
/// installer made: users may read and start it, and nothing else. `own` is as for [`judge`].
///
/// # Errors
/// Names who may change it.
pub fn judge_changes(sddl: &str, own: &str) -> Result<(), String> {
    judge_owner(sddl, own)?;
    for entry in entries(sddl)? {
        let harmless = entry.denies() || entry.is_for_children_only() || entry.only_reads();
        if !harmless && !is_trusted(entry.who, own) {
            return Err(format!("{} may change it", entry.who));
        }
    }
    Ok(())
}

/// The folders on the way to a file on a drive, the outermost first, without the drive's root:
/// users may make folders there, and rename none of those that Windows made.
///
/// # Errors
/// The path is none of this form.
pub fn folders_to(path: &str) -> Result<Vec<&str>, String> {
    let bad = || format!("`{path}` is no absolute path on a drive");
    let rest = match path.as_bytes() {
        [drive, b':', b'\\', rest @ ..] if drive.is_ascii_alphabetic() => rest,
        _ => return Err(bad()),
    };
    let mut folders = Vec::new();
    let root = path.len() - rest.len();
    let mut start = root;
    for (at, _) in path.match_indices('\\').filter(|(at, _)| *at >= root) {
        let name = path.get(start..at).unwrap_or_default();
        if !is_plain_name(name) {
            return Err(bad());
        }
        folders.push(path.get(..at).unwrap_or_default());
        start = at + 1;
    }
    if folders.is_empty() || !is_plain_name(path.get(start..).unwrap_or_default()) {
        return Err(bad());
    }
    Ok(folders)
}

/// No name that Windows reads as another one: `.`, `..`, a stream, a blank or dot at the end.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.ends_with(['.', ' '])
        && !name.contains(['/', ':', '*', '?', '"', '<', '>', '|'])
        && !name.chars().any(char::is_control)
}

/// An entry of an access list.
struct Entry<'a> {
    kind: &'a str,
    flags: &'a str,
    rights: &'a str,
    who: &'a str,
}

impl Entry<'_> {
    /// An entry that denies takes nothing away from the protection.
    fn denies(&self) -> bool {
        self.kind == "D"
    }

    /// Inherit-only: it says nothing of the object that has it.
    fn is_for_children_only(&self) -> bool {
        pairs(self.flags).any(|flag| flag == "IO")
    }

    /// Rights to read and to start, in letters or as a number; all else may change something.
    fn only_reads(&self) -> bool {
        // FILE_GENERIC_READ, FILE_GENERIC_EXECUTE, GENERIC_READ, GENERIC_EXECUTE
        const READING: u32 = 0x0012_0089 | 0x0012_00a0 | 0x8000_0000 | 0x2000_0000;
        match self.rights.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).is_ok_and(|bits| bits & !READING == 0),
            None => pairs(self.rights).all(|right| ["FR", "FX", "GR", "GX", "RC"].contains(&right)),
        }
    }
}

/// Flags and rights have two letters each; what is left over is none.
fn pairs(text: &str) -> impl Iterator<Item = &str> {
    let starts = (0..text.len()).step_by(2);
    starts.map(move |at| text.get(at..at + 2).unwrap_or_default())
}

/// The entries of the access list.
fn entries(sddl: &str) -> Result<Vec<Entry<'_>>, String> {
    let list = part(sddl, "D:").ok_or("the descriptor has no access list")?;
    let (flags, mut rest) = list.split_at(list.find('(').unwrap_or(list.len()));
    if flags.contains("NO_ACCESS_CONTROL") {
        return Err("everybody has access".to_owned());
    }
    let mut entries = Vec::new();
    while let Some(open) = rest.strip_prefix('(') {
        let (entry, after) = open.split_once(')').ok_or("the access list is cut short")?;
        let fields: Vec<&str> = entry.split(';').collect();
        let [kind, flags, rights, _, _, who, ..] = fields.as_slice() else {
            return Err(format!("the entry `{entry}` is not understood"));
        };
        entries.push(Entry {
            kind,
            flags,
            rights,
            who,
        });
        rest = after;
    }
    if rest.is_empty() {
        Ok(entries)
    } else {
        Err("the access list is not understood".to_owned())
    }
}

/// Judges the owner alone, who may always change the access list.
fn judge_owner(sddl: &str, own: &str) -> Result<(), String> {
    let owner = part(sddl, "O:").ok_or("the descriptor names no owner")?;
    if is_trusted(owner, own) {
        Ok(())
    } else {
        Err(format!("the owner is {owner}"))
    }
}

fn is_trusted(account: &str, own: &str) -> bool {
    TRUSTED.contains(&account) || (!own.is_empty() && account == own)
}

/// The text behind a tag, up to the next tag at the top level.
fn part<'a>(sddl: &'a str, tag: &str) -> Option<&'a str> {
    let start = sddl.find(tag)? + tag.len();
    let rest = sddl.get(start..)?;
    let mut depth = 0_u32;
    let mut end = rest.len();
    for (at, character) in rest.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                // The tag is the letter before the colon.
                end = at.saturating_sub(1);
                break;
            }
            _ => {}
        }
    }
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_own_account_trusts_nobody() {
        assert!(judge_owner("O:D:P", "").is_err());
        assert!(judge("O:SYD:P(A;;FA;;;)", "").is_err());
    }

    #[test]
    fn descriptors_and_their_verdict() {
        let ti = TRUSTED[4];
        for (sddl, verdict) in [
            (PROTECTED, ""),
            ("O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", ""),
            ("O:BAD:P(D;;WD;;;WD)(A;;FA;;;SY)", ""),
            (&format!("O:{ti}G:SYD:P(A;;FA;;;{ti})"), ""),
            ("O:BAG:SYD:P", ""),
            ("O:S-1-5-21-1-2-3-1000D:P(A;;FA;;;S-1-5-21-1-2-3-1000)", ""),
            (
                "O:S-1-5-21-1-2-3-1104G:SYD:P(A;;FA;;;SY)",
                "the owner is S-1-5-21-1-2-3-1104",
            ),
            ("O:BUG:SYD:P(A;;FA;;;SY)", "the owner is BU"),
            ("G:SYD:P(A;;FA;;;SY)", "no owner"),
            ("O:BAG:SY", "no access list"),
            // What came from above counts like the rest.
            ("O:BAG:SYD:AI(A;ID;FA;;;SY)", ""),
            (
                "O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)",
                "BU has access",
            ),
            ("O:BAG:SYD:P(A;;FA;;;SY)(A;;0x1200a9;;;BU)", "BU has access"),
            ("O:BAG:SYD:P(A;;FA;;;WD)", "WD has access"),
            ("O:BAG:SYD:P(A;OICIIO;FA;;;CO)", "CO has access"),
            ("O:BAG:SYD:NO_ACCESS_CONTROL", "everybody"),
            ("O:BAG:SYD:P(A;;FA;;;SY", "cut short"),
            ("O:BAG:SYD:P(A;SY)", "not understood"),
            ("O:BAG:SYD:P(A;;FA;;;SY)x", "not understood"),
            ("", "no owner"),
        ] {
            match judge(sddl, "S-1-5-21-1-2-3-1000") {
                Ok(()) => assert_eq!(verdict, "", "{sddl}"),
                Err(why) => assert!(
                    !verdict.is_empty() && why.contains(verdict),
                    "{sddl}: {why}"
                ),
            }
        }
    }

    /// What Windows Server 2016 gives to the folder for programs, and what a folder and a file
    /// below it inherit; then changes of these.
    #[test]
    fn programs_of_others_and_their_verdict() {
        let ti = TRUSTED[4];
        for (sddl, verdict) in [
            (
                format!(
                    "O:{ti}D:PAI(A;;FA;;;{ti})(A;CIIO;GA;;;{ti})(A;;0x1301bf;;;SY)\
                     (A;OICIIO;GA;;;SY)(A;;0x1301bf;;;BA)(A;OICIIO;GA;;;BA)(A;;0x1200a9;;;BU)\
                     (A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)(A;;0x1200a9;;;AC)(A;OICIIO;GXGR;;;AC)"
                ),
                "",
            ),
            (
                format!(
                    "O:BAD:AI(A;ID;FA;;;{ti})(A;CIIOID;GA;;;{ti})(A;ID;FA;;;SY)(A;OICIIOID;GA;;;SY)\
                     (A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)(A;OICIIOID;GXGR;;;BU)(A;OICIIOID;GA;;;CO)"
                ),
                "",
            ),
            (
                "O:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)".to_owned(),
                "",
            ),
            ("O:SYD:(A;;FRFX;;;WD)(D;;FA;;;BG)".to_owned(), ""),
            ("O:BUD:(A;;FA;;;SY)".to_owned(), "the owner is BU"),
            ("O:SYD:(A;;0x1201bf;;;BU)".to_owned(), "BU may change it"),
            // One right more than reading: append, delete, the access list, the owner.
            ("O:SYD:(A;;0x1200ad;;;BU)".to_owned(), "BU may change it"),
            ("O:SYD:(A;;0x1300a9;;;BU)".to_owned(), "BU may change it"),
            ("O:SYD:(A;;0x1600a9;;;AU)".to_owned(), "AU may change it"),
            ("O:SYD:(A;;0x1a00a9;;;AU)".to_owned(), "AU may change it"),
            ("O:SYD:(A;;FW;;;WD)".to_owned(), "WD may change it"),
            ("O:SYD:(A;;FRFXF;;;WD)".to_owned(), "WD may change it"),
            ("O:SYD:(A;;0xyz;;;WD)".to_owned(), "WD may change it"),
            ("O:SYD:(A;;GRGXGA;;;WD)".to_owned(), "WD may change it"),
            ("O:SYD:(XA;;FA;;;WD)".to_owned(), "WD may change it"),
            ("O:SYD:(A;OICI;FA;;;CO)".to_owned(), "CO may change it"),
            ("O:SYD:NO_ACCESS_CONTROL".to_owned(), "everybody"),
            ("O:SYD:(A;;FR;;;WD".to_owned(), "cut short"),
        ] {
            let said = judge_changes(&sddl, "S-1-5-21-1-2-3-1000");
            match said {
                Ok(()) => assert_eq!(verdict, "", "{sddl}"),
                Err(why) => assert!(
                    !verdict.is_empty() && why.contains(verdict),
                    "{sddl}: {why}"
                ),
            }
        }
    }

    #[test]
    fn only_an_absolute_path_has_folders() {
        assert_eq!(
            folders_to(r"C:\Program Files\Some Client\Setup.exe").unwrap(),
            [r"C:\Program Files", r"C:\Program Files\Some Client"]
        );
        for path in [
            "",
            "Setup.exe",
            r"C:\Setup.exe",
            r"C:Folder\Setup.exe",
            r"\\server\share\Setup.exe",
            r"\\?\C:\Folder\Setup.exe",
            r"C:\Folder\..\Setup.exe",
            r"C:\Folder\.\Setup.exe",
            r"C:\\Folder\Setup.exe",
            r"C:\Folder\",
            r"C:\Folder \Setup.exe",
            r"C:\Folder\Setup.exe:stream",
            r"C:/Folder/Setup.exe",
            r"C:\%windir%.\Setup.exe",
        ] {
            assert!(folders_to(path).is_err(), "`{path}`");
        }
    }
}
