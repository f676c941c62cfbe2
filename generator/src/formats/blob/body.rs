//! The two JSON documents of a blob: the envelope with signature and certificates, and the
//! body that is signed as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway_contract::OrgId;
use gangway_contract::manifest::{Cloud, Connectivity};
use serde::Deserialize;

use super::text::BlobText;

/// Why a blob's documents cannot be read. No variant holds any of their text: the messages of
/// the JSON reader quote it and are therefore dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// The envelope or the body is not the JSON it should be.
    #[error("the {document} is not readable JSON at line {line}, character {column}: {why}")]
    Json {
        /// `envelope` or `body`.
        document: &'static str,
        /// Line inside the document.
        line: usize,
        /// Character of that line.
        column: usize,
        /// Cut short, not JSON, or a field with another type.
        why: &'static str,
    },
    /// A field is missing.
    #[error("the body has no `{field}`")]
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// A field does not hold what it should.
    #[error("`{field}` is not {expected}")]
    Field {
        /// Its name.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// More text than any real blob has.
    #[error("the blob has {length} characters, at most {limit} are read")]
    TooLong {
        /// Characters found.
        length: usize,
        /// Most characters that are read.
        limit: usize,
    },
    /// More certificates than any real blob has.
    #[error("the blob carries {count} certificates, at most {limit} are read")]
    Certificates {
        /// Certificates found.
        count: usize,
        /// Most certificates that are read.
        limit: usize,
    },
}

/// Certificates of `chain` that are read; real blobs have two.
const MAX_CHAIN: usize = 8;

/// 1601-01-01 to 1970-01-01 in seconds.
const FILETIME_EPOCH: i64 = 11_644_473_600;

/// FILETIME ticks (100 ns) in a second.
const FILETIME_TICKS: i64 = 10_000_000;

/// The outer document, decoded.
#[derive(PartialEq, Eq)]
pub(super) struct Envelope {
    /// Signed byte for byte.
    pub(super) body: String,
    /// `sig`: CryptoAPI byte order; SHA-1 until 2023, SHA-256 since.
    pub(super) sig: Option<Vec<u8>>,
    /// `sha256sig`: CryptoAPI byte order.
    pub(super) sha256sig: Option<Vec<u8>>,
    /// `sha256sigPss`: usual byte order.
    pub(super) pss: Option<Vec<u8>>,
    /// Leaf, DER.
    pub(super) leaf: Option<Vec<u8>>,
    /// Issuers, DER, nearest first.
    pub(super) chain: Vec<Vec<u8>>,
}

#[derive(Deserialize)]
struct RawEnvelope {
    body: String,
    sig: Option<String>,
    sha256sig: Option<String>,
    #[serde(rename = "sha256sigPss")]
    pss: Option<String>,
    cert: Option<String>,
    chain: Option<Vec<String>>,
}

impl Envelope {
    pub(super) fn parse(text: &BlobText) -> Result<Self, BlobError> {
        let raw: RawEnvelope = parse_json("envelope", text.expose())?;
        let chain = raw.chain.unwrap_or_default();
        if chain.len() > MAX_CHAIN {
            return Err(BlobError::Certificates {
                count: chain.len(),
                limit: MAX_CHAIN,
            });
        }
        Ok(Self {
            body: raw.body,
            sig: decode("sig", raw.sig)?,
            sha256sig: decode("sha256sig", raw.sha256sig)?,
            pss: decode("sha256sigPss", raw.pss)?,
            leaf: decode("cert", raw.cert)?,
            chain: chain
                .into_iter()
                .filter_map(|one| decode("chain", Some(one)).transpose())
                .collect::<Result<_, _>>()?,
        })
    }
}

fn decode(field: &'static str, text: Option<String>) -> Result<Option<Vec<u8>>, BlobError> {
    text.filter(|text| !text.is_empty())
        .map(|text| {
            STANDARD.decode(text).map_err(|_| BlobError::Field {
                field,
                expected: "base64",
            })
        })
        .transpose()
}

fn parse_json<'a, T: Deserialize<'a>>(
    document: &'static str,
    text: &'a str,
) -> Result<T, BlobError> {
    use serde_json::error::Category;
    serde_json::from_str(text).map_err(|error| BlobError::Json {
        document,
        line: error.line(),
        column: error.column(),
        why: match error.classify() {
            Category::Eof => "it is cut short",
            Category::Data => "a field is missing, doubled or has another type",
            Category::Syntax | Category::Io => "it is not JSON",
        },
    })
}

/// What a body says, before its signature is looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    Onboarding(OnboardingBody),
    Offboarding(OffboardingBody),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct OnboardingBody {
    pub(super) org_id: OrgId,
    pub(super) previous_org_ids: Vec<OrgId>,
    pub(super) cloud: Cloud,
    pub(super) connectivity: Connectivity,
    pub(super) datacenter: Option<String>,
    pub(super) endpoints: Vec<String>,
    pub(super) version: Option<String>,
    pub(super) package_guid: Option<String>,
    pub(super) device_type: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct OffboardingBody {
    pub(super) org_id: OrgId,
    pub(super) org_ids: Vec<OrgId>,
    pub(super) expires_at: i64,
    pub(super) version: Option<String>,
}

/// Fields that mean something here; the service adds others and they are let through.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBody {
    org_id: Option<String>,
    org_ids: Option<Vec<String>>,
    previous_org_ids: Option<Vec<String>>,
    geo_location_url: Option<String>,
    datacenter: Option<String>,
    vortex_geo_location: Option<String>,
    vortex_server_url: Option<String>,
    vortex_ticket_url: Option<String>,
    partner_geo_location: Option<String>,
    version: Option<Version>,
    package_guid: Option<String>,
    device_type: Option<String>,
    /// FILETIME. An integer type on purpose: it is beyond what a float holds exactly.
    expiration_timestamp: Option<u64>,
}

/// `version` is a text in every specimen; a number would mean the same.
#[derive(Deserialize)]
#[serde(untagged)]
enum Version {
    Text(String),
    Number(serde_json::Number),
}

impl Body {
    pub(super) fn parse(text: &str) -> Result<Self, BlobError> {
        let raw: RawBody = parse_json("body", text)?;
        let version = raw.version.as_ref().map(|version| match version {
            Version::Text(text) => text.clone(),
            Version::Number(number) => number.to_string(),
        });
        match raw.expiration_timestamp {
            Some(filetime) => {
                OffboardingBody::from_raw(&raw, filetime, version).map(Self::Offboarding)
            }
            None => OnboardingBody::from_raw(raw, version).map(Self::Onboarding),
        }
    }
}

impl OffboardingBody {
    fn from_raw(raw: &RawBody, filetime: u64, version: Option<String>) -> Result<Self, BlobError> {
        let org_ids = org_ids("orgIds", raw.org_ids.as_deref().unwrap_or_default())?;
        let org_id = match &raw.org_id {
            Some(text) => org_id("orgId", text)?,
            None => org_ids
                .first()
                .cloned()
                .ok_or(BlobError::Missing { field: "orgId" })?,
        };
        let expires_at = i64::try_from(filetime)
            .map(|ticks| ticks / FILETIME_TICKS - FILETIME_EPOCH)
            .map_err(|_| BlobError::Field {
                field: "expirationTimestamp",
                expected: "a FILETIME",
            })?;
        Ok(Self {
            org_id,
            org_ids,
            expires_at,
            version,
        })
    }
}

impl OnboardingBody {
    fn from_raw(raw: RawBody, version: Option<String>) -> Result<Self, BlobError> {
        let org_text = raw.org_id.as_deref();
        let org_id = org_id(
            "orgId",
            org_text.ok_or(BlobError::Missing { field: "orgId" })?,
        )?;
        let geo_url = raw.geo_location_url.ok_or(BlobError::Missing {
            field: "geoLocationUrl",
        })?;
        let host = https_host(&geo_url).ok_or(BlobError::Field {
            field: "geoLocationUrl",
            expected: "an https address",
        })?;
        let partner = raw.partner_geo_location.as_deref().unwrap_or_default();
        let streamlined = partner.starts_with("GW_")
            || [
                ".endpoint.security.microsoft.com",
                ".endpoint.security.microsoft.us",
            ]
            .iter()
            .any(|end| host.ends_with(end));
        // The moderate government cloud (`UsMod…`) lives on commercial host names and is told
        // by its data centre and telemetry region only.
        let datacenter = raw.datacenter.as_deref().unwrap_or_default();
        let government = host.ends_with(".microsoft.us")
            || ["UsGov", "UsMod", "UsDod"]
                .iter()
                .any(|start| datacenter.starts_with(start))
            || partner.contains("FFL4")
            || raw.vortex_geo_location.as_deref() == Some("FFL4");
        let more = [raw.vortex_server_url, raw.vortex_ticket_url];
        let mut endpoints = vec![geo_url];
        endpoints.extend(more.into_iter().flatten());
        Ok(Self {
            org_id,
            previous_org_ids: org_ids(
                "previousOrgIds",
                raw.previous_org_ids.as_deref().unwrap_or_default(),
            )?,
            cloud: if government {
                Cloud::UsGovernment
            } else {
                Cloud::Commercial
            },
            connectivity: if streamlined {
                Connectivity::Streamlined
            } else {
                Connectivity::Standard
            },
            datacenter: raw.datacenter,
            endpoints,
            version,
            package_guid: raw.package_guid,
            device_type: raw.device_type,
        })
    }
}

fn org_id(field: &'static str, text: &str) -> Result<OrgId, BlobError> {
    text.parse().map_err(|_| BlobError::Field {
        field,
        expected: "a GUID",
    })
}

fn org_ids(field: &'static str, texts: &[String]) -> Result<Vec<OrgId>, BlobError> {
    texts.iter().map(|text| org_id(field, text)).collect()
}

/// Host of an `https` address, in lower case.
fn https_host(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let host = rest.split(['/', ':', '?', '#']).next()?;
    let plain = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
    plain.then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORG: &str = "01234567-89ab-cdef-0123-456789abcdef";

    fn onboarding(fields: &str) -> OnboardingBody {
        let text = format!(r#"{{"orgId":"{ORG}",{fields}}}"#);
        match Body::parse(&text) {
            Ok(Body::Onboarding(body)) => body,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn cloud_and_connectivity_come_from_address_partner_and_data_centre() {
        use {Cloud::*, Connectivity::*};
        let table = [
            (
                "https://winatp-gw-neu.microsoft.com/",
                "NorthEurope",
                "",
                Commercial,
                Standard,
            ),
            (
                "https://edr-weu.eu.endpoint.security.microsoft.com/edr/",
                "WestEurope",
                "GW_EU",
                Commercial,
                Streamlined,
            ),
            (
                "https://edr-weu.eu.endpoint.security.microsoft.com/edr/",
                "WestEurope",
                "",
                Commercial,
                Streamlined,
            ),
            (
                "https://edr-usgt.usg.endpoint.security.microsoft.us/edr/",
                "UsGovTexas",
                "GW_FFL4",
                UsGovernment,
                Streamlined,
            ),
            (
                "https://winatp-gw-usmt.microsoft.com/",
                "UsModTexas",
                "FFL4Mod",
                UsGovernment,
                Standard,
            ),
        ];
        for (url, datacenter, partner, cloud, connectivity) in table {
            let body = onboarding(&format!(
                r#""geoLocationUrl":"{url}","datacenter":"{datacenter}","partnerGeoLocation":"{partner}""#
            ));
            assert_eq!(
                (body.cloud, body.connectivity),
                (cloud, connectivity),
                "{url}"
            );
        }
    }

    #[test]
    fn unknown_fields_are_let_through() {
        let body = onboarding(r#""geoLocationUrl":"https://a.microsoft.com/","new":{"x":[1]}"#);
        assert_eq!(body.endpoints, ["https://a.microsoft.com/"]);
    }

    #[test]
    fn expiry_is_a_filetime_read_as_an_integer() {
        // 133531644529324807 is beyond 2^53; rounded to a float it would still end in the same
        // second, so the last digit is checked through the tick that crosses a second.
        let text = format!(
            r#"{{"orgIds":["{ORG}"],"orgId":"{ORG}","expirationTimestamp":133531644529999999,"version":"1.7"}}"#
        );
        match Body::parse(&text) {
            Ok(Body::Offboarding(body)) => assert_eq!(body.expires_at, 1_708_690_852),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_error_quotes_the_document() {
        let secret = "hunter2";
        let bodies = [
            format!(r#"{{"orgId":"{secret}","geoLocationUrl":"https://a/"}}"#),
            format!(r#"{{"orgId":"{ORG}","geoLocationUrl":"{secret}"}}"#),
            format!(r#"{{"orgId":["{secret}"]}}"#),
            format!(r#"{{"orgId":"{secret}"#),
            secret.to_owned(),
            format!(r#"{{"orgId":"{ORG}","expirationTimestamp":"{secret}"}}"#),
        ];
        for body in bodies {
            let error = Body::parse(&body).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(secret), "{shown}");
        }
        let envelope = BlobText::new(format!(r#"{{"body":1,"sig":"{secret}"}}"#));
        let Err(error) = Envelope::parse(&envelope) else {
            panic!("a body that is no text was read");
        };
        assert!(!format!("{error} {error:?}").contains(secret));
    }
}
