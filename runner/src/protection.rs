//! Is a folder's security descriptor tight enough to run programs from it?
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
    let list = part(sddl, "D:").ok_or("the descriptor has no access list")?;
    let (flags, mut entries) = list.split_at(list.find('(').unwrap_or(list.len()));
    if flags.contains("NO_ACCESS_CONTROL") {
        return Err("everybody has access".to_owned());
    }
    while let Some(rest) = entries.strip_prefix('(') {
        let (entry, rest) = rest.split_once(')').ok_or("the access list is cut short")?;
        let fields: Vec<&str> = entry.split(';').collect();
        let (kind, who) = match fields.as_slice() {
            [kind, _, _, _, _, who, ..] => (*kind, *who),
            _ => return Err(format!("the entry `{entry}` is not understood")),
        };
        // An entry that denies takes nothing away from the protection.
        if kind != "D" && !is_trusted(who, own) {
            return Err(format!("{who} has access"));
        }
        entries = rest;
    }
    if entries.is_empty() {
        Ok(())
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
}
