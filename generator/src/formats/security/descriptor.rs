//! A self-relative security descriptor with owner, group and DACL.

use super::sid::Sid;
use crate::formats::guid::Guid;

/// Owner, group and discretionary list; system lists are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityDescriptor {
    /// `O:`; none where it is left out.
    pub owner: Option<Sid>,
    /// Primary group.
    pub group: Option<Sid>,
    /// The list takes nothing from the parent.
    pub dacl_protected: bool,
    /// Entries in order; none means that there is no list and all is allowed.
    pub dacl: Option<Vec<Ace>>,
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ace {
    /// Allow or deny, for the whole or for one type.
    pub kind: AceKind,
    /// Inheritance.
    pub flags: AceFlags,
    /// Rights.
    pub mask: u32,
    /// Property set, class or extended right that the entry is about.
    pub object_type: Option<Guid>,
    /// Whom it is about.
    pub sid: Sid,
}

/// Kinds of entries (MS-DTYP 2.4.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AceKind {
    /// `A`: grants what its mask says.
    Allow,
    /// `D`.
    Deny,
    /// `OA`.
    AllowObject,
    /// `OD`.
    DenyObject,
}

/// Inheritance of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AceFlags(pub u8);

impl AceFlags {
    /// `CI`.
    pub const CONTAINER_INHERIT: Self = Self(0x02);
    /// Texts of the bits, in the order in which Windows writes them.
    const NAMES: [(u8, &'static str); 5] = [
        (0x01, "OI"),
        (0x02, "CI"),
        (0x04, "NP"),
        (0x08, "IO"),
        (0x10, "ID"),
    ];
}

/// Texts of the rights on a directory object, in the order in which Windows writes them.
const RIGHTS: [(u32, &str); 13] = [
    (0x0000_0001, "CC"),
    (0x0000_0002, "DC"),
    (0x0000_0004, "LC"),
    (0x0000_0008, "SW"),
    (0x0000_0010, "RP"),
    (0x0000_0020, "WP"),
    (0x0000_0040, "DT"),
    (0x0000_0080, "LO"),
    (0x0000_0100, "CR"),
    (0x0001_0000, "SD"),
    (0x0002_0000, "RC"),
    (0x0004_0000, "WD"),
    (0x0008_0000, "WO"),
];

/// Abbreviations of well-known SIDs.
const ALIASES: [(Sid, &str); 4] = [
    (Sid::LOCAL_SYSTEM, "SY"),
    (Sid::AUTHENTICATED_USERS, "AU"),
    (Sid::ENTERPRISE_DOMAIN_CONTROLLERS, "ED"),
    (Sid::BUILTIN_ADMINISTRATORS, "BA"),
];

pub(super) const SELF_RELATIVE: u16 = 0x8000;
pub(super) const DACL_PRESENT: u16 = 0x0004;
const DACL_PROTECTED: u16 = 0x1000;
const OBJECT_TYPE_PRESENT: u32 = 1;
const INHERITED_TYPE_PRESENT: u32 = 2;

/// Why bytes are no security descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the security descriptor is malformed: {why}")]
pub struct MalformedDescriptor {
    /// Which part.
    pub why: &'static str,
}

impl SecurityDescriptor {
    /// The self-relative bytes: header, list, owner, group, as GPMC's backups have them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut control = SELF_RELATIVE;
        let mut body = Vec::new();
        let mut offset_of = |part: Option<Vec<u8>>| match part {
            None => 0_u32,
            Some(bytes) => {
                // Every part is below 64 KiB: lists count their bytes in 16 bits.
                let offset = u32::try_from(HEADER + body.len()).unwrap_or(0);
                body.extend_from_slice(&bytes);
                offset
            }
        };
        let dacl = offset_of(self.dacl.as_deref().map(write_list));
        let owner = offset_of(self.owner.map(|sid| sid.to_bytes()));
        let group = offset_of(self.group.map(|sid| sid.to_bytes()));
        if self.dacl.is_some() {
            control |= DACL_PRESENT;
        }
        if self.dacl_protected {
            control |= DACL_PROTECTED;
        }
        let mut bytes = vec![1, 0];
        bytes.extend_from_slice(&control.to_le_bytes());
        for offset in [owner, group, 0, dacl] {
            bytes.extend_from_slice(&offset.to_le_bytes());
        }
        bytes.extend_from_slice(&body);
        bytes
    }

    /// Reads self-relative bytes; a system list is skipped.
    ///
    /// # Errors
    /// A part that lies outside the bytes or is of an unknown kind.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedDescriptor> {
        let parts = Parts::read(bytes, 0)?;
        let dacl = if parts.control & DACL_PRESENT == 0 {
            None
        } else {
            parts.of(3)?.map(read_list).transpose()?
        };
        Ok(Self {
            owner: parts.sid(0, "owner")?,
            group: parts.sid(1, "group")?,
            dacl_protected: parts.control & DACL_PROTECTED != 0,
            dacl,
        })
    }

    /// The owner alone: lists of entries may be of kinds that no GPO has.
    ///
    /// # Errors
    /// No self-relative descriptor, or the owner lies outside the bytes or is none.
    pub fn owner_of(bytes: &[u8]) -> Result<Option<Sid>, MalformedDescriptor> {
        Parts::read(bytes, 0)?.sid(0, "owner")
    }

    /// As [`SecurityDescriptor::owner_of`], of a descriptor whose header stands at `header`
    /// and whose offsets count from the start of `bytes`.
    pub(super) fn owner_at(
        bytes: &[u8],
        header: usize,
    ) -> Result<Option<Sid>, MalformedDescriptor> {
        Parts::read(bytes, header)?.sid(0, "owner")
    }

    /// The text form.
    pub fn to_sddl(&self) -> String {
        let mut text = String::new();
        if let Some(owner) = &self.owner {
            text.push_str(&format!("O:{}", alias(owner)));
        }
        if let Some(group) = &self.group {
            text.push_str(&format!("G:{}", alias(group)));
        }
        if let Some(dacl) = &self.dacl {
            text.push_str("D:");
            if self.dacl_protected {
                text.push('P');
            }
            for ace in dacl {
                text.push_str(&ace.to_sddl());
            }
        }
        text
    }
}

pub(super) const HEADER: usize = 20;

/// The header of a self-relative descriptor, and the bytes that its offsets count in.
pub(super) struct Parts<'a> {
    bytes: &'a [u8],
    pub(super) control: u16,
    offsets: [u32; 4],
}

impl<'a> Parts<'a> {
    pub(super) fn read(bytes: &'a [u8], header: usize) -> Result<Self, MalformedDescriptor> {
        let malformed = |why| MalformedDescriptor { why };
        let from = bytes.get(header..).ok_or(malformed("too short"))?;
        let header: &[u8; HEADER] = from.first_chunk().ok_or(malformed("too short"))?;
        let [revision, _, low, high, rest @ ..] = header;
        let control = u16::from_le_bytes([*low, *high]);
        if *revision != 1 || control & SELF_RELATIVE == 0 {
            return Err(malformed("not self-relative, revision 1"));
        }
        let mut offsets = [0; 4];
        for (offset, four) in offsets.iter_mut().zip(rest.as_chunks::<4>().0) {
            *offset = u32::from_le_bytes(*four);
        }
        Ok(Self {
            bytes,
            control,
            offsets,
        })
    }

    /// The bytes from a part on; none where the descriptor has no such part.
    pub(super) fn of(&self, index: usize) -> Result<Option<&'a [u8]>, MalformedDescriptor> {
        let offset = self.offsets.get(index).copied().unwrap_or(0);
        if offset == 0 {
            return Ok(None);
        }
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let malformed = MalformedDescriptor { why: "offset" };
        self.bytes.get(offset..).ok_or(malformed).map(Some)
    }

    pub(super) fn sid(
        &self,
        index: usize,
        why: &'static str,
    ) -> Result<Option<Sid>, MalformedDescriptor> {
        self.of(index)?
            .map(|rest| Sid::from_bytes(rest).map(|(sid, _)| sid))
            .map(|sid| sid.ok_or(MalformedDescriptor { why }))
            .transpose()
    }
}

impl Ace {
    fn to_sddl(&self) -> String {
        let kind = match self.kind {
            AceKind::Allow => "A",
            AceKind::Deny => "D",
            AceKind::AllowObject => "OA",
            AceKind::DenyObject => "OD",
        };
        let flags: String = AceFlags::NAMES
            .iter()
            .filter(|(bit, _)| self.flags.0 & bit != 0)
            .map(|(_, name)| *name)
            .collect();
        let known: u32 = RIGHTS.iter().map(|(bit, _)| bit).sum();
        let rights = if self.mask & !known == 0 {
            RIGHTS
                .iter()
                .filter(|(bit, _)| self.mask & bit != 0)
                .map(|(_, name)| *name)
                .collect()
        } else {
            format!("0x{:08x}", self.mask)
        };
        let object = self.object_type.map_or_else(String::new, |guid| {
            let text = guid.to_string().to_ascii_lowercase();
            text.trim_matches(['{', '}']).to_owned()
        });
        let sid = alias(&self.sid);
        format!("({kind};{flags};{rights};{object};;{sid})")
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let (kind, object) = match self.kind {
            AceKind::Allow => (0, false),
            AceKind::Deny => (1, false),
            AceKind::AllowObject => (5, true),
            AceKind::DenyObject => (6, true),
        };
        let mut body = self.mask.to_le_bytes().to_vec();
        if object {
            let present = if self.object_type.is_some() {
                OBJECT_TYPE_PRESENT
            } else {
                0
            };
            body.extend_from_slice(&present.to_le_bytes());
            if let Some(guid) = self.object_type {
                body.extend_from_slice(&guid.to_windows_bytes());
            }
        }
        body.extend_from_slice(&self.sid.to_bytes());
        // A SID has at most 68 bytes, so an entry never reaches 16 bits.
        let size = u16::try_from(body.len() + 4).unwrap_or(u16::MAX);
        let mut bytes = vec![kind, self.flags.0];
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }

    /// Reads the entry at the start of `bytes`; returns it and what follows.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&[kind, flags, low, high], _) = bytes.split_first_chunk::<4>()?;
        let size = usize::from(u16::from_le_bytes([low, high]));
        let body = bytes.get(4..size)?;
        let rest = bytes.get(size..)?;
        let (mask, mut body) = body.split_first_chunk::<4>()?;
        let kind = match kind {
            0 => AceKind::Allow,
            1 => AceKind::Deny,
            5 => AceKind::AllowObject,
            6 => AceKind::DenyObject,
            _ => return None,
        };
        let mut object_type = None;
        if matches!(kind, AceKind::AllowObject | AceKind::DenyObject) {
            let (present, after) = body.split_first_chunk::<4>()?;
            let present = u32::from_le_bytes(*present);
            body = after;
            if present & OBJECT_TYPE_PRESENT != 0 {
                let (guid, after) = body.split_first_chunk::<16>()?;
                object_type = Some(Guid::from_windows_bytes(*guid));
                body = after;
            }
            if present & INHERITED_TYPE_PRESENT != 0 {
                body = body.get(16..)?;
            }
        }
        let (sid, _) = Sid::from_bytes(body)?;
        let ace = Self {
            kind,
            flags: AceFlags(flags),
            mask: u32::from_le_bytes(*mask),
            object_type,
            sid,
        };
        Some((ace, rest))
    }
}

fn alias(sid: &Sid) -> String {
    ALIASES
        .iter()
        .find(|(known, _)| known == sid)
        .map_or_else(|| sid.to_string(), |(_, name)| (*name).to_owned())
}

fn write_list(aces: &[Ace]) -> Vec<u8> {
    let object = aces
        .iter()
        .any(|ace| matches!(ace.kind, AceKind::AllowObject | AceKind::DenyObject));
    // Revision 4 as soon as there is an object entry (MS-DTYP 2.4.5).
    let revision = if object { 4 } else { 2 };
    let body: Vec<u8> = aces.iter().flat_map(Ace::to_bytes).collect();
    let size = u16::try_from(body.len() + 8).unwrap_or(u16::MAX);
    let count = u16::try_from(aces.len()).unwrap_or(u16::MAX);
    let mut bytes = vec![revision, 0];
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(&body);
    bytes
}

fn read_list(bytes: &[u8]) -> Result<Vec<Ace>, MalformedDescriptor> {
    let malformed = MalformedDescriptor { why: "list" };
    let (&[_, _, size_low, size_high, count_low, count_high, _, _], _) =
        bytes.split_first_chunk::<8>().ok_or(malformed)?;
    let size = usize::from(u16::from_le_bytes([size_low, size_high]));
    let mut rest = bytes.get(8..size).ok_or(malformed)?;
    let mut aces = Vec::new();
    for _ in 0..u16::from_le_bytes([count_low, count_high]) {
        let (ace, after) = Ace::read(rest).ok_or(MalformedDescriptor { why: "entry" })?;
        aces.push(ace);
        rest = after;
    }
    Ok(aces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> SecurityDescriptor {
        SecurityDescriptor {
            owner: Some(Sid::BUILTIN_ADMINISTRATORS),
            group: Some(Sid::LOCAL_SYSTEM),
            dacl_protected: true,
            dacl: Some(vec![Ace {
                kind: AceKind::AllowObject,
                flags: AceFlags::CONTAINER_INHERIT,
                mask: 0x100,
                object_type: Some(Guid::NIL),
                sid: Sid::AUTHENTICATED_USERS,
            }]),
        }
    }

    #[test]
    fn bytes_round_trip() {
        for descriptor in [whole(), SecurityDescriptor::default()] {
            let bytes = descriptor.to_bytes();
            assert_eq!(SecurityDescriptor::from_bytes(&bytes), Ok(descriptor));
        }
    }

    #[test]
    fn every_cut_is_refused_or_read_without_panic() {
        let bytes = whole().to_bytes();
        for length in 0..bytes.len() {
            let cut = bytes.get(..length).unwrap();
            assert!(SecurityDescriptor::from_bytes(cut).is_err(), "{length}");
        }
    }
}
