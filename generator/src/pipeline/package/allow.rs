//! Rules for application control: digests and publisher of every bootstrap that is packed.

use std::io::Cursor;

use super::document::Format;
use super::{PackageError, Source, Work};
use crate::formats::authenticode::{DigestAlgorithm, pe_digest, pe_publisher};
use crate::packages::allow::{Allowed, AllowedProgram, PublisherRule, allow_rules};
use crate::packages::codes;
use crate::problem::Problem;

/// Writes both policies.
pub(super) fn make(work: &mut Work<'_>, removal: Option<&Source>) -> Result<(), PackageError> {
    let document = &work.source.document;
    let mut programs = Vec::new();
    for source in [Some(work.source), removal].into_iter().flatten() {
        let publisher = publisher(source);
        work.problems.extend(by_digest_alone(source, &publisher));
        programs.push(program(source, publisher.ok())?);
    }
    let allowed = Allowed {
        identity: document.identity().to_owned(),
        bundle_id: document.bundle_id.clone(),
        sequence: document.sequence,
        programs,
    };
    for file in allow_rules(&allowed)? {
        let relative = format!("allow/{}", file.name);
        work.folder.write(&relative, &file.bytes)?;
        work.add(relative, Format::Allow, None, None)?;
    }
    Ok(())
}

/// Who signed it, as rules name a publisher; or why they cannot. The signature was judged when the bundle was
/// proven.
fn publisher(of: &Source) -> Result<PublisherRule, &'static str> {
    if !of.is_signed {
        return Err("nobody signed it");
    }
    let publisher = pe_publisher(&mut Cursor::new(&of.exe.bytes)).ok().flatten();
    let publisher = publisher.ok_or("its signature does not carry its issuer's certificate")?;
    PublisherRule::of(&publisher)
}

/// The finding of a bootstrap that a policy names by nothing but its digest.
fn by_digest_alone(
    of: &Source,
    publisher: &Result<PublisherRule, &'static str>,
) -> Option<Problem> {
    let (whose, why) = match publisher {
        Err(why) => ("the rules let", *why),
        Ok(rule) if rule.app_locker_name.is_none() => (
            "AppLocker's rules let",
            "its signer's certificate names no organisation",
        ),
        Ok(_) => return None,
    };
    Some(Problem::new(
        &codes::RULES_BY_DIGEST,
        &of.exe_name,
        format!("{whose} it run by its digest alone: {why}"),
        "bring the rules of each later bundle to the servers before that bundle, or sign so that rules can \
         name the publisher",
    ))
}

fn program(of: &Source, publisher: Option<PublisherRule>) -> Result<AllowedProgram, PackageError> {
    let exe = &of.exe.bytes;
    let digest = |algorithm| pe_digest(&mut Cursor::new(exe), algorithm);
    Ok(AllowedProgram {
        name: of.exe_name.clone(),
        size: exe.len() as u64,
        sha1: digest(DigestAlgorithm::Sha1)?,
        sha256: digest(DigestAlgorithm::Sha256)?,
        publisher,
    })
}
