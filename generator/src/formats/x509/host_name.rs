//! Host names in certificates: whom a TLS certificate names, and which names an authority may
//! certify (RFC 5280 4.2.1.6 and 4.2.1.10, RFC 6125 6.4).

use crate::formats::der::{DerError, Reader, tag};

/// More names than any certificate of one service has; a public authority stops at some 100.
const MAX_NAMES: usize = 1024;

/// `GeneralName`: a mail address, an IA5String under `[1]`.
const MAIL: u8 = 0x81;
/// `GeneralName`: a host, an IA5String under `[2]`.
const HOST: u8 = 0x82;
/// `GeneralName`: an address of a resource, an IA5String under `[6]`.
const RESOURCE: u8 = 0x86;
/// `GeneralName`: an IP address, an OCTET STRING under `[7]`.
const ADDRESS: u8 = 0x87;

/// The hosts among the names of a subjectAltName extension.
pub(super) fn hosts(alternative_names: &[u8]) -> Result<Vec<String>, DerError> {
    let mut outer = Reader::new(alternative_names);
    let mut names = outer.sequence()?;
    outer.finish()?;
    let mut found = Vec::new();
    let mut count = 0;
    while !names.is_empty() {
        let name = names.read()?;
        count += 1;
        if count > MAX_NAMES {
            return Err(DerError::Value("the list of alternative names"));
        }
        if name.tag == HOST {
            found.push(String::from_utf8_lossy(name.value).into_owned());
        }
    }
    Ok(found)
}

/// Does the name in a certificate stand for exactly this host? A wildcard stands for none, and
/// letter case is of no account (RFC 5280 7.2).
pub fn is_host(name: &str, host: &str) -> bool {
    name.eq_ignore_ascii_case(host)
}

/// May an authority with these nameConstraints certify `host`?
///
/// Constraints on mail, resource and IP addresses say nothing about a host. Those on names of
/// other forms could forbid the certificate's subject: they are not evaluated, and forbid.
pub(super) fn may_certify(name_constraints: &[u8], host: &str) -> Result<bool, DerError> {
    let mut outer = Reader::new(name_constraints);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    let permitted = fields.optional(tag::CONTEXT_0)?;
    let excluded = fields.optional(tag::CONTEXT_1)?;
    fields.finish()?;
    let mut some_permitted = None;
    for (subtrees, permits) in [(permitted, true), (excluded, false)] {
        let Some(subtrees) = subtrees else {
            continue;
        };
        let mut list = subtrees.content();
        let mut count = 0;
        while !list.is_empty() {
            let mut subtree = list.sequence()?;
            let base = subtree.read()?;
            // `minimum` must be 0 and left out, `maximum` absent.
            subtree.finish()?;
            count += 1;
            if count > MAX_NAMES {
                return Err(DerError::Value("the list of name constraints"));
            }
            match base.tag {
                HOST => {
                    let within = is_below(host, &String::from_utf8_lossy(base.value));
                    if permits {
                        *some_permitted.get_or_insert(false) |= within;
                    } else if within {
                        return Ok(false);
                    }
                }
                MAIL | RESOURCE | ADDRESS => {}
                _ => return Ok(false),
            }
        }
    }
    Ok(some_permitted != Some(false))
}

/// Is `host` the domain `base` or below it? An empty base is above every host.
fn is_below(host: &str, base: &str) -> bool {
    let base = base.strip_prefix('.').unwrap_or(base);
    if base.is_empty() {
        return true;
    }
    let Some(start) = host.len().checked_sub(base.len()) else {
        return false;
    };
    let ends_so = host
        .get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(base));
    ends_so && (start == 0 || host.get(..start).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).expect("a short element");
        [&[tag, length][..], content].concat()
    }

    fn subtrees(bases: &[(u8, &str)]) -> Vec<u8> {
        bases
            .iter()
            .flat_map(|(tag, base)| wrap(tag::SEQUENCE, &wrap(*tag, base.as_bytes())))
            .collect()
    }

    #[test]
    fn only_hosts_are_taken_from_alternative_names() {
        let names = [
            wrap(MAIL, b"a@example.com"),
            wrap(HOST, b"Seville.Windows.com"),
            wrap(ADDRESS, &[10, 0, 0, 1]),
            wrap(HOST, b"*.Windows.com"),
        ];
        let extension = wrap(tag::SEQUENCE, &names.concat());
        let expected = ["Seville.Windows.com", "*.Windows.com"].map(str::to_owned);
        assert_eq!(hosts(&extension), Ok(expected.to_vec()));
        assert!(hosts(&extension[1..]).is_err());
    }

    #[test]
    fn a_host_is_named_exactly_or_not_at_all() {
        const HOST: &str = "Seville.Windows.com";
        for (name, named) in [
            ("Seville.Windows.com", true),
            ("seville.windows.COM", true),
            ("*.Windows.com", false),
            ("Seville.Windows.com.", false),
            ("m365doop-Seville.Windows.com", false),
            ("Seville.Windows.com\0.example.com", false),
            ("Seville\u{2024}Windows.com", false),
            ("", false),
        ] {
            assert_eq!(is_host(name, HOST), named, "{name:?}");
        }
    }

    #[test]
    fn an_authority_certifies_within_its_constraints() {
        const DIRECTORY: u8 = 0xa4;
        type Bases<'a> = &'a [(u8, &'a str)];
        let table: [(Bases<'_>, Bases<'_>, bool); 12] = [
            (&[], &[], true),
            (&[(HOST, "windows.com")], &[], true),
            (&[(HOST, "Seville.Windows.com")], &[], true),
            (&[(HOST, ".Windows.com")], &[], true),
            (&[(HOST, "")], &[], true),
            (&[(HOST, "example.com")], &[], false),
            (&[(HOST, "e.Windows.com")], &[], false),
            (&[(HOST, "example.com"), (HOST, "com")], &[], true),
            (&[(HOST, "com")], &[(HOST, "Windows.com")], false),
            (&[(HOST, "com")], &[(HOST, "dows.com"), (ADDRESS, "")], true),
            (&[(MAIL, "example.com")], &[(ADDRESS, "")], true),
            (&[(DIRECTORY, "")], &[], false),
        ];
        for (permitted, excluded, allowed) in table {
            let fields = [
                wrap(tag::CONTEXT_0, &subtrees(permitted)),
                wrap(tag::CONTEXT_1, &subtrees(excluded)),
            ];
            let extension = wrap(tag::SEQUENCE, &fields.concat());
            assert_eq!(
                may_certify(&extension, "Seville.Windows.com"),
                Ok(allowed),
                "{permitted:?} {excluded:?}"
            );
        }
    }
}
