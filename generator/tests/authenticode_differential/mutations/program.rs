//! Executables: headers, sections, certificate table.

use super::List;
use crate::bases::{Base, pe_optional, pe_table, set_u32};

pub(super) fn changes(base: &Base, list: &mut List) {
    let bytes = &base.bytes;
    let optional = pe_optional(bytes);
    let (table, size) = pe_table(bytes);
    list.flip("DOS header", base, [0, 2, 0x20, 0x3c, 0x3e]);
    list.flip("COFF header", base, (optional - 24..optional).step_by(5));
    list.flip(
        "optional header",
        base,
        (optional..optional + 64).step_by(9),
    );
    list.flip("checksum", base, optional + 64..optional + 68);
    list.flip(
        "data directories",
        base,
        (optional + 112..optional + 144).step_by(4),
    );
    list.flip(
        "place of the certificate table",
        base,
        optional + 144..optional + 152,
    );
    list.flip(
        "section table",
        base,
        (optional + 240..optional + 320).step_by(7),
    );
    list.flip(
        "content",
        base,
        (0x200..table).step_by((table - 0x200) / 12),
    );
    list.flip("header of a certificate", base, table..table + 8);
    let grown = |extra: &[u8], with_length: bool| {
        let mut bytes = [bytes, extra].concat();
        set_u32(&mut bytes, optional + 148, size + extra.len());
        if with_length {
            set_u32(&mut bytes, table, size + extra.len());
        }
        bytes
    };
    list.add(
        "bytes hidden in a certificate's padding",
        &grown(&[1; 16], true),
    );
    list.add("zeros in a certificate's padding", &grown(&[0; 16], true));
    list.add(
        "bytes in the table after the last certificate",
        &grown(&[0; 16], false),
    );
    let second = bytes[table..].to_vec();
    list.add("the same certificate twice", &grown(&second, false));
    let mut moved = bytes.clone();
    moved.splice(table..table, [0; 16]);
    set_u32(&mut moved, optional + 144, table + 16);
    list.add("bytes before the certificate table", &moved);
    let mut cut = bytes.clone();
    set_u32(&mut cut, optional + 148, size - 8);
    list.add("certificate table shorter than the file", &cut);
}
