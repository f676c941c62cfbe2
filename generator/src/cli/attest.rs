//! `gangway attest`.

use super::answer::Answer;
use super::arguments::Attest;
use super::commands::now;
use super::failure::Failure;
use super::output::Output;
use super::results::AttestedAnswer;
use crate::pipeline::{self, AttestRequest, VerifyRequest};
use crate::provenance::Attested;

pub(super) fn attest(given: &Attest, output: &Output) -> Result<Answer<AttestedAnswer>, Failure> {
    let made = pipeline::attest(&AttestRequest {
        bundle: VerifyRequest {
            allow_unstamped: given.allow_unstamped,
            ..given.outside.request(&given.bundle, now(&given.moment))
        },
        packages: given.packages.clone(),
        offboard: given.offboard.clone(),
        out: given.out.clone(),
        allow_unsigned: given.allow_unsigned,
    })?;
    output.problems(&made.problems);
    let document = &made.document;
    output.line(&format!("bundle     {}", document.bundle_id));
    output.line(&format!(
        "mode       {}, sequence {}",
        made.goal.as_str(),
        document.sequence
    ));
    told(&made.attested, output);
    output.line(&format!("statements {}", made.statements.display()));
    output.line(&format!("parts      {}", made.parts.display()));
    Ok(Answer {
        problems: made.problems,
        ..Answer::good(AttestedAnswer {
            bundle_id: document.bundle_id.to_string(),
            statements: made.statements.display().to_string(),
            parts: made.parts.display().to_string(),
            attested: made.attested,
        })
    })
}

/// Which key vouches for which files.
pub(super) fn told(attested: &Attested, output: &Output) {
    output.line(&format!("key        {}", attested.key));
    output.line(&format!(
        "builder    {}, in statement {}",
        attested.builder, attested.provenance
    ));
    for file in &attested.files {
        let statements = file.statements.join(", ");
        output.line(&format!("vouched    {}: {statements}", file.name));
    }
}
