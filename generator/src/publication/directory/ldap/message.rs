//! Questions and answers of LDAP (RFC 4511), as far as publication needs them.

use std::collections::BTreeMap;

use super::ber::{Malformed, Reader, element, group, number, tag, text};
use super::refusal::Outcome;
use crate::publication::directory::filter::Filter;
use crate::publication::directory::{AttributeChange, Depth, Entry};

/// Tags of operations: questions, and the last message of each one's answer.
pub(super) mod operation {
    pub(in super::super) const BIND: u8 = 0x60;
    pub(in super::super) const BIND_DONE: u8 = 0x61;
    pub(in super::super) const SEARCH: u8 = 0x63;
    pub(in super::super) const SEARCH_ENTRY: u8 = 0x64;
    pub(in super::super) const SEARCH_DONE: u8 = 0x65;
    pub(in super::super) const SEARCH_REFERENCE: u8 = 0x73;
    pub(in super::super) const MODIFY: u8 = 0x66;
    pub(in super::super) const MODIFY_DONE: u8 = 0x67;
    pub(in super::super) const ADD: u8 = 0x68;
    pub(in super::super) const ADD_DONE: u8 = 0x69;
    pub(in super::super) const DELETE: u8 = 0x4a;
    pub(in super::super) const DELETE_DONE: u8 = 0x6b;
    pub(in super::super) const EXTENDED: u8 = 0x77;
    pub(in super::super) const EXTENDED_DONE: u8 = 0x78;
}

/// The extended operation StartTLS (RFC 4511, section 4.14).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// Asks for owner, group and list of a descriptor, without the system list, which only
/// auditors may read (`LDAP_SERVER_SD_FLAGS_OID`, MS-ADTS 3.1.1.3.4.1.11).
const DESCRIPTOR_FLAGS: &str = "1.2.840.113556.1.4.801";
/// The value 7 as a BER sequence of one integer.
const OWNER_GROUP_DACL: [u8; 5] = [0x30, 0x03, 0x02, 0x01, 0x07];
/// The value 4, likewise: a change of the list alone.
const DACL: [u8; 5] = [0x30, 0x03, 0x02, 0x01, 0x04];
/// Matches through groups in groups (`LDAP_MATCHING_RULE_TRANSITIVE_EVAL`, MS-ADTS 3.1.1.3.4.4.3).
const TRANSITIVE: &[u8] = b"1.2.840.113556.1.4.1941";
/// Deletes what is below too (`LDAP_SERVER_TREE_DELETE_OID`).
const TREE_DELETE: &str = "1.2.840.113556.1.4.805";

/// Tag of `serverSaslCreds`.
const SASL_TOKEN: u8 = 0x87;

/// A question: the operation, and its controls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    operation: Vec<u8>,
    controls: Vec<Vec<u8>>,
    /// Tag of the message that ends the answer.
    pub(super) end: u8,
}

impl Question {
    fn new(operation: Vec<u8>, end: u8) -> Self {
        Self {
            operation,
            controls: Vec::new(),
            end,
        }
    }

    /// As it goes over the line.
    pub(super) fn to_bytes(&self, id: u32) -> Vec<u8> {
        let mut parts = vec![number(tag::INTEGER, id), self.operation.clone()];
        if !self.controls.is_empty() {
            parts.push(group(0xa0, &self.controls));
        }
        group(tag::SEQUENCE, &parts)
    }
}

/// A bind by name and password.
pub(super) fn bind(user: &str, password: &str) -> Question {
    let parts = [
        number(tag::INTEGER, 3),
        text(user),
        element(0x80, password.as_bytes()),
    ];
    Question::new(group(operation::BIND, &parts), operation::BIND_DONE)
}

/// One step of a bind by a SASL mechanism (RFC 4511, section 4.2); no token is an empty one.
pub(super) fn bind_by(mechanism: &str, token: &[u8]) -> Question {
    let credentials = [text(mechanism), element(tag::OCTET_STRING, token)];
    let parts = [number(tag::INTEGER, 3), text(""), group(0xa3, &credentials)];
    Question::new(group(operation::BIND, &parts), operation::BIND_DONE)
}

/// May the connection be encrypted now?
pub(super) fn start_tls() -> Question {
    let name = element(0x80, START_TLS.as_bytes());
    Question::new(
        element(operation::EXTENDED, &name),
        operation::EXTENDED_DONE,
    )
}

/// A search that follows no alias and asks for some attributes.
pub(super) fn search(
    base: &str,
    depth: Depth,
    filter: Filter<'_>,
    attributes: &[&str],
) -> Question {
    let scope = match depth {
        Depth::Object => 0,
        Depth::Children => 1,
        Depth::Tree => 2,
    };
    let attributes: Vec<Vec<u8>> = attributes.iter().map(|name| text(name)).collect();
    let parts = [
        text(base),
        number(tag::ENUMERATED, scope),
        number(tag::ENUMERATED, 0),
        // No limits of size and time but the server's.
        number(tag::INTEGER, 0),
        number(tag::INTEGER, 0),
        element(tag::BOOLEAN, &[0]),
        condition(filter),
        group(tag::SEQUENCE, &attributes),
    ];
    let mut question = Question::new(group(operation::SEARCH, &parts), operation::SEARCH_DONE);
    let value = element(tag::OCTET_STRING, &OWNER_GROUP_DACL);
    question
        .controls
        .push(group(tag::SEQUENCE, &[text(DESCRIPTOR_FLAGS), value]));
    question
}

fn condition(filter: Filter<'_>) -> Vec<u8> {
    match filter {
        Filter::All => element(0x87, b"objectClass"),
        Filter::Equals(name, value) => group(0xa3, &[text(name), text(value)]),
        Filter::Contains(name, value) => {
            let anywhere = element(0x81, value.as_bytes());
            group(0xa4, &[text(name), element(tag::SEQUENCE, &anywhere)])
        }
        // `extensibleMatch` (RFC 4511, section 4.5.1.7.7): rule, attribute, value.
        Filter::MembersOf(dn) => {
            let parts = [
                element(0x81, TRANSITIVE),
                element(0x82, b"memberOf"),
                element(0x83, dn.as_bytes()),
            ];
            group(0xa9, &parts)
        }
    }
}

/// Adds an object.
pub(super) fn add(dn: &str, attributes: &[(String, String)]) -> Question {
    let attributes: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(name, value)| attribute(name, Some(value)))
        .collect();
    let parts = [text(dn), group(tag::SEQUENCE, &attributes)];
    Question::new(group(operation::ADD, &parts), operation::ADD_DONE)
}

/// Changes an object.
pub(super) fn modify(dn: &str, changes: &[AttributeChange]) -> Question {
    let changes: Vec<Vec<u8>> = changes
        .iter()
        .map(|change| {
            let (kind, attribute) = match change {
                AttributeChange::Add(name, value) => (0, attribute(name, Some(value))),
                AttributeChange::Delete(name, value) => (1, attribute(name, Some(value))),
                AttributeChange::Replace(name, value) => (2, attribute(name, value.as_deref())),
            };
            group(tag::SEQUENCE, &[number(tag::ENUMERATED, kind), attribute])
        })
        .collect();
    let parts = [text(dn), group(tag::SEQUENCE, &changes)];
    Question::new(group(operation::MODIFY, &parts), operation::MODIFY_DONE)
}

fn attribute(name: &str, value: Option<&str>) -> Vec<u8> {
    let values: Vec<Vec<u8>> = value.into_iter().map(text).collect();
    group(tag::SEQUENCE, &[text(name), group(tag::SET, &values)])
}

/// Gives an object another list of permissions. A server that does not know the control shall not take
/// the rest of the descriptor for meant.
pub(super) fn set_permissions(dn: &str, descriptor: &[u8]) -> Question {
    let values = [element(tag::OCTET_STRING, descriptor)];
    let attribute = [text("nTSecurityDescriptor"), group(tag::SET, &values)];
    let change = [number(tag::ENUMERATED, 2), group(tag::SEQUENCE, &attribute)];
    let changes = [group(tag::SEQUENCE, &change)];
    let parts = [text(dn), group(tag::SEQUENCE, &changes)];
    let mut question = Question::new(group(operation::MODIFY, &parts), operation::MODIFY_DONE);
    let critical = element(tag::BOOLEAN, &[0xff]);
    let value = element(tag::OCTET_STRING, &DACL);
    question.controls.push(group(
        tag::SEQUENCE,
        &[text(DESCRIPTOR_FLAGS), critical, value],
    ));
    question
}

/// Deletes an object and what is below it.
pub(super) fn delete_tree(dn: &str) -> Question {
    let operation = element(operation::DELETE, dn.as_bytes());
    let mut question = Question::new(operation, operation::DELETE_DONE);
    // A server that does not know the control shall not delete less than was asked.
    let critical = element(tag::BOOLEAN, &[0xff]);
    question
        .controls
        .push(group(tag::SEQUENCE, &[text(TREE_DELETE), critical]));
    question
}

/// One message of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer<'a> {
    /// Of the question; 0 is a server that speaks unasked.
    pub(super) id: u32,
    /// Tag of the answer's kind (RFC 4511 4.2 to 4.14).
    pub(super) operation: u8,
    content: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Reads what stands in the outermost sequence. Controls of a server are passed over.
    pub(super) fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut parts = Reader::new(message);
        let id = parts.number(tag::INTEGER)?;
        let (operation, content) = parts.next()?.ok_or(Malformed)?;
        Ok(Self {
            id,
            operation,
            content,
        })
    }

    /// How the operation went.
    pub(super) fn outcome(&self) -> Result<Outcome, Malformed> {
        let mut parts = Reader::new(self.content);
        let code = parts.number(tag::ENUMERATED)?;
        parts.expect(tag::OCTET_STRING)?;
        let text = parts.expect(tag::OCTET_STRING)?;
        let token = match self.operation {
            operation::BIND_DONE => self.token()?.to_vec(),
            _ => Vec::new(),
        };
        Ok(Outcome {
            code,
            text: String::from_utf8_lossy(text).into_owned(),
            token,
        })
    }

    /// What a SASL mechanism is told by the outcome of a bind: `serverSaslCreds` (RFC 4511, section
    /// 4.2.2).
    fn token(&self) -> Result<&'a [u8], Malformed> {
        let mut parts = Reader::new(self.content);
        let mut token = None;
        while let Some((tag, content)) = parts.next()? {
            if tag == SASL_TOKEN && token.replace(content).is_some() {
                return Err(Malformed);
            }
        }
        Ok(token.unwrap_or_default())
    }

    /// An object of a search: those of its attributes that were asked for. `values` is how many
    /// values the answer may still have.
    pub(super) fn entry(
        &self,
        asked: &[&str],
        values: &mut usize,
    ) -> Result<Option<Entry>, Malformed> {
        let mut parts = Reader::new(self.content);
        let dn = String::from_utf8_lossy(parts.expect(tag::OCTET_STRING)?).into_owned();
        let mut list = Reader::new(parts.expect(tag::SEQUENCE)?);
        let mut attributes: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        while let Some((kind, attribute)) = list.next()? {
            if kind != tag::SEQUENCE {
                return Err(Malformed);
            }
            let mut attribute = Reader::new(attribute);
            let name = String::from_utf8_lossy(attribute.expect(tag::OCTET_STRING)?);
            let mut set = Reader::new(attribute.expect(tag::SET)?);
            if !asked.iter().any(|one| one.eq_ignore_ascii_case(&name)) {
                continue;
            }
            let of_attribute = attributes.entry(name.to_lowercase()).or_default();
            while let Some((_, value)) = set.next()? {
                match values.checked_sub(1) {
                    Some(left) => *values = left,
                    None => return Ok(None),
                }
                of_attribute.push(value.to_vec());
            }
        }
        Ok(Some(Entry { dn, attributes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_by_a_mechanism_is_written_as_rfc_4511_has_it() {
        for (token, credentials) in [
            (&b"ab"[..], &b"\xa3\x0c\x04\x06GSSAPI\x04\x02ab"[..]),
            (b"", b"\xa3\x0a\x04\x06GSSAPI\x04\x00"),
        ] {
            let bind = [&b"\x02\x01\x03\x04\x00"[..], credentials].concat();
            let operation = element(0x60, &bind);
            let wanted = element(0x30, &[&b"\x02\x01\x05"[..], &operation].concat());
            assert_eq!(bind_by("GSSAPI", token).to_bytes(5), wanted);
        }
    }

    #[test]
    fn the_token_of_a_server_is_read_or_refused() {
        let good = b"\x0a\x01\x0e\x04\x00\x04\x00";
        for (after, wanted) in [
            (&b"\x87\x02xy"[..], Ok(&b"xy"[..])),
            (b"", Ok(b"")),
            (b"\x87\x00", Ok(b"")),
            // Behind a referral.
            (b"\xa3\x03\x04\x01u\x87\x01x", Ok(b"x")),
            (b"\x87\x01x\x87\x01y", Err(Malformed)),
            (b"\x87\x05x", Err(Malformed)),
            (b"\x87", Err(Malformed)),
        ] {
            let operation = element(operation::BIND_DONE, &[&good[..], after].concat());
            let message = [&b"\x02\x01\x01"[..], &operation].concat();
            let answer = Answer::read(&message).unwrap();
            let outcome = answer
                .outcome()
                .map(|outcome| (outcome.code, outcome.token));
            assert_eq!(
                outcome,
                wanted.map(|token| (14, token.to_vec())),
                "{after:?}"
            );
        }
    }
}
