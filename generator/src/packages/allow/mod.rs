//! Rules that let the bootstrap run where application control decides: a supplemental policy for App
//! Control and a policy for AppLocker.
//!
//! By digest always: the Authenticode digest, which signing does not change. By publisher where the
//! signature carries its issuer and the keys are RSA of at most 4096 bits, for App Control matches no
//! others.

mod app_control;
mod app_locker;
#[cfg(test)]
mod tests;

use gangway_contract::BundleId;

use crate::formats::authenticode::Publisher;
use crate::formats::digest::hex;
use crate::formats::x509::Name;
use crate::gpo::xml::{self, Declaration, Element, Node, WriteError};

/// Longest RSA key of a signer that App Control matches, in bits.
const LONGEST_RSA_BITS: usize = 4096;

/// What the rules are made of.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// What stands for the organisation in GUIDs.
    pub identity: String,
    /// The bundle that the rules come with.
    pub bundle_id: BundleId,
    /// Its sequence, the version of the policy.
    pub sequence: u64,
    /// Every bootstrap that may run.
    pub programs: Vec<AllowedProgram>,
}

/// A bootstrap.
#[derive(Debug, Clone)]
pub struct AllowedProgram {
    /// File name.
    pub name: String,
    /// Size as it is signed, in bytes.
    pub size: u64,
    /// Authenticode digest, SHA-1.
    pub sha1: Vec<u8>,
    /// Authenticode digest, SHA-256.
    pub sha256: Vec<u8>,
    /// Who signed it, when rules can name it.
    pub publisher: Option<PublisherRule>,
}

/// A publisher as both kinds of rules name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublisherRule {
    /// Common name of the signer.
    pub common_name: String,
    /// Digest of what was signed of the issuer's certificate, by that signature's own hash.
    pub authority_tbs: Vec<u8>,
    /// Common name of the issuer, for people.
    pub authority_name: String,
    /// `O=…, L=…, S=…, C=…` in capitals; none for a signer without organisation.
    pub app_locker_name: Option<String>,
}

impl PublisherRule {
    /// Of a signer.
    ///
    /// # Errors
    /// In words: App Control would match no rule by it.
    pub fn of(publisher: &Publisher) -> Result<Self, &'static str> {
        let Publisher { leaf, authority } = publisher;
        let matched = [leaf, authority].into_iter().all(|one| {
            let bits = one.public_key().rsa_bits();
            bits.is_some_and(|bits| bits <= LONGEST_RSA_BITS)
        });
        if !matched {
            return Err("a key of its signature is not RSA, or longer than 4096 bits");
        }
        let common_name = leaf.subject().common_name();
        Ok(Self {
            common_name: common_name
                .ok_or("the signer's certificate has no common name")?
                .to_owned(),
            authority_tbs: authority
                .to_be_signed_digest()
                .ok_or("the issuer's certificate is signed by an unknown hash")?,
            authority_name: authority
                .subject()
                .common_name()
                .unwrap_or_default()
                .to_owned(),
            app_locker_name: app_locker_name(leaf.subject()),
        })
    }
}

/// The parts that AppLocker compares, in its order and in capitals.
fn app_locker_name(subject: &Name) -> Option<String> {
    subject.organization()?;
    let parts = [
        ("O", subject.organization()),
        ("L", subject.locality()),
        ("S", subject.state()),
        ("C", subject.country()),
    ];
    let parts = parts.into_iter().filter_map(|(kind, value)| {
        let value = value?.to_uppercase();
        Some(format!("{kind}={value}"))
    });
    Some(parts.collect::<Vec<_>>().join(", "))
}

/// A file of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowFile {
    /// Without its folder.
    pub name: &'static str,
    /// UTF-8, with a declaration.
    pub bytes: Vec<u8>,
}

/// Both policies.
///
/// # Errors
/// A name holds a character that XML cannot express.
pub fn allow_rules(of: &Allowed) -> Result<[AllowFile; 2], WriteError> {
    let file = |name, root: Element| {
        let bytes = xml::write(&indented(root, 0), Declaration::Utf8)?;
        Ok(AllowFile { name, bytes })
    };
    Ok([
        file("AppControl.xml", app_control::policy(of))?,
        file("AppLocker.xml", app_locker::policy(of))?,
    ])
}

/// Publishers of all programs, each once.
fn publishers(of: &Allowed) -> Vec<&PublisherRule> {
    let mut found: Vec<&PublisherRule> = Vec::new();
    for publisher in of.programs.iter().filter_map(|one| one.publisher.as_ref()) {
        if !found.contains(&publisher) {
            found.push(publisher);
        }
    }
    found
}

/// Digits in capitals, as both tools write them.
fn capitals(digest: &[u8]) -> String {
    hex(digest).to_uppercase()
}

/// Each element on a line of its own: people read policies before they take them.
fn indented(mut element: Element, depth: usize) -> Element {
    let has_elements = element.elements().next().is_some();
    if !has_elements {
        return element;
    }
    let line = |depth: usize| Node::Text(format!("\n{}", "  ".repeat(depth)));
    let children = std::mem::take(&mut element.children);
    for child in children {
        element.children.push(line(depth + 1));
        element.children.push(match child {
            Node::Element(child) => Node::Element(indented(child, depth + 1)),
            other => other,
        });
    }
    element.children.push(line(depth));
    element
}
