//! What an answer means. Pure: the asking is done, only facts are left.

use super::roots::ExpectedRoots;
use super::{Chain, Outcome, Route};

/// What one question to one address by one way came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the system's HTTP client says.
    pub reply: Reply,
    /// Certificates that the server showed; none where it showed none.
    pub chain: Option<Chain>,
    /// What stands below HTTP, looked at when the client failed.
    pub below: Option<Below>,
}

/// What the system's HTTP client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An HTTP status.
    Status(u16),
    /// An error code of WinHTTP or of the system.
    Failed(u32),
    /// Nothing within the limit.
    NoneInTime,
    /// It was not asked.
    NotAsked(String),
}

/// A connection without TLS to the host, or through the proxy to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below {
    /// It stands.
    Open,
    /// The name of the host, or of the proxy, has no address.
    NameNotResolved,
    /// Refused, or no way to it: code of the system.
    Refused(u32),
    /// No answer in time.
    TimedOut,
    /// The proxy answered `CONNECT` with this status.
    ProxyStatus(u16),
    /// The proxy took the connection and gave no answer to `CONNECT`.
    ProxySilent,
}

/// Outcome and what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What the answer means for the sensor.
    pub outcome: Outcome,
    /// What was seen, for a person.
    pub detail: String,
}

/// WinHTTP's codes (`winhttp.h`).
const TIMEOUT: u32 = 12002;
const NAME_NOT_RESOLVED: u32 = 12007;
const CANNOT_CONNECT: u32 = 12029;
const CONNECTION_ERROR: u32 = 12030;
const INVALID_SERVER_RESPONSE: u32 = 12152;
/// TLS as a whole, and its parts: name, date, root, certificate, channel.
const TLS: [u32; 9] = [
    12037, 12038, 12045, 12057, 12157, 12169, 12170, 12175, 12179,
];

/// Judges the answer to `url` by `route`.
pub fn judge(url: &str, route: &Route, answer: &Answer, roots: ExpectedRoots<'_>) -> Judged {
    let judged = |outcome, detail: String| Judged { outcome, detail };
    let secure = url.starts_with("https:");
    if let Some(chain) = &answer.chain
        && let Some(foreign) = foreign_root(chain, roots)
    {
        return judged(Outcome::TlsIntercepted, foreign);
    }
    match &answer.reply {
        Reply::NotAsked(why) => judged(Outcome::NotAsked, why.clone()),
        Reply::Status(407) if route.proxy.is_some() => {
            judged(Outcome::ProxyAuthentication, proxy_says(route, 407))
        }
        Reply::Status(status) if secure => of_secure_status(*status, route, answer, roots),
        Reply::Status(status @ (200 | 304)) => {
            judged(Outcome::Reachable, format!("HTTP status {status}"))
        }
        Reply::Status(status) => judged(
            Outcome::UnexpectedAnswer,
            format!("HTTP status {status}, 200 was expected"),
        ),
        Reply::Failed(code) => match &answer.chain {
            Some(chain) => judged(
                Outcome::CertificateNotTrusted,
                format!("{} (error {code})", trust_text(chain.trust_errors)),
            ),
            None => of_failure(*code, route, answer.below),
        },
        Reply::NoneInTime => match answer.below {
            Some(below) if below != Below::Open => of_failure(TIMEOUT, route, Some(below)),
            _ => judged(Outcome::TimedOut, "no answer within the limit".to_owned()),
        },
    }
}

/// With a chain that ends as it should, any answer is the service's own; the analyzer counts
/// 200, 400, 404 and 405, and hosts of the update service redirect.
fn of_secure_status(
    status: u16,
    route: &Route,
    answer: &Answer,
    roots: ExpectedRoots<'_>,
) -> Judged {
    let (outcome, detail) = match &answer.chain {
        // The proxy's own answer to CONNECT: there was no TLS.
        None if route.proxy.is_some() => return of_proxy_status(route, status),
        None => (
            Outcome::UnexpectedAnswer,
            format!("HTTP status {status}, and its certificate cannot be read"),
        ),
        Some(_) if status >= 500 => (
            Outcome::UnexpectedAnswer,
            format!("HTTP status {status} from the service"),
        ),
        Some(chain) => {
            let lab = chain.certificates.last().filter(|root| {
                !ExpectedRoots::is_of_service(&root.sha256) && roots.takes(&root.sha256)
            });
            let note = lab.map_or(String::new(), |root| {
                format!(", LAB ROOT `{}`", root.subject)
            });
            (Outcome::Reachable, format!("HTTP status {status}{note}"))
        }
    };
    Judged { outcome, detail }
}

fn of_proxy_status(route: &Route, status: u16) -> Judged {
    let outcome = match status {
        407 => Outcome::ProxyAuthentication,
        500.. => Outcome::ProxyCannotReach,
        _ => Outcome::ProxyRefused,
    };
    Judged {
        outcome,
        detail: proxy_says(route, status),
    }
}

fn proxy_says(route: &Route, status: u16) -> String {
    let proxy = route.proxy.as_deref().unwrap_or("-");
    format!("proxy `{proxy}` answers with status {status}")
}

/// No certificate came: how far did it get?
fn of_failure(code: u32, route: &Route, below: Option<Below>) -> Judged {
    let through = route.proxy.as_deref();
    let pick = |direct, proxied| if through.is_some() { proxied } else { direct };
    let place = through.map_or("the host".to_owned(), |proxy| format!("proxy `{proxy}`"));
    let (outcome, detail) = match below {
        Some(Below::ProxyStatus(status)) => return of_proxy_status(route, status),
        Some(Below::ProxySilent) => (
            Outcome::ProxyUnreachable,
            format!("{place} takes the connection and does not answer"),
        ),
        Some(Below::NameNotResolved) => (
            pick(Outcome::NameNotResolved, Outcome::ProxyNotResolved),
            format!("no address for the name of {place}"),
        ),
        Some(Below::Refused(system)) => (
            pick(Outcome::PortClosed, Outcome::ProxyUnreachable),
            format!("{place} refuses the connection (error {system})"),
        ),
        Some(Below::TimedOut) => (
            pick(Outcome::TimedOut, Outcome::ProxyUnreachable),
            format!("{place} does not answer"),
        ),
        Some(Below::Open) | None => {
            of_code(code, pick(Outcome::PortClosed, Outcome::ProxyUnreachable))
        }
    };
    Judged { outcome, detail }
}

fn of_code(code: u32, cannot_connect: Outcome) -> (Outcome, String) {
    let (outcome, text) = match code {
        TIMEOUT => (Outcome::TimedOut, "no answer in time"),
        NAME_NOT_RESOLVED => (Outcome::NameNotResolved, "no address for the host's name"),
        CANNOT_CONNECT => (cannot_connect, "no connection"),
        CONNECTION_ERROR => (Outcome::ConnectionBroken, "the connection was broken"),
        INVALID_SERVER_RESPONSE => (Outcome::UnexpectedAnswer, "an answer that is no HTTP"),
        code if TLS.contains(&code) => (
            Outcome::TlsFailed,
            "TLS failed before a certificate could be read",
        ),
        _ => (Outcome::NotAsked, "this server's HTTP client fails"),
    };
    (outcome, format!("{text} (error {code})"))
}

/// Who vouches for the chain, when it is none of the service's roots.
fn foreign_root(chain: &Chain, roots: ExpectedRoots<'_>) -> Option<String> {
    let last = chain.certificates.last()?;
    if chain.ends_in_root {
        return (!roots.takes(&last.sha256)).then(|| {
            format!(
                "the certificate chain ends in `{}`, no root of the service",
                last.subject
            )
        });
    }
    // The root is not here. Its name tells whether it could be the service's.
    let known = super::SERVICE_ROOTS
        .iter()
        .any(|(name, _)| last.issuer.contains(name));
    (!known).then(|| {
        format!(
            "the certificate chain leads to `{}`, no root of the service",
            last.issuer
        )
    })
}

/// Bits of `CERT_TRUST_STATUS.dwErrorStatus` (`wincrypt.h`).
fn trust_text(errors: u32) -> String {
    const BITS: [(u32, &str); 8] = [
        (0x1, "a certificate is outside its time"),
        (0x4, "a certificate is revoked"),
        (0x8, "a signature is bad"),
        (0x10, "the certificate is not for servers"),
        (0x20, "the root is not trusted here"),
        (0x40, "the revocation state is not known"),
        (0x1_0000, "the root is not known here"),
        (0x100_0000, "the revocation server cannot be reached"),
    ];
    let found: Vec<&str> = BITS
        .iter()
        .filter(|(bit, _)| errors & bit != 0)
        .map(|(_, text)| *text)
        .collect();
    match (found.is_empty(), errors) {
        (false, _) => found.join(", "),
        (true, 0) => "the chain is good; the certificate is for another name, or could not be \
                      checked for revocation"
            .to_owned(),
        (true, _) => format!("Windows does not trust the chain (0x{errors:08x})"),
    }
}
