//! The installer package of a bundle.

use std::io::Cursor;
use std::ops::Range;

use gangway_contract::Sha256;
use gangway_contract::manifest::{Mode, Payload};

use super::document::{Format, Product};
use super::source::not_as_listed;
use super::{PackageError, Work, volumes};
use crate::formats::authenticode::FileKind;
use crate::formats::pe::{Layout, VersionInfo};
use crate::packages::cabinet::{self, Member, Packing};
use crate::packages::msi::{
    Contents, PackagedFile, Payloads, add_payloads, check_stored, file_keys, payload_cabinet, plan,
    write,
};

/// Writes `msi/NAME.msi` and, unless the payloads are inside, `msi/payload.cab`.
pub(super) fn make(work: &mut Work<'_>, place: Payloads) -> Result<Product, PackageError> {
    let source = work.source;
    let volumes = volumes::of_package(source, place == Payloads::Embedded)?;
    let planned = plan(contents(work, place, &volumes)?).map_err(PackageError::Refused)?;
    let keys = file_keys(source.manifest.payloads.len());
    let stem = source.exe_name.trim_end_matches(".exe");
    let relative = format!("msi/{stem}.msi");
    let boot = boot_cabinet(work, &keys)?;
    let mut package = work.folder.create(&relative)?;
    write(&planned, &boot, &package)?;

    let mut files = source.payloads()?;
    let payloads = source.manifest.payloads.iter().zip(&mut files);
    let mut members: Vec<Member<'_>> = payloads
        .zip(keys.iter().skip(1))
        .map(|((payload, source), key)| Member {
            name: key,
            size: payload.size,
            source,
        })
        .collect();
    let mut beside = Vec::new();
    let digests: Vec<Sha256> = match place {
        Payloads::Embedded if members.is_empty() => Vec::new(),
        Payloads::Embedded => {
            let time = source.time();
            add_payloads(&package, &mut members, Packing::Smaller, time)?.digests
        }
        Payloads::Beside => {
            beside = work.write_cabinets(&mut members, &volumes, |number| {
                format!("msi/{}", payload_cabinet(number))
            })?;
            let written = beside.iter().flat_map(|(_, written)| &written.digests);
            written.copied().collect()
        }
    };
    source.compare_payloads(&digests)?;
    let stored = check_stored(&mut package, &relative)?;
    if !stored.is_empty() {
        return Err(PackageError::Refused(stored));
    }
    drop(package);
    work.add_cabinets(beside, Format::Msi)?;
    work.add(relative, Format::Msi, Some(FileKind::Msi), None)?;
    Ok(Product {
        product_code: planned.identities.product_code.to_string(),
        upgrade_code: planned.identities.upgrade_code.to_string(),
        version: planned.identities.version.clone(),
    })
}

/// The bootstrap alone, packed: it lies inside the package.
fn boot_cabinet(work: &Work<'_>, keys: &[String]) -> Result<Vec<u8>, PackageError> {
    let exe = &work.source.exe.bytes;
    let mut source = Cursor::new(exe);
    let name = keys.first().map_or("", String::as_str);
    let mut members = [Member {
        name,
        size: exe.len() as u64,
        source: &mut source,
    }];
    let mut out = Cursor::new(Vec::new());
    let time = work.source.time();
    let written = cabinet::write(&mut out, &mut members, Packing::Mszip, time)?;
    if written.digests != [Sha256::of(exe)] {
        return Err(not_as_listed(
            name,
            "the bootstrap was packed as something else",
        ));
    }
    Ok(out.into_inner())
}

fn contents(
    work: &Work<'_>,
    place: Payloads,
    volumes: &[Range<usize>],
) -> Result<Contents, PackageError> {
    let (document, manifest) = (&work.source.document, &work.source.manifest);
    let secrets = work.source.secrets();
    // Of a bundle that offboards the plan says it in one line.
    if !secrets.is_empty() && document.mode != Mode::Offboard {
        return Err(PackageError::Refused(secrets));
    }
    let exe = &work.source.exe.bytes;
    let mut bytes = Cursor::new(exe);
    let layout = Layout::read(&mut bytes)?;
    let version = VersionInfo::read(&mut bytes, &layout)?;
    let version = version.map(|version| version.file_version_text());
    let payload = |payload: &Payload| PackagedFile {
        name: payload.name.clone(),
        size: payload.size,
        sha256: payload.sha256,
    };
    Ok(Contents {
        identity: document.identity().to_owned(),
        maker: work.latin_name.unwrap_or(&document.organization).to_owned(),
        mode: document.mode,
        bundle_id: document.bundle_id.clone(),
        sequence: document.sequence,
        output_time: document.output_time,
        exe: PackagedFile {
            name: work.source.exe_name.clone(),
            size: exe.len() as u64,
            sha256: Sha256::of(exe),
        },
        exe_version: version.unwrap_or_default(),
        payloads: manifest.payloads.iter().map(payload).collect(),
        cabinets: volumes.iter().map(ExactSizeIterator::len).collect(),
        place,
    })
}
