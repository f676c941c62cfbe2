//! The commands about a bundle that is there: `sign` and `verify`.

use super::answer::Answer;
use super::arguments::{Relock, Sign, Verify};
use super::commands::{now, patiently};
use super::failure::Failure;
use super::output::Output;
use super::results::{LockedBundle, Relocked, Signed, Verified};
use super::{attest, verify_share};
use crate::exit::Exit;
use crate::failure::FailureCode;
use crate::pipeline::codes;
use crate::pipeline::{
    self, Pinned, RelockRequest, SignRequest, SignedBy, Standing, Verification, VerifyRequest,
};
use crate::problem::Problem;
use crate::provenance::Attested;

/// Makes a lock again.
pub(super) fn lock(given: &Relock, output: &Output) -> Result<Answer<Relocked>, Failure> {
    if given.expect.is_some() && given.from.len() > 1 {
        return Err(Failure::of(
            FailureCode::CommandLine,
            "`--expect` is the digest of one bundle, and `--from` names more",
        )
        .hint("run it once for each bundle"));
    }
    let request = RelockRequest {
        config: given.config.clone(),
        bundles: given.from.clone(),
        expect: given.expect,
        sequence_after: given.sequence.after,
        now: now(&given.moment),
    };
    let made = patiently(&given.patience, || pipeline::relock(&request))?;
    output.problems(&made.problems);
    output.line(&format!("lock     {}", made.path.display()));
    output.line(&format!("sequence {}", made.lock.sequence));
    for built in &made.lock.built {
        let digest = match built.bundle_json_sha256 {
            Some(digest) => format!("bundle.json {digest}"),
            None => "not vouched for".to_owned(),
        };
        output.line(&format!(
            "built    {} sequence {}, {digest}",
            built.mode.as_str(),
            built.sequence
        ));
    }
    if made
        .lock
        .built
        .iter()
        .any(|built| built.bundle_json_sha256.is_none())
    {
        output.line(
            "a bundle cannot vouch for itself: until the next build `sign` and `verify` want the \
             digest that `build` printed, by `--expect`, here or there",
        );
    }
    if made.lock.downloads.is_empty() {
        output
            .line("the next build accepts the downloads that it finds: look at them by `inspect`");
    }
    let built = made.lock.built.iter().map(LockedBundle::from);
    Ok(Answer {
        problems: made.problems,
        ..Answer::good(Relocked {
            path: made.path.display().to_string(),
            sequence: made.lock.sequence,
            built: built.collect(),
        })
    })
}

pub(super) fn sign(given: &Sign, output: &Output) -> Result<Answer<Signed>, Failure> {
    let request = SignRequest {
        bundle: given.bundle.clone(),
        config: given.config.clone(),
        expect: given.expect,
        now: now(&given.moment),
        by: match &given.signature_in {
            Some(file) => SignedBy::Signature(file.clone()),
            None => SignedBy::Command,
        },
        allow_unstamped: given.allow_unstamped,
    };
    let signed = patiently(&given.patience, || match &given.digest_out {
        Some(out) => pipeline::write_data_to_sign(&request, out),
        None => pipeline::sign(&request),
    })?;
    output.problems(&signed.problems);
    let digest = signed.document.exe.authenticode_sha256;
    match &given.digest_out {
        Some(out) => {
            output.line(&format!("digest     {digest}"));
            output.line(&format!("to sign    {}", out.display()));
        }
        None => output.line(&signed.signature.summary),
    }
    let answer = Answer::good(Signed {
        bundle_id: signed.document.bundle_id.to_string(),
        exe: signed.document.exe.path,
        exe_sha256: signed.exe_sha256,
        digest,
        to_sign: given
            .digest_out
            .as_ref()
            .map(|out| out.display().to_string()),
        signature: signed.signature.summary,
        standing: signed.signature.standing,
    });
    Ok(Answer {
        problems: signed.problems,
        ..answer
    })
}

pub(super) fn verify(given: &Verify, output: &Output) -> Result<Answer<Verified>, Failure> {
    let request = VerifyRequest {
        stub: given.stub.clone(),
        allow_unstamped: given.allow_unstamped,
        ..given.outside.request(&given.bundle, now(&given.moment))
    };
    let mut found = pipeline::verify(&request)?;
    let attested = attested_by(given, &request, &mut found)?;
    // A bundle that is not proven says nothing about a share.
    let on_share = match found.problems.iter().any(Problem::is_error) {
        true => None,
        false => verify_share::look(given)?,
    };
    let is_share_compared = on_share.is_some();
    found.problems.extend(on_share.into_iter().flatten());
    let good = found.is_good(given.signed, &given.findings.deny());
    output.problems(&found.problems);
    output.line(&format!("bundle     {}", found.document.bundle_id));
    output.line(&format!(
        "mode       {}, sequence {}",
        found.goal.as_str(),
        found.document.sequence
    ));
    output.line(&format!("digest     {}", found.bundle_json_sha256));
    output.line(&format!("files      {} compared", found.files));
    output.line(&format!("stub       {}", found.stub));
    output.line(&format!("bootstrap  {}", found.signature.summary));
    if let Some(attested) = &attested {
        attest::told(attested, output);
    }
    if let (true, Some(share)) = (is_share_compared, &given.shares.share) {
        output.line(&format!("share      {} looked at", share.display()));
    }
    output.line(verdict(good, found.pinned, attested.is_some()));
    let failure = not_verified(given, &found, good);
    let verified = Verified {
        bundle_id: found.document.bundle_id.to_string(),
        bundle_json_sha256: found.bundle_json_sha256,
        pinned: found.pinned,
        files: found.files,
        stub: found.stub,
        signature: found.signature.summary,
        standing: found.signature.standing,
        attested,
        share_compared: is_share_compared,
        good,
    };
    Ok(Answer {
        problems: found.problems,
        failure,
        exit: if good { Exit::Good } else { Exit::Verification },
        below: Some(given.bundle.clone()),
        ..Answer::good(verified)
    })
}

/// What was proven, in one line.
fn verdict(is_good: bool, pinned: Pinned, is_attested: bool) -> &'static str {
    match (is_good, pinned) {
        (false, _) => "NOT verified",
        (true, Pinned::Nothing) if is_attested => {
            "verified: the bundle that the holder of the key vouches for"
        }
        (true, Pinned::Nothing) => {
            "whole: every part fits the others; nothing outside says which bundle it is"
        }
        (true, Pinned::Expected) => "verified: the bundle that was expected",
        (true, Pinned::Lock) => "verified: the bundle that was built",
    }
}

/// What the holder of `--key` vouches for; what stands against it goes to the findings.
fn attested_by(
    given: &Verify,
    bundle: &VerifyRequest,
    found: &mut Verification,
) -> Result<Option<Attested>, Failure> {
    let Some(request) = given.attested.request() else {
        return Ok(None);
    };
    if found.problems.iter().any(Problem::is_error) {
        return Ok(None);
    }
    match pipeline::check_attestation(&request, bundle, found)? {
        Ok((attested, told)) => {
            found.problems.extend(told);
            // The key vouches from outside.
            found.problems.retain(|one| one.code != &codes::NOT_PINNED);
            Ok(Some(attested))
        }
        Err(problem) => {
            found.problems.push(problem);
            Ok(None)
        }
    }
}

/// What stands against a bundle beside the errors among its findings.
fn not_verified(given: &Verify, found: &Verification, good: bool) -> Option<Failure> {
    if good {
        return None;
    }
    let is_error = found.problems.iter().any(Problem::is_error);
    let denied = given.findings.deny().refused(&found.problems);
    let denied = (!is_error && !denied.is_empty()).then(|| {
        (
            format!("refused by `--deny`: {}", denied.join(", ")),
            "mend what they name, or deny less",
        )
    });
    // The errors say why a signature does not hold, or was not looked at.
    let is_told = is_error && found.signature.standing == Standing::Refused;
    let withheld = withheld(given, found).filter(|_| !is_told);
    let (whys, hints): (Vec<String>, Vec<&str>) = denied.into_iter().chain(withheld).unzip();
    if whys.is_empty() {
        return None;
    }
    let failure = Failure::of(FailureCode::NotVerified, whys.join("; "));
    Some(hints.into_iter().fold(failure, Failure::hint))
}

/// What `--signed` asks for and the signature has not, and what to do.
fn withheld(given: &Verify, found: &Verification) -> Option<(String, &'static str)> {
    if !given.signed {
        return None;
    }
    match (found.signature.standing, found.lacks_stamp) {
        (Standing::Vouched, false) => None,
        (Standing::Vouched, true) => Some((
            "`--signed`: its signature carries no time stamp, although the config asks for one"
                .to_owned(),
            "sign the bundle as it was built again, with a time stamp; `--allow-unstamped` takes it as it is",
        )),
        _ => Some((
            format!("`--signed`: {}", found.signature.summary),
            "sign the bundle, name the roots of its signer by `--root` or `--config`, or ask less",
        )),
    }
}
