//! Which file lies in which cabinet: decided before anything is written.

use std::ops::Range;

use super::{Format, PackageError, Source};
use crate::packages::cabinet::{self, MAX_CABINET_BYTES};
use crate::packages::codes;
use crate::problem::Problem;

/// A file by its name and its size.
type Sized<'a> = (&'a str, u64);

/// Refuses what fits into no cabinet.
///
/// # Errors
/// A file is too large for the formats that were asked for.
pub(super) fn check(source: &Source, formats: &[Format], embed: bool) -> Result<(), PackageError> {
    if formats.contains(&Format::Msi) {
        of_package(source, embed)?;
    }
    if formats.contains(&Format::Cab) {
        of_cabinet(source)?;
    }
    Ok(())
}

/// The payloads of each cabinet of the installer package, by their place in the manifest.
///
/// # Errors
/// One is too large, or all are for one file.
pub(super) fn of_package(source: &Source, embed: bool) -> Result<Vec<Range<usize>>, PackageError> {
    let volumes = shared_out(&payloads(source), MAX_CABINET_BYTES)?;
    match embed && volumes.len() > 1 {
        true => Err(too_large(
            "the payloads",
            "together they are more than an installer package takes",
            "leave `--embed` away: then they lie beside it, in as many cabinets as they need",
        )),
        false => Ok(volumes),
    }
}

/// The files of each cabinet of bootstrap and payloads; the first one is the bootstrap.
///
/// # Errors
/// One is too large.
pub(super) fn of_cabinet(source: &Source) -> Result<Vec<Range<usize>>, PackageError> {
    let exe = (source.exe_name.as_str(), source.exe.bytes.len() as u64);
    let files: Vec<Sized<'_>> = std::iter::once(exe).chain(payloads(source)).collect();
    shared_out(&files, MAX_CABINET_BYTES)
}

fn payloads(source: &Source) -> Vec<Sized<'_>> {
    let payloads = source.manifest.payloads.iter();
    payloads
        .map(|payload| (payload.name.as_str(), payload.size))
        .collect()
}

fn shared_out(files: &[Sized<'_>], most: u64) -> Result<Vec<Range<usize>>, PackageError> {
    let sizes: Vec<u64> = files.iter().map(|(_, size)| *size).collect();
    cabinet::volumes(&sizes, most).map_err(|number| {
        let (name, size) = files.get(number).copied().unwrap_or_default();
        too_large(
            name,
            &format!("it has {size} bytes, and a cabinet holds {most}"),
            "leave it out if no server needs it, or bring the payloads by the share or by `--format zip`",
        )
    })
}

fn too_large(subject: &str, why: &str, next: &str) -> PackageError {
    let problem = Problem::new(&codes::PAYLOADS_TOO_LARGE, subject, why, next);
    PackageError::Refused(vec![problem])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_is_too_large_is_named() {
        let files = [("small", 1000), ("large", 40_000)];
        let refused = shared_out(&files, 30_000).unwrap_err().to_string();
        assert!(
            refused.contains("GW5004 large: it has 40000 bytes"),
            "{refused}"
        );
        for (most, ends) in [(41_000, &[1, 2][..]), (50_000, &[2])] {
            let volumes = shared_out(&files, most).unwrap();
            let found: Vec<usize> = volumes.iter().map(|files| files.end).collect();
            assert_eq!(found, ends, "{most}");
        }
    }
}
