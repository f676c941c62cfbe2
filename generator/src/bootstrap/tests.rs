//! The specialised exe as other programs read it: `object` is the second opinion.

use gangway_contract::manifest::{self, Manifest, Mode, Settings, Tenant};
use gangway_contract::{ReleaseId, stub};
use object::LittleEndian as LE;
use object::read::pe::{ImageOptionalHeader as _, PeFile64, ResourceDirectoryEntryData};

use super::*;

pub(crate) fn manifest() -> Manifest {
    manifest_for(&stub_exe())
}

fn manifest_for(stub: &[u8]) -> Manifest {
    Manifest {
        schema: manifest::SCHEMA,
        mode: Mode::Onboard,
        organization: "Contoso".to_owned(),
        sequence: 7,
        tenant: Tenant {
            org_id: "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap(),
            cloud: manifest::Cloud::Commercial,
            connectivity: manifest::Connectivity::Streamlined,
            endpoints: Vec::new(),
            script_shape: None,
        },
        expires_at: None,
        release_id: ReleaseId::of_bytes(b""),
        stub: Sha256::of(stub),
        payloads: Vec::new(),
        settings: Settings::with_release_root(r"\\files.contoso.com\gangway$".parse().unwrap()),
        lab_roots: Vec::new(),
    }
}

#[test]
fn a_manifest_that_the_bootstrap_would_refuse_is_not_put_into_it() {
    let mut manifest = manifest();
    manifest.payloads.push(manifest::Payload {
        role: manifest::Role::DeploymentToolFile,
        name: "CON.cab".to_owned(),
        size: 0,
        sha256: Sha256::of(b""),
        version: None,
        signer: None,
    });
    let error = specialise(&stub_exe(), &manifest, &manifest.to_bytes()).unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("device"), "{error}: {why}");
}

/// A smallest executable with one section, shaped as the linker shapes the stub.
pub(crate) fn stub_exe() -> Vec<u8> {
    let mut out = vec![0u8; 0x400];
    out[..2].copy_from_slice(b"MZ");
    out[0x3C] = 0x80;
    out[0x80..0x84].copy_from_slice(b"PE\0\0");
    let coff = 0x80;
    out[coff + 4..coff + 6].copy_from_slice(&0x8664u16.to_le_bytes());
    out[coff + 6] = 1;
    out[coff + 20..coff + 22].copy_from_slice(&240u16.to_le_bytes());
    out[coff + 22..coff + 24].copy_from_slice(&0x22u16.to_le_bytes());
    let optional = coff + 24;
    out[optional..optional + 2].copy_from_slice(&0x20Bu16.to_le_bytes());
    out[optional + 32..optional + 36].copy_from_slice(&0x1000u32.to_le_bytes());
    out[optional + 36..optional + 40].copy_from_slice(&0x200u32.to_le_bytes());
    out[optional + 56..optional + 60].copy_from_slice(&0x2000u32.to_le_bytes());
    out[optional + 60..optional + 64].copy_from_slice(&0x400u32.to_le_bytes());
    out[optional + 108..optional + 112].copy_from_slice(&16u32.to_le_bytes());
    let section = optional + 240;
    out[section..section + 5].copy_from_slice(b".text");
    for (offset, value) in [(8, 0x200u32), (12, 0x1000), (16, 0x200), (20, 0x400)] {
        out[section + offset..section + offset + 4].copy_from_slice(&value.to_le_bytes());
    }
    let mut text = vec![0xC3; 0x200];
    text[..stub::MARKER.len()].copy_from_slice(stub::MARKER.as_bytes());
    out.extend(text);
    out
}

fn leaf(file: &[u8], kind: u16, id: u16) -> Vec<u8> {
    let pe = PeFile64::parse(file).unwrap();
    let sections = pe.section_table();
    let directory = pe
        .data_directories()
        .resource_directory(file, &sections)
        .unwrap()
        .unwrap();
    let table = directory.root().unwrap();
    let by_id = |table: &object::read::pe::ResourceDirectoryTable<'_>, id: u16| {
        *table
            .entries
            .iter()
            .find(|entry| entry.name_or_id().id() == Some(id))
            .unwrap()
    };
    let ids = by_id(&table, kind)
        .data(directory)
        .unwrap()
        .table()
        .unwrap();
    let languages = by_id(&ids, id).data(directory).unwrap().table().unwrap();
    let ResourceDirectoryEntryData::Data(data) = languages.entries[0].data(directory).unwrap()
    else {
        panic!("a fourth level of directories");
    };
    assert_eq!(data.offset_to_data.get(LE) % 8, 0, "data is aligned");
    sections
        .pe_data_at(file, data.offset_to_data.get(LE))
        .unwrap()[..data.size.get(LE) as usize]
        .to_vec()
}

#[test]
fn the_manifest_reads_back_byte_for_byte() {
    let manifest = manifest();
    let bytes = manifest.to_bytes();
    let bootstrap = specialise(&stub_exe(), &manifest, &bytes).unwrap();
    assert_eq!(leaf(&bootstrap.bytes, 10, 101), bytes);
    assert_eq!(
        bootstrap.name,
        format!("MdeOnboard-{}.exe", BundleId::of_bytes(&bytes))
    );
}

#[test]
fn headers_agree_with_the_new_section() {
    let manifest = manifest();
    let bootstrap = specialise(&stub_exe(), &manifest, &manifest.to_bytes()).unwrap();
    let pe = PeFile64::parse(bootstrap.bytes.as_slice()).unwrap();
    let optional = &pe.nt_headers().optional_header;
    let last = pe.section_table().iter().last().unwrap();
    let end = last.virtual_address.get(LE) + last.virtual_size.get(LE);
    assert_eq!(optional.size_of_image(), end.next_multiple_of(0x1000));
    let raw_end = last.pointer_to_raw_data.get(LE) + last.size_of_raw_data.get(LE);
    assert_eq!(raw_end as usize, bootstrap.bytes.len(), "no overlay");
    let mut zeroed = bootstrap.bytes.clone();
    zeroed[0x98 + 64..0x98 + 68].fill(0);
    assert_eq!(optional.check_sum(), checksum(&zeroed));
    let swap_run = object::pe::IMAGE_FILE_NET_RUN_FROM_SWAP;
    assert!(
        pe.nt_headers()
            .file_header
            .characteristics
            .get(LE)
            .contains(swap_run)
    );
}

#[test]
fn version_strings_are_found_where_windows_looks() {
    let manifest = manifest();
    let bootstrap = specialise(&stub_exe(), &manifest, &manifest.to_bytes()).unwrap();
    let version = leaf(&bootstrap.bytes, 16, 1);
    assert_eq!(
        usize::from(u16::from_le_bytes([version[0], version[1]])),
        version.len()
    );
    let utf16: Vec<u8> = bootstrap
        .name
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(version.windows(utf16.len()).any(|window| window == utf16));
    assert_eq!(version[40..44], 0xFEEF_04BDu32.to_le_bytes());
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let manifest = manifest();
    let twice = [0, 1].map(|_| {
        specialise(&stub_exe(), &manifest, &manifest.to_bytes())
            .unwrap()
            .bytes
    });
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn unsuitable_stubs_are_refused_by_name() {
    type Change = fn(&mut Vec<u8>);
    let cases: [(&str, Change); 8] = [
        ("no Gangway stub marker", |exe| exe[0x400] = b'X'),
        ("schema 9", |exe| exe[0x400 + 20] = b'9'),
        ("does not start with `MZ`", |exe| exe[0] = b'X'),
        ("64-bit", |exe| exe[0x84] = 0x4C),
        ("symbol table", |exe| exe[0x8C] = 1),
        ("already has resources", |exe| exe[0x98 + 112 + 16] = 1),
        ("signed", |exe| exe[0x98 + 112 + 32] = 1),
        ("after the last section", |exe| exe.extend([0; 512])),
    ];
    for (expected, change) in cases {
        let mut exe = stub_exe();
        change(&mut exe);
        let error = specialise(&exe, &manifest_for(&exe), b"{}")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(expected),
            "expected `{expected}` in `{error}`"
        );
    }
}

#[test]
fn no_truncation_of_a_stub_panics() {
    let exe = stub_exe();
    let tree = ResourceTree::new(Vec::new());
    for length in 0..exe.len() {
        assert!(
            image::append_resources(&exe[..length], &tree).is_err(),
            "length {length}"
        );
    }
}

#[test]
fn the_stub_is_had_back_from_the_exe_byte_for_byte() {
    type Change = fn(&mut Vec<u8>);
    let swap_run: Change = |exe| exe[0x97] |= 0x08;
    let with_checksum: Change = |exe| {
        let sum = checksum(exe);
        exe[0x98 + 64..0x98 + 68].copy_from_slice(&sum.to_le_bytes());
    };
    for change in [|_: &mut Vec<u8>| {}, swap_run, with_checksum] {
        let mut stub = stub_exe();
        change(&mut stub);
        let manifest = manifest_for(&stub);
        let exe = specialise(&stub, &manifest, &manifest.to_bytes()).unwrap();
        assert!(stub_of(&exe.bytes, manifest.stub) == Some(stub));
        assert_eq!(stub_of(&exe.bytes, Sha256::of(b"another")), None);
    }
}

#[test]
fn a_stub_that_could_not_be_had_back_is_refused() {
    let mut stub = stub_exe();
    // In the place of the section header that is added.
    stub[0x98 + 240 + 40] = 1;
    let manifest = manifest_for(&stub);
    let error = specialise(&stub, &manifest, &manifest.to_bytes()).unwrap_err();
    assert!(error.to_string().contains("lost"), "{error}");
}

#[test]
fn a_manifest_for_another_stub_is_not_put_into_this_one() {
    let manifest = manifest_for(b"another");
    let error = specialise(&stub_exe(), &manifest, &manifest.to_bytes()).unwrap_err();
    assert!(error.to_string().contains("for the stub"), "{error}");
}

#[test]
fn a_signed_exe_gives_back_what_was_signed() {
    use gangway_fixtures::authenticode::{Signature, sign_pe};
    let manifest = manifest();
    let exe = specialise(&stub_exe(), &manifest, &manifest.to_bytes()).unwrap();
    let signed = sign_pe(&exe.bytes, &Signature::default());
    assert!(without_signature(&signed).unwrap() == exe.bytes);
    assert!(without_signature(&exe.bytes).unwrap() == exe.bytes);
    let overlaid = [signed.as_slice(), b"overlay"].concat();
    assert!(without_signature(&overlaid).is_err());
}

#[test]
fn no_damage_to_an_exe_makes_taking_it_apart_panic() {
    let manifest = manifest();
    let exe = specialise(&stub_exe(), &manifest, &manifest.to_bytes())
        .unwrap()
        .bytes;
    for length in 0..exe.len() {
        let _ = without_signature(&exe[..length]);
        assert_eq!(stub_of(&exe[..length], manifest.stub), None);
    }
    for at in 0..0x400 {
        for value in [0x00, 0x7F, 0xFF] {
            let mut changed = exe.clone();
            changed[at] = value;
            let _ = without_signature(&changed);
            let _ = stub_of(&changed, manifest.stub);
        }
    }
}
