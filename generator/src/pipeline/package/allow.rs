//! Rules for application control: digests and publisher of every bootstrap that is packed.

use std::io::Cursor;

use super::document::Format;
use super::{PackageError, Source, Work};
use crate::formats::authenticode::{DigestAlgorithm, pe_digest, pe_publisher};
use crate::packages::allow::{Allowed, AllowedProgram, PublisherRule, allow_rules};

/// Writes both policies.
pub(super) fn make(work: &mut Work<'_>, removal: Option<&Source>) -> Result<(), PackageError> {
    let document = &work.source.document;
    let programs = [Some(work.source), removal].into_iter().flatten();
    let allowed = Allowed {
        identity: document.identity().to_owned(),
        bundle_id: document.bundle_id.clone(),
        sequence: document.sequence,
        programs: programs.map(program).collect::<Result<_, _>>()?,
    };
    for file in allow_rules(&allowed)? {
        let relative = format!("allow/{}", file.name);
        work.staging.write(&relative, &file.bytes)?;
        work.add(relative, Format::Allow, None, None)?;
    }
    Ok(())
}

/// The signature was judged when the bundle was proven; one that cannot be named gives no rule.
fn program(of: &Source) -> Result<AllowedProgram, PackageError> {
    let exe = &of.exe.bytes;
    let digest = |algorithm| pe_digest(&mut Cursor::new(exe), algorithm);
    let publisher = pe_publisher(&mut Cursor::new(exe)).ok().flatten();
    Ok(AllowedProgram {
        name: of.exe_name.clone(),
        size: exe.len() as u64,
        sha1: digest(DigestAlgorithm::Sha1)?,
        sha256: digest(DigestAlgorithm::Sha256)?,
        publisher: publisher.as_ref().and_then(PublisherRule::of),
    })
}
