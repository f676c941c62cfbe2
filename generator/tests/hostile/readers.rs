//! Every hostile file of the fixtures is refused in words by the reader of its format, or read
//! where its lie does not matter.

use std::io::Cursor;

use gangway::formats::{blob, cabinet, msi, pe, zip};
use gangway_fixtures::hostile::{self, Specimen};

use super::LIMITS;

#[track_caller]
fn check(specimens: &[Specimen], read: impl Fn(&[u8]) -> Result<(), String>) {
    let mut wrong = Vec::new();
    for specimen in specimens {
        match read(&specimen.bytes) {
            Ok(()) if !specimen.tolerable => wrong.push(format!("{}: taken", specimen.name)),
            Err(why) if why.is_empty() => wrong.push(format!("{}: no words", specimen.name)),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn read_zip(bytes: &[u8]) -> Result<(), String> {
    let entries = zip::read(&mut Cursor::new(bytes), &LIMITS).map_err(words)?;
    let names: Vec<_> = entries.iter().map(zip::Entry::name).collect();
    let faults = zip::entry_faults(&entries, &names);
    if !faults.is_empty() {
        return Err(format!("{faults:?}"));
    }
    for entry in &entries {
        let mut content = zip::EntryReader::new(Cursor::new(bytes), entry).map_err(words)?;
        std::io::copy(&mut content, &mut std::io::sink()).map_err(words)?;
    }
    Ok(())
}

#[test]
fn archives_are_refused() {
    check(&hostile::zips(), read_zip);
}

#[test]
fn a_hundred_thousand_entries_are_refused() {
    let refused = zip::read(&mut Cursor::new(hostile::many_entries(100_000)), &LIMITS);
    assert!(words(refused.unwrap_err()).contains("100000 entries"));
}

#[test]
fn packages_are_refused() {
    check(&hostile::packages(), |bytes| {
        let mut source = Cursor::new(bytes);
        let mut package = msi::InstallerPackage::open(&mut source).map_err(words)?;
        package.identity().map_err(words)?;
        package.files().map(drop).map_err(words)
    });
}

#[test]
fn cabinets_are_refused() {
    check(&hostile::cabinets(), |bytes| {
        cabinet::list_files(&mut Cursor::new(bytes))
            .map(drop)
            .map_err(words)
    });
}

#[test]
fn programs_are_refused() {
    check(&hostile::programs(), |bytes| {
        let mut source = Cursor::new(bytes);
        let layout = pe::Layout::read(&mut source).map_err(words)?;
        pe::VersionInfo::read(&mut source, &layout)
            .map(drop)
            .map_err(words)
    });
}

#[test]
fn blobs_are_not_believed() {
    let anchors = blob::BlobAnchors::none()
        .with_lab_root(&gangway_fixtures::lab::root_der())
        .expect("the lab root is a certificate");
    let read = |one: &blob::Located| {
        let text = one.text.as_ref().map_err(words)?;
        let signature = match blob::Blob::read(text, &anchors).map_err(words)? {
            blob::Blob::Onboarding(blob) => blob.signature,
            blob::Blob::Offboarding(blob) => blob.signature,
        };
        match signature {
            blob::BlobSignature::Valid { .. } => blob::canonical(text, &anchors).map_err(words),
            other => Err(format!("{other:?}")),
        }
    };
    check(&hostile::blob_scripts(), |bytes| {
        let found = blob::locate(bytes);
        let texts: Vec<_> = found.iter().map(read).collect::<Result<_, _>>()?;
        let first = texts.first().ok_or("no blob")?;
        if texts.iter().any(|other| other != first) {
            return Err("blobs that differ".to_owned());
        }
        Ok(())
    });
}
