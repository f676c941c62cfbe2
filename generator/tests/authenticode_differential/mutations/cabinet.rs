//! Cabinets: header, reserve, data.

use super::List;
use crate::bases::{Base, set_u32, u32_at};

pub(super) fn changes(base: &Base, list: &mut List) {
    let bytes = &base.bytes;
    let (offset, size) = (u32_at(bytes, 44), u32_at(bytes, 48));
    list.flip("magic and size", base, [0, 1, 2, 3, 8, 9, 10, 11]);
    list.flip("reserved1", base, 4..8);
    list.flip("reserved2 and reserved3", base, [12, 15, 20, 23]);
    list.flip("offset of the files", base, 16..20);
    list.flip("version, counts, flags, set id", base, 24..34);
    list.flip("number in the set", base, 34..36);
    list.flip("reserve: sizes", base, 36..40);
    list.flip("reserve: mark", base, 40..44);
    list.flip("reserve: place of the signature", base, 44..52);
    list.flip("reserve: zeros not covered", base, 52..56);
    list.flip("reserve: zeros covered", base, 56..60);
    list.flip("folders and files", base, (60..140).step_by(6));
    list.flip("data", base, (140..offset).step_by((offset - 140) / 10 + 1));
    let mut padded = [bytes.as_slice(), &[1; 16]].concat();
    set_u32(&mut padded, 48, size + 16);
    list.add("bytes hidden behind the signature", &padded);
    let mut gap = bytes.clone();
    gap.splice(offset..offset, [0; 8]);
    set_u32(&mut gap, 44, offset + 8);
    list.add("bytes between cabinet and signature", &gap);
}
