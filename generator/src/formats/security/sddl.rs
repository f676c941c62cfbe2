//! The owner in a descriptor's text form (MS-DTYP 2.5.1).

use super::sid::Sid;

/// Abbreviations of owners that files have; a computer's account has none.
const OWNERS: [(&str, Sid); 2] = [
    ("BA", Sid::BUILTIN_ADMINISTRATORS),
    ("SY", Sid::LOCAL_SYSTEM),
];

/// The owner of `O:…G:…D:…`; none for another text, and for an abbreviation that no report's
/// owner has.
pub fn sddl_owner(text: &str) -> Option<Sid> {
    let owner = text.trim().strip_prefix("O:")?;
    if let Some(numbers) = owner.strip_prefix("S-") {
        let end = numbers.find(|c: char| !c.is_ascii_digit() && c != '-');
        let sid = format!("S-{}", numbers.get(..end.unwrap_or(numbers.len()))?);
        return sid.parse().ok();
    }
    let known = OWNERS.iter().find(|(short, _)| owner.starts_with(short));
    known.map(|(_, sid)| *sid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_stands_first() {
        for (text, owner) in [
            (
                "O:S-1-5-21-1-2-3-1105G:S-1-5-21-1-2-3-515D:AI(A;;FA;;;SY)",
                Some("S-1-5-21-1-2-3-1105"),
            ),
            ("O:S-1-5-21-1-2-3-1105", Some("S-1-5-21-1-2-3-1105")),
            ("O:S-1-5-18S:(AU;;FA;;;WD)", Some("S-1-5-18")),
            ("O:BAG:SYD:", Some("S-1-5-32-544")),
            ("O:SYG:SYD:", Some("S-1-5-18")),
            ("O:DAG:DUD:", None),
            ("O:S-1-5-21-1-x", None),
            ("G:BAD:", None),
            ("", None),
        ] {
            let found = sddl_owner(text).map(|sid| sid.to_string());
            assert_eq!(found.as_deref(), owner, "{text}");
        }
    }
}
