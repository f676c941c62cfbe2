//! The permissions of a GPO's SYSVOL folder, mirrored from its directory object.
//!
//! Mapping: list with read-property gives read and execute; write-property gives write;
//! create-child and delete-child give the same for files; standard rights stay. Every entry is
//! inherited by folders and files. Compared with what Samba's `gpo aclcheck` expects.

use crate::gpo::security::{AceFlags, AceKind, SecurityDescriptor};

const STANDARD_RIGHTS: u32 = 0x001F_0000;
const SYNCHRONIZE: u32 = 0x0010_0000;

const DS_CREATE_CHILD: u32 = 0x01;
const DS_DELETE_CHILD: u32 = 0x02;
const DS_LIST: u32 = 0x04;
const DS_READ_PROPERTY: u32 = 0x10;
const DS_WRITE_PROPERTY: u32 = 0x20;

/// List, read extended attributes, traverse, read attributes.
const FILE_READ_EXECUTE: u32 = 0x0000_00A9;
/// Add file, add folder, write extended attributes, write attributes.
const FILE_WRITE: u32 = 0x0000_0116;
/// Add file, add folder.
const FILE_ADD: u32 = 0x0000_0006;
const FILE_DELETE_CHILD: u32 = 0x0000_0040;

const INHERITED_BY_ALL: u8 = 0x03;
const INHERIT_ONLY: u8 = 0x08;

/// SDDL of the folder that belongs to an object with this descriptor: owner, group and a
/// protected list. Entries for one property or right (the extended right to apply the GPO)
/// have no meaning on a folder and cannot be set over SMB; they are left out.
pub fn sysvol_sddl(object: &SecurityDescriptor) -> String {
    let entries = object.dacl.iter().flatten();
    let dacl = entries
        .filter(|ace| matches!(ace.kind, AceKind::Allow | AceKind::Deny))
        .map(|ace| {
            let mut mapped = ace.clone();
            mapped.mask = file_mask(ace.mask);
            mapped.flags = AceFlags(INHERITED_BY_ALL | (ace.flags.0 & INHERIT_ONLY));
            mapped
        })
        .collect();
    SecurityDescriptor {
        owner: object.owner,
        group: object.group,
        dacl_protected: true,
        dacl: Some(dacl),
    }
    .to_sddl()
}

fn file_mask(mask: u32) -> u32 {
    let mut file = mask & STANDARD_RIGHTS;
    if mask & DS_READ_PROPERTY != 0 && mask & DS_LIST != 0 {
        file |= SYNCHRONIZE | FILE_READ_EXECUTE;
    }
    if mask & DS_WRITE_PROPERTY != 0 {
        file |= SYNCHRONIZE | FILE_WRITE;
    }
    if mask & DS_CREATE_CHILD != 0 {
        file |= FILE_ADD;
    }
    if mask & DS_DELETE_CHILD != 0 {
        file |= FILE_DELETE_CHILD;
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rights_of_a_default_gpo_become_those_that_aclcheck_expects() {
        for (directory, file) in [
            // The full set of the class default.
            (0x000F_00FF, 0x001F_01FF),
            // Read, list and read control.
            (0x0002_0094, 0x0012_00A9),
            (0x0000_0100, 0),
        ] {
            assert_eq!(file_mask(directory), file, "{directory:x}");
        }
    }
}
