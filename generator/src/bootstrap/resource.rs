//! The three-level resource tree of a PE file (type, id, language), as one section.
//!
//! Layout: PE/COFF specification, "The .rsrc Section". Directories first, then the data
//! entries, then the data, each on an 8-byte boundary.

/// `RT_RCDATA` (winuser.h).
pub(super) const RT_RCDATA: u32 = 10;
/// `RT_VERSION` (winuser.h).
pub(super) const RT_VERSION: u32 = 16;
/// `RT_MANIFEST` (winuser.h).
pub(super) const RT_MANIFEST: u32 = 24;

const DIRECTORY_BYTES: u32 = 16;
const ENTRY_BYTES: u32 = 8;
const DATA_ENTRY_BYTES: u32 = 16;
/// Set in an entry's offset when it leads to another directory.
const IS_DIRECTORY: u32 = 0x8000_0000;

/// One leaf.
pub(super) struct Resource {
    pub(super) kind: u32,
    pub(super) id: u32,
    pub(super) language: u32,
    pub(super) data: Vec<u8>,
}

/// A set of leaves with distinct types, one id and one language each: all that an exe of ours
/// has, and what keeps the tree's shape fixed.
pub(super) struct ResourceTree {
    leaves: Vec<Resource>,
}

impl ResourceTree {
    /// Sorts by type, as the format demands.
    pub(super) fn new(mut leaves: Vec<Resource>) -> Self {
        leaves.sort_by_key(|leaf| leaf.kind);
        Self { leaves }
    }

    /// The section's bytes when it is loaded at `virtual_address`; none when it passes 4 GiB.
    pub(super) fn encode(&self, virtual_address: u32) -> Option<Vec<u8>> {
        let count = u32::try_from(self.leaves.len()).ok()?;
        let root_bytes = DIRECTORY_BYTES + count * ENTRY_BYTES;
        let single_bytes = DIRECTORY_BYTES + ENTRY_BYTES;
        let ids_at = root_bytes;
        let languages_at = ids_at + count * single_bytes;
        let data_entries_at = languages_at + count * single_bytes;
        let mut data_at = (data_entries_at + count * DATA_ENTRY_BYTES).next_multiple_of(8);

        let mut out = Vec::new();
        directory_header(&mut out, self.leaves.len())?;
        for (index, leaf) in (0u32..).zip(&self.leaves) {
            push_u32(&mut out, leaf.kind);
            push_u32(&mut out, (ids_at + index * single_bytes) | IS_DIRECTORY);
        }
        for (index, leaf) in (0u32..).zip(&self.leaves) {
            directory_header(&mut out, 1)?;
            push_u32(&mut out, leaf.id);
            push_u32(
                &mut out,
                (languages_at + index * single_bytes) | IS_DIRECTORY,
            );
        }
        for (index, leaf) in (0u32..).zip(&self.leaves) {
            directory_header(&mut out, 1)?;
            push_u32(&mut out, leaf.language);
            push_u32(&mut out, data_entries_at + index * DATA_ENTRY_BYTES);
        }
        for leaf in &self.leaves {
            let size = u32::try_from(leaf.data.len()).ok()?;
            push_u32(&mut out, virtual_address.checked_add(data_at)?);
            push_u32(&mut out, size);
            // Code page 0 and the reserved field.
            push_u32(&mut out, 0);
            push_u32(&mut out, 0);
            data_at = data_at.checked_add(size)?.checked_next_multiple_of(8)?;
        }
        for leaf in &self.leaves {
            out.resize(out.len().next_multiple_of(8), 0);
            out.extend(&leaf.data);
        }
        Some(out)
    }
}

/// Characteristics, time stamp and versions are zero; all entries go by id, none by name.
fn directory_header(out: &mut Vec<u8>, ids: usize) -> Option<()> {
    out.extend([0; 14]);
    out.extend(u16::try_from(ids).ok()?.to_le_bytes());
    Some(())
}

fn push_u32(out: &mut Vec<u8>, value: u32) {
    out.extend(value.to_le_bytes());
}
