//! Installer packages: container and streams.

use super::List;
use crate::bases::{Base, SIGNATURE, SIGNATURE_EX, edited, set_stream, stream, u32_at};

pub(super) fn changes(base: &Base, list: &mut List) {
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
                package.remove_stream(name).expect("a stream");
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
            package.remove_stream(SIGNATURE).expect("a stream");
        }),
    );
    if has_metadata {
        list.add(
            "extended signature removed",
            &edited(bytes, |package| {
                package.remove_stream(SIGNATURE_EX).expect("a stream");
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
