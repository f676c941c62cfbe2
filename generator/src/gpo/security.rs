//! The permissions of a GPO.

pub use crate::formats::security::{
    Ace, AceFlags, AceKind, InvalidSid, MalformedDescriptor, SecurityDescriptor, Sid,
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
}
