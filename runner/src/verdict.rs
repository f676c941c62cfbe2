//! What the system's observations of a signature mean for a payload whose bytes are already
//! known to be the manifest's.
//!
//! Two answers are put together: that of `WinVerifyTrust`, which ties the signature to the
//! file's bytes, and the chain that this program has the system build for code signing. The
//! first alone does not tell whether the signer is to be trusted: policies, and on some
//! systems the whole chain, stay out of it. Neither decides what is run, except that damage
//! and explicit distrust refuse it.

use gangway_contract::manifest::Signer;
use gangway_contract::report::{SignatureCheck, SignerVerdict};

use crate::machine::{SeenChain, SeenSignature, SeenSigner};

/// A judgement of a payload's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The judgement.
    pub verdict: SignerVerdict,
    /// What was seen.
    pub detail: String,
}

/// Error bits of a chain (`wincrypt.h`).
mod fault {
    pub(super) const NOT_TIME_VALID: u32 = 0x1;
    pub(super) const REVOKED: u32 = 0x4;
    pub(super) const SIGNATURE: u32 = 0x8;
    pub(super) const USAGE: u32 = 0x10;
    pub(super) const UNTRUSTED_ROOT: u32 = 0x20;
    pub(super) const REVOCATION_UNKNOWN: u32 = 0x40;
    pub(super) const BASIC_CONSTRAINTS: u32 = 0x400;
    pub(super) const PARTIAL: u32 = 0x1_0000;
    pub(super) const WEAK_SIGNATURE: u32 = 0x10_0000;
    pub(super) const OFFLINE_REVOCATION: u32 = 0x100_0000;
    pub(super) const DISTRUST: u32 = 0x400_0000;
    /// Said of lists that were not asked for.
    pub(super) const IGNORED: u32 = REVOCATION_UNKNOWN | OFFLINE_REVOCATION;
    pub(super) const NAMES: [(u32, &str); 9] = [
        (NOT_TIME_VALID, "a certificate is outside its time"),
        (REVOKED, "a certificate is revoked"),
        (SIGNATURE, "a certificate's signature is wrong"),
        (USAGE, "a certificate is not for code signing"),
        (UNTRUSTED_ROOT, "the root is not trusted here"),
        (BASIC_CONSTRAINTS, "an issuer is no authority"),
        (PARTIAL, "the chain has no root here"),
        (WEAK_SIGNATURE, "a certificate's signature is weak"),
        (DISTRUST, "a certificate is explicitly distrusted"),
    ];
}

/// Judges what the system saw, for the report.
pub fn check(payload: &str, seen: &SeenSignature, expected: Option<&Signer>) -> SignatureCheck {
    let judged = judge(seen, expected);
    let signer = seen.signer.as_ref();
    SignatureCheck {
        payload: payload.to_owned(),
        verdict: judged.verdict.as_str().to_owned(),
        signer: signer.map_or_else(String::new, |signer| signer.name.clone()),
        detail: judged.detail,
    }
}

/// Judges what the system saw.
pub fn judge(seen: &SeenSignature, expected: Option<&Signer>) -> Judged {
    let system = format!("{} (0x{:08x})", meaning(seen.code), seen.code);
    let judged = |verdict, detail: String| Judged { verdict, detail };
    match seen.code {
        // Changed after it was signed, revoked, explicitly distrusted.
        0x8009_6010 | 0x800b_010c | 0x800b_0111 => return judged(SignerVerdict::Bad, system),
        // No trust provider, no kind of file that can be signed, no signature.
        0x800b_0001 | 0x800b_0003 | 0x800b_0100 => {
            return judged(SignerVerdict::NotJudged, system);
        }
        _ => {}
    }
    let Some(SeenSigner { chain, .. }) = &seen.signer else {
        let verdict = if seen.code == 0 {
            SignerVerdict::NotJudged
        } else {
            SignerVerdict::NotTrusted
        };
        return judged(verdict, format!("{system}; no signer was found"));
    };
    match chain {
        Ok(chain) => {
            let (verdict, found) = judge_chain(chain, expected);
            judged(verdict, format!("{system}; {found}"))
        }
        Err(code) => judged(
            SignerVerdict::NotTrusted,
            format!("{system}; the chain was not built (error 0x{code:08x})"),
        ),
    }
}

fn judge_chain(chain: &SeenChain, expected: Option<&Signer>) -> (SignerVerdict, String) {
    let faults = chain.faults & !fault::IGNORED;
    let without = |tolerated: u32| faults & !tolerated;
    if faults & (fault::DISTRUST | fault::REVOKED) != 0 {
        return (SignerVerdict::Bad, names_of(faults));
    }
    let Some(expected) = expected else {
        return if faults == 0 {
            (SignerVerdict::Trusted, names_of(faults))
        } else {
            (SignerVerdict::NotTrusted, names_of(faults))
        };
    };
    let has_certificate = chain.certificates.first() == Some(&expected.certificate);
    let has_root = chain.certificates.last() == Some(&expected.root);
    let verdict = if has_root && without(fault::UNTRUSTED_ROOT) == 0 {
        SignerVerdict::Expected
    } else if faults == 0 {
        if has_certificate {
            SignerVerdict::Expected
        } else {
            SignerVerdict::OtherSigner
        }
    } else if has_certificate && without(fault::PARTIAL | fault::UNTRUSTED_ROOT) == 0 {
        SignerVerdict::ExpectedCertificate
    } else {
        SignerVerdict::NotTrusted
    };
    let mut found = names_of(faults);
    if !has_root && let Some(last) = chain.certificates.last() {
        found.push_str(&format!(
            "; it ends with certificate {last}, the manifest names root {}",
            expected.root
        ));
    }
    (verdict, found)
}

fn names_of(faults: u32) -> String {
    if faults == 0 {
        return "the chain holds".to_owned();
    }
    let mut names: Vec<&str> = fault::NAMES
        .iter()
        .filter(|(bit, _)| faults & bit != 0)
        .map(|(_, name)| *name)
        .collect();
    let known = fault::NAMES.iter().fold(0, |bits, (bit, _)| bits | bit);
    if faults & !known != 0 {
        names.push("other faults");
    }
    format!("{} (0x{faults:08x})", names.join(", "))
}

/// What a code of `WinVerifyTrust` says (`winerror.h`).
fn meaning(code: u32) -> &'static str {
    match code {
        0 => "the signature fits the file",
        0x8009_6010 => "changed after it was signed",
        0x800b_0001 => "unknown trust provider",
        0x800b_0003 => "not a kind of file that carries a signature here",
        0x800b_0004 => "the signer is not trusted for this",
        0x800b_0100 => "no signature",
        0x800b_0101 => "a certificate is outside its time",
        0x800b_0109 => "the chain ends in a root that is not trusted here",
        0x800b_010a => "the chain cannot be built here",
        0x800b_010c => "a certificate is revoked",
        0x800b_0111 => "the signer is explicitly distrusted",
        _ => "not trusted",
    }
}

#[cfg(test)]
mod tests {
    use gangway_contract::Sha256;

    use super::*;

    fn seen(code: u32, faults: u32, certificates: &[&str]) -> SeenSignature {
        let chain = SeenChain {
            faults,
            certificates: certificates
                .iter()
                .map(|name| Sha256::of(name.as_bytes()))
                .collect(),
        };
        SeenSignature {
            code,
            signer: Some(SeenSigner {
                name: "Contoso".to_owned(),
                chain: Ok(chain),
            }),
        }
    }

    fn expected() -> Signer {
        Signer {
            certificate: Sha256::of(b"leaf"),
            root: Sha256::of(b"root"),
            signed_at: None,
        }
    }

    #[test]
    fn code_and_chain_are_judged_together() {
        const NO_ROOT_HERE: u32 = 0x800b_0109;
        let good = &["leaf", "ca", "root"][..];
        let foreign = &["x", "y", "z"][..];
        let renewed = &["leaf-2", "ca", "root"][..];
        let crossed = &["leaf", "ca", "other-root"][..];
        for (code, faults, certificates, verdict) in [
            (0, 0, good, "expected"),
            (0, 0x40 | 0x100_0000, good, "expected"),
            (0, 0x20, good, "expected"),
            (NO_ROOT_HERE, 0x20, good, "expected"),
            (0, 0, renewed, "expected"),
            (0, 0, crossed, "expected"),
            (0, 0x20, crossed, "expected-certificate"),
            (
                0x800b_010a,
                0x1_0000,
                &["leaf", "ca"][..],
                "expected-certificate",
            ),
            (0, 0x1_0000, &["leaf-2", "ca"][..], "not-trusted"),
            (0, 0, foreign, "other-signer"),
            (0, 0x20, foreign, "not-trusted"),
            (0, 0x20, &["self"][..], "not-trusted"),
            (0, 0x1, good, "not-trusted"),
            (0, 0x10, good, "not-trusted"),
            (0, 0x10 | 0x20, good, "not-trusted"),
            (0, 0x400, good, "not-trusted"),
            (0, 0x8, good, "not-trusted"),
            (0, 0x8000_0000, good, "not-trusted"),
            (0, 0x4, good, "bad"),
            (0, 0x400_0000, good, "bad"),
            (0x8009_6010, 0, good, "bad"),
            (0x800b_010c, 0, good, "bad"),
            (0x800b_0111, 0, good, "bad"),
            (0x800b_0100, 0, good, "not-judged"),
            (0x800b_0003, 0, good, "not-judged"),
            (0, 0, &[][..], "other-signer"),
        ] {
            let judged = judge(&seen(code, faults, certificates), Some(&expected()));
            assert_eq!(
                judged.verdict.as_str(),
                verdict,
                "{code:x} {faults:x} {certificates:?}: {}",
                judged.detail
            );
        }
    }

    #[test]
    fn without_an_expected_signer_the_chain_alone_speaks() {
        for (faults, verdict) in [
            (0, SignerVerdict::Trusted),
            (0x20, SignerVerdict::NotTrusted),
            (0x400_0000, SignerVerdict::Bad),
        ] {
            assert_eq!(judge(&seen(0, faults, &["a"]), None).verdict, verdict);
        }
    }

    #[test]
    fn a_missing_chain_or_signer_is_no_trust() {
        let mut broken = seen(0, 0, &[]);
        if let Some(signer) = &mut broken.signer {
            signer.chain = Err(5);
        }
        assert_eq!(judge(&broken, None).verdict, SignerVerdict::NotTrusted);
        let nobody = |code| SeenSignature { code, signer: None };
        assert_eq!(judge(&nobody(0), None).verdict, SignerVerdict::NotJudged);
        assert_eq!(judge(&nobody(5), None).verdict, SignerVerdict::NotTrusted);
    }
}
