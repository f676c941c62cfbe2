//! Who signed a blob, and whether that is the service.

use gangway_contract::manifest::Cloud;

use super::body::{Body, Envelope};
use super::{BlobAnchors, BlobFault, BlobSignature, CertificateFacts, signature};
use crate::formats::x509::{AnchorName, Certificate, ChainFault, Path, Purpose, is_host, prove};

/// The host that the signing certificate names, in every specimen of the commercial cloud of 2019
/// to 2026. Its common name was the same until the end of 2025.
const COMMERCIAL_HOST: &str = "Seville.Windows.com";
/// The same in specimens of the US Government cloud with data centre `UsGov…` (GCC High), one of
/// them of 2025.
const GOVERNMENT_HIGH_HOST: &str = "CloudClientAuthentication-FF.usgovcloudapp.net";
/// The same with data centre `UsMod…`, one specimen of 2025.
const GOVERNMENT_MODERATE_HOST: &str = "CloudClientAuthentication-FM.usgovcloudapp.net";

/// Organisation of the authority that issues those certificates. The leaf itself names none
/// since 2021, and under a public root others issue too.
pub(super) const ISSUER_ORGANIZATION: &str = "Microsoft Corporation";

/// Names of a wrong leaf that are told.
const MAX_NAMES_TOLD: usize = 8;

/// The hosts whose certificate may sign this body: one cloud's key does not sign for another.
/// An order to leave names no cloud. No specimen of the third government cloud (`UsDod…`) is
/// known.
fn hosts(body: &Body) -> &'static [&'static str] {
    match body {
        Body::Offboarding(_) => &[
            COMMERCIAL_HOST,
            GOVERNMENT_HIGH_HOST,
            GOVERNMENT_MODERATE_HOST,
        ],
        Body::Onboarding(body) => {
            let datacenter = body.datacenter.as_deref().unwrap_or_default();
            match body.cloud {
                Cloud::Commercial => &[COMMERCIAL_HOST],
                Cloud::UsGovernment if datacenter.starts_with("UsMod") => {
                    &[GOVERNMENT_MODERATE_HOST]
                }
                Cloud::UsGovernment if datacenter.starts_with("UsGov") => &[GOVERNMENT_HIGH_HOST],
                Cloud::UsGovernment => &[GOVERNMENT_HIGH_HOST, GOVERNMENT_MODERATE_HOST],
            }
        }
    }
}

/// Judges signatures and signer; the leaf's facts are given whatever comes of it.
pub(super) fn judge(
    envelope: &Envelope,
    body: &Body,
    anchors: &BlobAnchors,
) -> (Option<CertificateFacts>, BlobSignature) {
    let mut facts = None;
    let signature = match prove_signer(envelope, hosts(body), anchors, &mut facts) {
        Ok(path) => BlobSignature::Valid {
            chain: path
                .certificates
                .iter()
                .map(|certificate| certificate.subject().to_string())
                .collect(),
            anchor: path.anchor,
        },
        Err(why) => BlobSignature::Invalid { why },
    };
    (facts, signature)
}

/// Signature first, then who made it: a body that was changed is the more useful news.
///
/// The leaf is a TLS server's certificate: it is judged by the host that it names and by who
/// issued it. Validity times are not looked at: leaves last one year while deployed blobs work
/// for many, and the authority of every blob until 2026 has ended.
fn prove_signer(
    envelope: &Envelope,
    hosts: &'static [&'static str],
    anchors: &BlobAnchors,
    facts: &mut Option<CertificateFacts>,
) -> Result<Path, BlobFault> {
    let leaf = match &envelope.leaf {
        Some(der) => certificate("cert", der)?,
        None => {
            let why = "`cert`: missing".to_owned();
            return Err(BlobFault::Certificate { why });
        }
    };
    *facts = Some(CertificateFacts::of(&leaf));
    signature::check(envelope, leaf.public_key())?;
    let mut found = leaf.hosts().map_err(|error| BlobFault::Certificate {
        why: format!("`cert`: alternative names: {error}"),
    })?;
    let named = |host: &&&str| found.iter().any(|name| is_host(name, host));
    let Some(host) = hosts.iter().find(named) else {
        found.truncate(MAX_NAMES_TOLD);
        let expected = hosts.iter().map(|host| (*host).to_owned()).collect();
        return Err(BlobFault::LeafName { found, expected });
    };
    let chain = envelope
        .chain
        .iter()
        .map(|der| certificate("chain", der))
        .collect::<Result<Vec<_>, _>>()?;
    let purpose = Purpose::TlsServer { host };
    let not_microsoft = || BlobFault::NotMicrosoft {
        issuer: leaf.issuer().to_string(),
    };
    // What was added speaks only where the other roots do not.
    let without = prove(&leaf, &chain, &anchors.but_the_added(), purpose, None);
    let proof = without.or_else(|_| prove(&leaf, &chain, anchors.all(), purpose, None));
    match proof {
        Ok(path) if is_issued_for_the_service(&path) => Ok(path),
        Ok(_) => Err(not_microsoft()),
        Err(fault) if !ends_outside(&fault, &leaf, &chain) => Err(BlobFault::BrokenChain { fault }),
        Err(_) if !leaf.issuer().is_of(ISSUER_ORGANIZATION) => Err(not_microsoft()),
        Err(fault) => Err(BlobFault::UnknownIssuer {
            fault,
            certificates: core::iter::once(&leaf)
                .chain(&chain)
                .map(CertificateFacts::of)
                .collect(),
        }),
    }
}

/// Is the issuing authority Microsoft's, or under a lab root the lab's own?
fn is_issued_for_the_service(path: &Path) -> bool {
    let [_, issuer, ..] = path.certificates.as_slice() else {
        // A leaf that is itself an anchor was issued by nobody that is known.
        return false;
    };
    let of_lab = || {
        let lab = match (&path.anchor, path.certificates.last()) {
            (AnchorName::Lab { .. }, Some(root)) => root.subject().organization(),
            _ => None,
        };
        lab.is_some_and(|organization| issuer.subject().is_of(organization))
    };
    issuer.subject().is_of(ISSUER_ORGANIZATION) || of_lab()
}

/// Is the chain sound as far as it goes? The leaf's own issuer has to be in a blob that brings
/// any; that of the last one need not be.
fn ends_outside(fault: &ChainFault, leaf: &Certificate, chain: &[Certificate]) -> bool {
    match fault {
        // A leaf that vouches for itself has no issuer that anybody could name.
        ChainFault::UntrustedRoot { .. } => !leaf.is_self_issued(),
        ChainFault::IssuerMissing { subject, .. } => {
            chain.is_empty() || *subject != leaf.subject().to_string()
        }
        _ => false,
    }
}

fn certificate(field: &str, der: &[u8]) -> Result<Certificate, BlobFault> {
    Certificate::parse(der).map_err(|error| BlobFault::Certificate {
        why: format!("`{field}`: {error}"),
    })
}
