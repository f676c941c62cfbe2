//! Changed files: one change each, by region.

use gangway::formats::authenticode::FileKind;
use gangway::formats::der::{Element, Reader};

use crate::bases::{
    BEGIN, Base, END, SIGNATURE, SIGNATURE_EX, edited, pe_optional, pe_table, set_stream, set_u32,
    stream, u32_at,
};

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
    signature_regions(base, &mut list);
    list.add(
        "another file's signature",
        &base.with_blob(&other_blob(base)),
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
        FileKind::Pe => of_program(base, &mut list),
        FileKind::Msi => of_package(base, &mut list),
        FileKind::Cabinet => of_cabinet(base, &mut list),
        FileKind::Script => of_script(base, &mut list),
    }
    list.0
}

struct List(Vec<Mutant>);

impl List {
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

/// The structure of a file that is another but as long.
fn other_blob(base: &Base) -> Vec<u8> {
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

fn signature_regions(base: &Base, list: &mut List) {
    let blob = base.blob();
    for part in parts(&blob) {
        let change = part.name;
        for offset in part.places {
            let mut changed = blob.clone();
            changed[offset] ^= 1 << (offset % 8);
            list.0.push(Mutant {
                change: change.to_owned(),
                detail: format!("{change} at {offset:#x}"),
                bytes: base.with_blob(&changed),
            });
        }
    }
}

fn of_program(base: &Base, list: &mut List) {
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

fn of_package(base: &Base, list: &mut List) {
    let bytes = &base.bytes;
    let has_metadata = open_has(bytes, SIGNATURE_EX);
    container_regions(base, list);
    let with =
        |name: &str, content: &[u8]| edited(bytes, |package| set_stream(package, name, content));
    list.add("stream added", &with("added", b"x"));
    let mut names: Vec<String> = Vec::new();
    drop(edited(bytes, |package| {
        let streams = package.walk().filter(cfb::Entry::is_stream);
        names.extend(streams.map(|entry| entry.name().to_owned()));
    }));
    names.retain(|name| !name.starts_with('\u{5}'));
    for name in names.iter().take(3) {
        list.add(
            "stream removed",
            &edited(bytes, |package| {
                package.remove_stream(name).expect("a stream")
            }),
        );
        list.add(
            "stream changed",
            &edited(bytes, |package| {
                let mut content = stream(package, name);
                content.push(0);
                set_stream(package, name, &content);
            }),
        );
    }
    let [first, second, ..] = names.as_slice() else {
        return;
    };
    list.add(
        "two streams swapped",
        &edited(bytes, |package| {
            let contents = [stream(package, first), stream(package, second)];
            set_stream(package, first, &contents[1]);
            set_stream(package, second, &contents[0]);
        }),
    );
    list.add(
        "class of the root changed",
        &edited(bytes, |package| {
            let class = "000c1086-0000-0000-c000-000000000046"
                .parse()
                .expect("a GUID");
            package.set_storage_clsid("/", class).expect("the root");
        }),
    );
    list.add(
        "signature stream removed",
        &edited(bytes, |package| {
            package.remove_stream(SIGNATURE).expect("a stream")
        }),
    );
    if has_metadata {
        list.add(
            "extended signature removed",
            &edited(bytes, |package| {
                package.remove_stream(SIGNATURE_EX).expect("a stream")
            }),
        );
        list.add("extended signature changed", &with(SIGNATURE_EX, &[7; 32]));
        list.add(
            "signature streams swapped",
            &edited(bytes, |package| {
                let contents = [stream(package, SIGNATURE), stream(package, SIGNATURE_EX)];
                set_stream(package, SIGNATURE, &contents[1]);
                set_stream(package, SIGNATURE_EX, &contents[0]);
            }),
        );
    } else {
        list.add("extended signature made up", &with(SIGNATURE_EX, &[7; 32]));
    }
    let entry = directory_entry(bytes, second);
    let suffix = if has_metadata {
        "with extended signature"
    } else {
        "without extended signature"
    };
    for (field, offset) in [
        ("state bits", 96),
        ("time of creation", 100),
        ("time of change", 108),
    ] {
        list.flip(
            &format!("{field} of a stream, {suffix}"),
            base,
            [entry + offset],
        );
    }
    // The last character of a name, to its neighbour in the alphabet of names.
    let length = usize::from(bytes[entry + 64]);
    list.flip(
        &format!("name of a stream, {suffix}"),
        base,
        [entry + length - 4],
    );
}

/// Bits turned in each part of the compound file but the signature, whose parts have their own.
fn container_regions(base: &Base, list: &mut List) {
    let bytes = &base.bytes;
    let header = [0, 7, 24, 26, 28, 30, 32, 44, 48, 56, 60, 64, 68, 76];
    list.flip("container: header", base, header);
    let sector_bytes = 1 << bytes[30];
    let sector = |number: usize| (number + 1) * sector_bytes;
    let tables = [sector(u32_at(bytes, 76)), sector(u32_at(bytes, 60))];
    let directory = sector(u32_at(bytes, 48));
    for table in tables {
        list.flip(
            "container: allocation tables",
            base,
            (table..table + 64).step_by(9),
        );
    }
    let entries = (directory..directory + sector_bytes).step_by(59);
    list.flip("container: directory", base, entries);
    let blob = base.blob();
    let of_signature = |at: usize| {
        let here = &bytes[at..at + 8];
        blob.windows(8).any(|window| window == here)
    };
    let special = [tables[0], tables[1], directory].map(|at| at / sector_bytes);
    let streams = (sector_bytes..bytes.len() - 8)
        .step_by(bytes.len() / 30)
        .filter(|at| !special.contains(&(at / sector_bytes)) && !of_signature(*at));
    list.flip("container: streams and free sectors", base, streams);
}

fn open_has(bytes: &[u8], name: &str) -> bool {
    crate::bases::open(bytes).is_stream(name)
}

fn directory_entry(bytes: &[u8], name: &str) -> usize {
    let raw: Vec<u8> = name
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .chain([0, 0])
        .collect();
    (512..bytes.len())
        .step_by(128)
        .find(|&at| bytes[at..].starts_with(&raw))
        .expect("an entry of the directory")
}

fn of_cabinet(base: &Base, list: &mut List) {
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

fn of_script(base: &Base, list: &mut List) {
    let text = String::from_utf8(base.bytes.clone()).expect("UTF-8");
    let begin = text.find(BEGIN).expect("a block");
    let (content, block) = text.split_at(begin);
    let first_line = begin + BEGIN.len();
    let mut add = |change: &str, changed: String| list.add(change, changed.as_bytes());
    add("text changed", text.replacen("Write", "write", 1));
    add(
        "line added before the block",
        format!("{content}\r\n{block}"),
    );
    add(
        "code inside the block, after the first marker",
        format!(
            "{}Remove-Item x\r\n{}",
            &text[..first_line],
            &text[first_line..]
        ),
    );
    let middle = first_line + 67 * 3 + 3;
    let middle = text[middle..].find("\r\n").expect("a line") + middle + 2;
    add(
        "code inside the block, between lines",
        format!("{}Remove-Item x\r\n{}", &text[..middle], &text[middle..]),
    );
    add(
        "code inside the block, before the last marker",
        text.replace(END, &format!("Remove-Item x\r\n{END}")),
    );
    add("code after the block", format!("{text}Remove-Item x\r\n"));
    add("blank lines after the block", format!("{text}\r\n\r\n"));
    add("block twice", format!("{text}{block}"));
    add(
        "code between two blocks",
        format!("{text}Remove-Item x\r\n{block}"),
    );
    add(
        "line ending after the block missing",
        text.trim_end().to_owned(),
    );
    add("all line endings LF", text.replace("\r\n", "\n"));
    add(
        "line endings of the text LF",
        format!("{}\r\n{block}", content.trim_end().replace("\r\n", "\n")),
    );
    add(
        "line endings of the block LF",
        format!("{content}{}", block.replace("\r\n", "\n")),
    );
    add("last marker missing", text.replace(END, ""));
    add("first marker missing", text.replace(BEGIN, ""));
    add(
        "first marker in small letters",
        text.replace("# SIG # Begin", "# sig # begin"),
    );
    add(
        "first marker indented",
        text.replace("# SIG # Begin", " # SIG # Begin"),
    );
    add(
        "space in the base64",
        format!("{} {}", &text[..first_line + 10], &text[first_line + 10..]),
    );
    add(
        "longer base64 lines",
        text.replacen("\r\n# M", "\r\n# M", 1)
            .replace(&text[first_line + 66..first_line + 70], ""),
    );
    match text.strip_prefix('\u{feff}') {
        Some(unmarked) => add("byte order mark dropped", unmarked.to_owned()),
        None => add("byte order mark added", format!("\u{feff}{text}")),
    }
    let bytes = &base.bytes;
    let at = bytes
        .windows(BEGIN.len())
        .position(|w| w == BEGIN.as_bytes())
        .expect("a block");
    list.flip("text", base, (0..at - 2).step_by(5));
    list.flip("markers", base, (at..at + BEGIN.len()).step_by(4));
}
