//! Entries put into a descriptor and taken out of it again, all others byte for byte as they are: what is
//! not understood of a list is not ours to lose.

use super::descriptor::{Ace, DACL_PRESENT, HEADER, MalformedDescriptor, Parts, SELF_RELATIVE};

/// Kinds of entries that deny (MS-DTYP 2.4.4.1): for the whole, for one type, and both with a condition.
const DENYING: [u8; 4] = [0x01, 0x06, 0x0A, 0x0C];
/// `INHERITED_ACE`.
const INHERITED: u8 = 0x10;
/// Bytes before the first entry of a list (MS-DTYP 2.4.5).
const LIST_HEADER: usize = 8;

/// The descriptor with one more denial, behind the explicit ones that it has and before everything else,
/// which is the canonical order (MS-ADTS 6.1.3.1); none where it has the entry. A system list is left out.
///
/// # Errors
/// A part that lies outside the bytes, no list at all, or one that is full.
pub fn with_denial(bytes: &[u8], denial: &Ace) -> Result<Option<Vec<u8>>, MalformedDescriptor> {
    edited(bytes, |entries| {
        if entries.iter().any(|one| is_same(one, denial)) {
            return None;
        }
        let mut after: Vec<Vec<u8>> = entries.iter().map(|one| one.to_vec()).collect();
        let at = entries.iter().position(|one| !is_explicit_denial(one));
        after.insert(at.unwrap_or(entries.len()), denial.to_bytes());
        Some(after)
    })
}

/// The descriptor without an entry; none where it does not have it. A system list is left out.
///
/// # Errors
/// As for [`with_denial`].
pub fn without_entry(bytes: &[u8], entry: &Ace) -> Result<Option<Vec<u8>>, MalformedDescriptor> {
    edited(bytes, |entries| {
        let stays = entries.iter().filter(|one| !is_same(one, entry));
        let after: Vec<Vec<u8>> = stays.map(|one| one.to_vec()).collect();
        (after.len() < entries.len()).then_some(after)
    })
}

/// Flags do not tell entries apart: a directory adds its own.
fn is_same(raw: &[u8], entry: &Ace) -> bool {
    Ace::read(raw).is_some_and(|(found, _)| {
        Ace {
            flags: entry.flags,
            ..found
        } == *entry
    })
}

fn is_explicit_denial(raw: &[u8]) -> bool {
    matches!(raw, [kind, flags, ..] if DENYING.contains(kind) && flags & INHERITED == 0)
}

fn edited(
    bytes: &[u8],
    edit: impl FnOnce(&[&[u8]]) -> Option<Vec<Vec<u8>>>,
) -> Result<Option<Vec<u8>>, MalformedDescriptor> {
    let malformed = |why| MalformedDescriptor { why };
    let parts = Parts::read(bytes, 0)?;
    if parts.control & DACL_PRESENT == 0 {
        return Err(malformed("no list"));
    }
    let list = parts.of(3)?.ok_or(malformed("no list"))?;
    let (head, entries) = split(list).ok_or(malformed("list"))?;
    let Some(after) = edit(&entries) else {
        return Ok(None);
    };
    let owner = parts.sid(0, "owner")?.map(|sid| sid.to_bytes());
    let group = parts.sid(1, "group")?.map(|sid| sid.to_bytes());
    let list = joined(head, &after).ok_or(malformed("full"))?;
    let mut body = Vec::new();
    let mut offset_of = |part: Option<Vec<u8>>| {
        let offset = part.as_ref().map_or(0, |_| HEADER + body.len());
        body.extend(part.into_iter().flatten());
        u32::try_from(offset).unwrap_or(0)
    };
    let dacl = offset_of(Some(list));
    let (owner, group) = (offset_of(owner), offset_of(group));
    let control = (parts.control & !SYSTEM_LIST) | SELF_RELATIVE;
    let mut written = vec![1, 0];
    written.extend_from_slice(&control.to_le_bytes());
    for offset in [owner, group, 0, dacl] {
        written.extend_from_slice(&offset.to_le_bytes());
    }
    written.extend(body);
    Ok(Some(written))
}

/// `SACL_PRESENT` and what says how it came about (MS-DTYP 2.4.6).
const SYSTEM_LIST: u16 = 0x0010 | 0x0020 | 0x0200 | 0x0800 | 0x2000;

/// The revision of a list, and each entry's bytes.
fn split(list: &[u8]) -> Option<(u8, Vec<&[u8]>)> {
    let (
        &[
            revision,
            _,
            size_low,
            size_high,
            count_low,
            count_high,
            _,
            _,
        ],
        _,
    ) = list.split_first_chunk::<LIST_HEADER>()?;
    let size = usize::from(u16::from_le_bytes([size_low, size_high]));
    let mut rest = list.get(LIST_HEADER..size)?;
    let mut entries = Vec::new();
    for _ in 0..u16::from_le_bytes([count_low, count_high]) {
        let (&[_, _, low, high], _) = rest.split_first_chunk::<4>()?;
        let size = usize::from(u16::from_le_bytes([low, high]));
        if size < 4 {
            return None;
        }
        entries.push(rest.get(..size)?);
        rest = rest.get(size..)?;
    }
    Some((revision, entries))
}

/// Revision 4 as soon as there may be an object entry (MS-DTYP 2.4.5); none where the list is too long.
fn joined(revision: u8, entries: &[Vec<u8>]) -> Option<Vec<u8>> {
    let body = entries.concat();
    let size = u16::try_from(body.len() + LIST_HEADER).ok()?;
    let count = u16::try_from(entries.len()).ok()?;
    let mut list = vec![revision.max(4), 0];
    list.extend_from_slice(&size.to_le_bytes());
    list.extend_from_slice(&count.to_le_bytes());
    list.extend_from_slice(&[0, 0]);
    list.extend(body);
    Some(list)
}

#[cfg(test)]
mod tests {
    use super::super::{AceFlags, AceKind, SecurityDescriptor, Sid};
    use super::*;
    use crate::formats::guid::Guid;

    fn entry(kind: AceKind, flags: u8, sid: Sid) -> Ace {
        let is_object = matches!(kind, AceKind::AllowObject | AceKind::DenyObject);
        Ace {
            kind,
            flags: AceFlags(flags),
            mask: 0x100,
            object_type: is_object.then_some(Guid::NIL),
            sid,
        }
    }

    fn ours() -> Ace {
        entry(AceKind::DenyObject, 2, Sid::LOCAL_SYSTEM)
    }

    fn descriptor(entries: Vec<Ace>) -> Vec<u8> {
        SecurityDescriptor {
            owner: Some(Sid::BUILTIN_ADMINISTRATORS),
            group: Some(Sid::LOCAL_SYSTEM),
            dacl_protected: true,
            dacl: Some(entries),
        }
        .to_bytes()
    }

    #[test]
    fn a_denial_stands_behind_other_denials_and_before_what_allows() {
        let allow = || entry(AceKind::Allow, 0, Sid::AUTHENTICATED_USERS);
        let deny = || entry(AceKind::Deny, 0, Sid::AUTHENTICATED_USERS);
        let object = || entry(AceKind::DenyObject, 0, Sid::AUTHENTICATED_USERS);
        let inherited = || entry(AceKind::Deny, INHERITED, Sid::AUTHENTICATED_USERS);
        for (before, at) in [
            (vec![], 0),
            (vec![allow()], 0),
            (vec![deny(), object(), allow()], 2),
            (vec![deny(), allow(), inherited()], 1),
            (vec![inherited()], 0),
            (vec![deny()], 1),
        ] {
            let bytes = descriptor(before.clone());
            let after = with_denial(&bytes, &ours()).unwrap().unwrap();
            let mut wanted = before;
            wanted.insert(at, ours());
            let read = SecurityDescriptor::from_bytes(&after).unwrap();
            assert_eq!(
                read,
                SecurityDescriptor::from_bytes(&descriptor(wanted)).unwrap()
            );
            assert_eq!(with_denial(&after, &ours()), Ok(None));
            let again = without_entry(&after, &ours()).unwrap().unwrap();
            let read = SecurityDescriptor::from_bytes(&again).unwrap();
            assert_eq!(read, SecurityDescriptor::from_bytes(&bytes).unwrap());
            assert_eq!(without_entry(&again, &ours()), Ok(None));
        }
    }

    /// An entry of a kind that is not known here (a condition, with bytes behind the SID).
    #[test]
    fn entries_of_other_kinds_stay_to_the_byte() {
        let mut other = entry(AceKind::Deny, 0, Sid::LOCAL_SYSTEM).to_bytes();
        other[0] = 0x0A;
        other.extend(*b"artx\0\0\0\0");
        other[2] = u8::try_from(other.len()).unwrap();
        let bytes = edited(&descriptor(vec![]), |_| Some(vec![other.clone()]));
        let bytes = bytes.unwrap().unwrap();
        assert!(SecurityDescriptor::from_bytes(&bytes).is_err());
        let after = with_denial(&bytes, &ours()).unwrap().unwrap();
        let list = Parts::read(&after, 0).unwrap().of(3).unwrap().unwrap();
        let (_, entries) = split(list).unwrap();
        assert_eq!(entries, [&other[..], &ours().to_bytes()]);
        assert_eq!(without_entry(&after, &ours()), Ok(Some(bytes)));
    }

    #[test]
    fn every_cut_is_refused() {
        let bytes = descriptor(vec![entry(AceKind::Allow, 0, Sid::AUTHENTICATED_USERS)]);
        for length in 0..bytes.len() {
            let cut = bytes.get(..length).unwrap();
            assert!(with_denial(cut, &ours()).is_err(), "{length}");
        }
        let none = SecurityDescriptor::default().to_bytes();
        assert!(with_denial(&none, &ours()).is_err());
    }
}
