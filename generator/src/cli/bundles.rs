//! The commands about a bundle that is there: `sign` and `verify`.

use super::answer::Answer;
use super::arguments::{Sign, Verify};
use super::commands::{now, patiently};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::results::{Signed, Verified};
use crate::pipeline::{self, Pinned, SignRequest, VerifyRequest};

pub(super) fn sign(given: &Sign, output: &Output) -> Result<Answer<Signed>, Failure> {
    let request = SignRequest {
        bundle: given.bundle.clone(),
        config: given.config.clone(),
        expect: given.expect,
        now: now(&given.moment),
    };
    let signed = patiently(&given.patience, || pipeline::sign(&request))?;
    output.problems(&signed.problems);
    output.line(&signed.signature.summary);
    let answer = Answer::good(Signed {
        bundle_id: signed.document.bundle_id.to_string(),
        exe: signed.document.exe.path,
        exe_sha256: signed.exe_sha256,
        signature: signed.signature.summary,
        standing: signed.signature.standing,
    });
    Ok(Answer {
        problems: signed.problems,
        ..answer
    })
}

pub(super) fn verify(given: &Verify, output: &Output) -> Result<Answer<Verified>, Failure> {
    let found = pipeline::verify(&VerifyRequest {
        stub: given.stub.clone(),
        ..given.outside.request(&given.bundle, now(&given.moment))
    })?;
    let good = found.is_good(given.signed, &given.findings.deny());
    output.problems(&found.problems);
    output.line(&format!("bundle     {}", found.document.bundle_id));
    output.line(&format!("expect     {}", found.bundle_json_sha256));
    output.line(&format!("files      {} compared", found.files));
    output.line(&format!("stub       {}", found.stub));
    output.line(&format!("bootstrap  {}", found.signature.summary));
    output.line(match (good, found.pinned) {
        (false, _) => "NOT verified",
        (true, Pinned::Nothing) => "whole: every part fits the others, nothing outside was asked",
        (true, Pinned::Expected) => "verified: the bundle that was expected",
        (true, Pinned::Lock) => "verified: the bundle that was built",
    });
    let verified = Verified {
        bundle_id: found.document.bundle_id.to_string(),
        bundle_json_sha256: found.bundle_json_sha256,
        pinned: found.pinned,
        files: found.files,
        stub: found.stub,
        signature: found.signature.summary,
        standing: found.signature.standing,
        good,
    };
    Ok(Answer {
        problems: found.problems,
        exit: if good { Exit::Good } else { Exit::Verification },
        below: Some(given.bundle.clone()),
        ..Answer::good(verified)
    })
}
