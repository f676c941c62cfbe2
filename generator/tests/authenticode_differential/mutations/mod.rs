//! Changed files: one change each, by region.

mod cabinet;
mod package;
mod program;
mod script;
mod signature;

use gangway::formats::authenticode::FileKind;

use crate::bases::Base;

/// A changed file.
pub(crate) struct Mutant {
    /// What was changed, as the document calls it.
    pub(crate) change: String,
    /// Where exactly.
    pub(crate) detail: String,
    pub(crate) bytes: Vec<u8>,
}

/// All changes of a file.
pub(crate) fn of(base: &Base) -> Vec<Mutant> {
    let mut list = List(Vec::new());
    signature::regions(base, &mut list);
    list.add(
        "another file's signature",
        &base.with_blob(&signature::of_another_file(base)),
    );
    list.add(
        "bytes appended",
        &[base.bytes.as_slice(), &[1; 16]].concat(),
    );
    list.add(
        "zeros appended",
        &[base.bytes.as_slice(), &[0; 4096]].concat(),
    );
    for eighth in 1..8 {
        let end = base.bytes.len() * eighth / 8;
        list.add("cut short", &base.bytes[..end]);
    }
    list.add("last byte missing", &base.bytes[..base.bytes.len() - 1]);
    match base.kind {
        FileKind::Pe => program::changes(base, &mut list),
        FileKind::Msi => package::changes(base, &mut list),
        FileKind::Cabinet => cabinet::changes(base, &mut list),
        FileKind::Script => script::changes(base, &mut list),
    }
    list.0
}

struct List(Vec<Mutant>);

impl List {
    fn push(&mut self, mutant: Mutant) {
        self.0.push(mutant);
    }

    fn add(&mut self, change: &str, bytes: &[u8]) {
        self.0.push(Mutant {
            change: change.to_owned(),
            detail: change.to_owned(),
            bytes: bytes.to_vec(),
        });
    }

    /// Flips one bit at each of the offsets.
    fn flip(&mut self, change: &str, base: &Base, offsets: impl IntoIterator<Item = usize>) {
        for offset in offsets {
            let mut bytes = base.bytes.clone();
            bytes[offset] ^= 1 << (offset % 8);
            self.0.push(Mutant {
                change: change.to_owned(),
                detail: format!("{change} at {offset:#x}"),
                bytes,
            });
        }
    }
}
