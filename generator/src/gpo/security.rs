//! The permissions of a GPO.

pub use crate::formats::security::{
    Ace, AceFlags, AceKind, InvalidSid, MalformedDescriptor, SecurityDescriptor, Sid, with_denial,
    without_entry,
};

use super::guid::Guid;

/// The extended right "Apply Group Policy".
pub const APPLY_GROUP_POLICY: Guid = Guid::from_u128(0xEDACFD8F_FFB3_11D1_B41D_00A0C968F939);

/// Read a directory object: list, read properties, read control.
const DIRECTORY_READ: u32 = 0x0002_0094;
/// Everything on a directory object but control access, as GPMC's backups have it.
const DIRECTORY_FULL: u32 = 0x000F_00FF;
/// Control access: with an object type, the extended right of that type.
const CONTROL_ACCESS: u32 = 0x0000_0100;
/// Flag of an entry that holds only for what is below the object.
const INHERIT_ONLY: u8 = 0x08;

/// The descriptor of our backups. `Import-GPO` gives the target the directory's default and
/// does not look at it; a restore uses it, so it lets Authenticated Users read and apply. It
/// names only well-known SIDs and therefore belongs to no domain.
pub fn backup_descriptor() -> SecurityDescriptor {
    let inherit = AceFlags::CONTAINER_INHERIT;
    let allow = |sid: Sid, mask| Ace {
        kind: AceKind::Allow,
        flags: inherit,
        mask,
        object_type: None,
        sid,
    };
    SecurityDescriptor {
        owner: Some(Sid::BUILTIN_ADMINISTRATORS),
        group: Some(Sid::BUILTIN_ADMINISTRATORS),
        dacl_protected: true,
        dacl: Some(vec![
            Ace {
                kind: AceKind::AllowObject,
                flags: inherit,
                mask: CONTROL_ACCESS,
                object_type: Some(APPLY_GROUP_POLICY),
                sid: Sid::AUTHENTICATED_USERS,
            },
            allow(Sid::BUILTIN_ADMINISTRATORS, DIRECTORY_FULL),
            allow(Sid::ENTERPRISE_DOMAIN_CONTROLLERS, DIRECTORY_READ),
            allow(Sid::AUTHENTICATED_USERS, DIRECTORY_READ),
            allow(Sid::LOCAL_SYSTEM, DIRECTORY_FULL),
        ]),
    }
}

/// The entry that keeps a group from applying a GPO, as the Group Policy Management Console writes it for
/// "Apply group policy: Deny".
pub fn denial_of_apply(sid: Sid) -> Ace {
    Ace {
        kind: AceKind::DenyObject,
        flags: AceFlags::CONTAINER_INHERIT,
        mask: CONTROL_ACCESS,
        object_type: Some(APPLY_GROUP_POLICY),
        sid,
    }
}

/// Whom a GPO's object keeps from applying it: denials of the right, or of every extended right, that
/// stand before whatever allows it. Entries that hold only for what is below the object are none.
pub fn denied_to_apply(descriptor: &SecurityDescriptor) -> Vec<Sid> {
    let is_about_apply = |ace: &&Ace| {
        ace.mask & CONTROL_ACCESS != 0
            && ace
                .object_type
                .is_none_or(|right| right == APPLY_GROUP_POLICY)
            && ace.flags.0 & INHERIT_ONLY == 0
    };
    let entries = descriptor.dacl.iter().flatten().filter(is_about_apply);
    let denying = entries.take_while(|ace| matches!(ace.kind, AceKind::Deny | AceKind::DenyObject));
    denying.map(|ace| ace.sid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backup_descriptor_lets_computers_read_and_apply() {
        assert_eq!(
            backup_descriptor().to_sddl(),
            "O:BAG:BAD:P\
             (OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)\
             (A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;BA)\
             (A;CI;LCRPLORC;;;ED)\
             (A;CI;LCRPLORC;;;AU)\
             (A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;SY)"
        );
    }

    #[test]
    fn who_may_not_apply_is_who_is_denied_before_anything_is_allowed() {
        let group = Sid::BUILTIN_ADMINISTRATORS;
        let denial = denial_of_apply(group);
        let with = |change: fn(&mut Ace)| {
            let mut entry = denial.clone();
            change(&mut entry);
            entry
        };
        for (entry, first, denied) in [
            (denial.clone(), true, true),
            // Whatever order somebody gave the list.
            (denial.clone(), false, false),
            (with(|ace| ace.object_type = None), true, true),
            (with(|ace| ace.object_type = Some(Guid::NIL)), true, false),
            (with(|ace| ace.flags = AceFlags(INHERIT_ONLY)), true, false),
            (with(|ace| ace.mask = DIRECTORY_READ), true, false),
            (with(|ace| ace.kind = AceKind::AllowObject), true, false),
        ] {
            let mut descriptor = backup_descriptor();
            let list = descriptor.dacl.as_mut().unwrap();
            let at = if first { 0 } else { list.len() };
            list.insert(at, entry.clone());
            let found = denied_to_apply(&descriptor);
            assert_eq!(found.contains(&group), denied, "{entry:?} {first}");
        }
    }
}
