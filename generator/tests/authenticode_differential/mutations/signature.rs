//! The PKCS #7 structure, part by part.

use gangway::formats::der::{Element, Reader};

use super::{List, Mutant};
use crate::bases::Base;

/// The structure of a file that is another but as long.
pub(super) fn of_another_file(base: &Base) -> Vec<u8> {
    let mut blob = base.blob();
    // The content digest is the last of the signed content: one bit makes it another file's.
    let content = parts(&blob)
        .into_iter()
        .find(|part| part.name == "signature: signed content")
        .expect("the content");
    blob[content.end - 1] ^= 0x10;
    blob
}

/// A part of a SignedData and the places in it where bits are turned.
struct Part {
    name: &'static str,
    end: usize,
    places: Vec<usize>,
}

fn parts(blob: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |name: &'static str, element: &Element<'_>, count: usize| {
        let start = element.raw.as_ptr() as usize - blob.as_ptr() as usize;
        let length = element.raw.len();
        let count = count.min(length);
        parts.push(Part {
            name,
            end: start + length,
            places: (0..count).map(|n| start + n * length / count).collect(),
        });
    };
    let info = Reader::new(blob).read().expect("a ContentInfo");
    let mut fields = info.content();
    add("signature: type", &fields.read().expect("its type"), 3);
    let explicit = fields.read().expect("its content");
    let data = explicit.content().read().expect("SignedData");
    let mut fields = data.content();
    add(
        "signature: version",
        &fields.read().expect("its version"),
        3,
    );
    add(
        "signature: announced hashes",
        &fields.read().expect("digest algorithms"),
        5,
    );
    add(
        "signature: signed content",
        &fields.read().expect("the content"),
        20,
    );
    let certificates = fields.read().expect("certificates");
    let mut each = certificates.content();
    while let Ok(certificate) = each.read() {
        let is_root = certificate.raw == gangway_fixtures::lab::root_der();
        let name = if is_root {
            "signature: copy of the root"
        } else {
            "signature: certificates"
        };
        add(name, &certificate, 14);
    }
    let signer = fields
        .read()
        .expect("signers")
        .content()
        .read()
        .expect("a signer");
    let mut fields = signer.content();
    for (name, count) in [
        ("signature: signer's version", 3),
        ("signature: signer's certificate", 5),
        ("signature: signer's hash", 5),
        ("signature: signed attributes", 14),
        ("signature: signer's algorithm", 5),
        ("signature: signature value", 5),
        ("signature: time stamp or nested signature", 20),
    ] {
        add(name, &fields.read().expect("a field of the signer"), count);
    }
    parts
}

pub(super) fn regions(base: &Base, list: &mut List) {
    let blob = base.blob();
    for part in parts(&blob) {
        let change = part.name;
        for offset in part.places {
            let mut changed = blob.clone();
            changed[offset] ^= 1 << (offset % 8);
            list.push(Mutant {
                change: change.to_owned(),
                detail: format!("{change} at {offset:#x}"),
                bytes: base.with_blob(&changed),
            });
        }
    }
}
