//! What came of an address, what to do next, and what all addresses together mean.

use super::{Check, Need};
use crate::reason::Reason;
use crate::text::text_enum;

macro_rules! outcomes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $reason:ident, $next:literal;)+) => {
        text_enum! {
            /// What came of an address. The codes are stable: reports and queries hold on to
            /// them.
            pub enum Outcome ("an outcome of a connectivity check") {
                $($(#[doc = $doc])+ $variant = $code,)+
            }
        }

        impl Outcome {
            /// What the administrator does next.
            pub const fn next_action(self) -> &'static str {
                match self {
                    $(Self::$variant => $next,)+
                }
            }

            /// The reason that a required address with this outcome gives the whole run.
            const fn reason(self) -> Reason {
                match self {
                    $(Self::$variant => Reason::$reason,)+
                }
            }
        }
    };
}

outcomes! {
    /// The service answered, and it was the service.
    Reachable = "reachable", ServiceReachable, "nothing";
    /// No address for the host's name.
    NameNotResolved = "name-not-resolved", ServiceUnreachable,
        "let this server resolve the host's name, or give it a proxy";
    /// The host refuses the connection or cannot be reached.
    PortClosed = "port-closed", ServiceUnreachable,
        "open the port to the host in the firewall, or give this server a proxy";
    /// No answer in time.
    TimedOut = "timed-out", ServiceUnreachable,
        "look for a firewall that drops packets to the host without an answer";
    /// The connection was made and then broken.
    ConnectionBroken = "connection-broken", ServiceUnreachable,
        "look for a device between this server and the host that ends connections";
    /// No address for the proxy's name.
    ProxyNotResolved = "proxy-not-resolved", ServiceUnreachable,
        "correct the proxy's name, or let this server resolve it";
    /// The proxy refuses the connection or does not answer.
    ProxyUnreachable = "proxy-unreachable", ServiceUnreachable,
        "correct the proxy's port, or open the way to the proxy";
    /// The proxy itself does not come to the host.
    ProxyCannotReach = "proxy-cannot-reach", ServiceUnreachable,
        "check name resolution and the way out of the proxy";
    /// The proxy asks for a name and password; the sensor has none.
    ProxyAuthentication = "proxy-authentication", ProxyRefuses,
        "let the proxy pass the host without authentication";
    /// The proxy does not let the connection through.
    ProxyRefused = "proxy-refused", ProxyRefuses, "allow the host in the proxy's rules";
    /// The certificate chain ends in a root that is none of the service's.
    TlsIntercepted = "tls-intercepted", TlsIntercepted,
        "take the host out of TLS inspection: the sensor pins its certificates";
    /// The chain ends in a root of the service, and this server does not accept it.
    CertificateNotTrusted = "certificate-not-trusted", ServiceUnreachable,
        "check the clock, the root certificates, and the way to the revocation lists";
    /// TLS failed before a certificate came.
    TlsFailed = "tls-failed", ServiceUnreachable,
        "enable TLS 1.2 with an ECDHE-RSA AES-GCM suite; on Server 2008 R2 and 2012 install KB3140245";
    /// An answer that the service would not give.
    UnexpectedAnswer = "unexpected-answer", ServiceUnreachable,
        "look for a device or page that answers in the host's place";
    /// Not asked: the time for all checks was up, or this server cannot ask.
    NotAsked = "not-asked", ServiceUnreachable,
        "clear the other findings, then run `connectivity` again";
}

/// The reason of a whole run and what was found, worst first: interception, then a proxy that
/// refuses, then whatever else stands in the way. Only required addresses decide.
pub fn verdict(checks: &[Check]) -> (Reason, String) {
    const WORST_FIRST: [Reason; 3] = [
        Reason::TlsIntercepted,
        Reason::ProxyRefuses,
        Reason::ServiceUnreachable,
    ];
    let open = |reason: Reason| {
        checks.iter().filter(move |check| {
            check.need == Need::Required.as_str()
                && check
                    .outcome
                    .parse()
                    .is_ok_and(|outcome: Outcome| outcome.reason() == reason)
        })
    };
    for reason in WORST_FIRST {
        let count = open(reason).count();
        if let Some(first) = open(reason).next() {
            let more = match count - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            return (reason, format!("{}: {}{more}", first.url, first.detail));
        }
    }
    let required = checks
        .iter()
        .filter(|check| check.need == Need::Required.as_str())
        .count();
    (
        Reason::ServiceReachable,
        format!("{required} required addresses answer"),
    )
}
