//! A supplemental policy for App Control.
//!
//! Shape: the schema `cipolicy.xsd` of Windows, namespace `urn:schemas-microsoft-com:sipolicy`. Scenario 12
//! is that of user mode. A supplemental policy adds to what its base allows and needs a base that lets it
//! (option 17), and Server 2022.

use super::{Allowed, PublisherRule, capitals, publishers};
use crate::formats::guid::Guid;
use crate::gpo::xml::Element;

/// The platform of all policies.
const PLATFORM: &str = "{2E07F7E4-194C-4D20-B7C9-6F44A6C5A234}";
/// The base that Microsoft's templates have; `Set-CIPolicyIdInfo -SupplementsBasePolicyID` names another.
const TEMPLATE_BASE: &str = "{A244370E-44C9-4C06-B551-F6016E563076}";
/// What the version resource of every bootstrap has.
const PRODUCT: &str = "Gangway";
/// The rule that narrows a publisher to that product.
const PRODUCT_RULE: &str = "ID_FILEATTRIB_GW";

pub(super) fn policy(of: &Allowed) -> Element {
    let publishers = publishers(of);
    let hashes = hashes(of);
    let signers = publishers
        .iter()
        .enumerate()
        .map(|(index, publisher)| signer(&id("ID_SIGNER", index), publisher));
    let rule = Element::new("Rule").child(Element::with_text(
        "Option",
        "Enabled:Unsigned System Integrity Policy",
    ));
    let policy = Guid::derive(&["allow", "app-control", &of.identity]);
    Element::new("SiPolicy")
        .attribute("xmlns", "urn:schemas-microsoft-com:sipolicy")
        .attribute("FriendlyName", format!("Gangway {}", of.bundle_id))
        .attribute("PolicyType", "Supplemental Policy")
        .child(Element::with_text("VersionEx", version(of.sequence)))
        .child(Element::with_text("PlatformID", PLATFORM))
        .child(Element::with_text("BasePolicyID", TEMPLATE_BASE))
        .child(Element::with_text("PolicyID", policy.to_string()))
        .child(Element::new("Rules").child(rule))
        .child(file_rules(&hashes, !publishers.is_empty()))
        .child(Element::new("Signers").extend(signers))
        .child(Element::new("SigningScenarios").child(scenario(&hashes, publishers.len())))
}

/// A rule that allows one digest.
struct HashRule {
    id: String,
    name: String,
    digest: String,
}

/// Both digests of every program: which one is asked for depends on the version of Windows.
fn hashes(of: &Allowed) -> Vec<HashRule> {
    let digests = of.programs.iter().flat_map(|program| {
        [("Sha1", &program.sha1), ("Sha256", &program.sha256)]
            .map(|(kind, digest)| (format!("{} Hash {kind}", program.name), capitals(digest)))
    });
    digests
        .enumerate()
        .map(|(index, (name, digest))| HashRule {
            id: id("ID_ALLOW", index),
            name,
            digest,
        })
        .collect()
}

/// The schema wants a letter behind the beginning.
fn id(beginning: &str, index: usize) -> String {
    format!("{beginning}_GW_{}", index + 1)
}

fn file_rules(hashes: &[HashRule], has_publishers: bool) -> Element {
    let allow = hashes.iter().map(|rule| {
        Element::new("Allow")
            .attribute("ID", &rule.id)
            .attribute("FriendlyName", &rule.name)
            .attribute("Hash", &rule.digest)
    });
    let files = Element::new("FileRules").extend(allow);
    match has_publishers {
        false => files,
        true => files.child(
            Element::new("FileAttrib")
                .attribute("ID", PRODUCT_RULE)
                .attribute("FriendlyName", "Bootstraps of Gangway")
                .attribute("ProductName", PRODUCT),
        ),
    }
}

fn scenario(hashes: &[HashRule], publishers: usize) -> Element {
    let mut product = Element::new("ProductSigners");
    if publishers > 0 {
        let allowed = (0..publishers).map(|index| {
            Element::new("AllowedSigner").attribute("SignerId", id("ID_SIGNER", index))
        });
        product = product.child(Element::new("AllowedSigners").extend(allowed));
    }
    let references = hashes
        .iter()
        .map(|rule| Element::new("FileRuleRef").attribute("RuleID", &rule.id));
    Element::new("SigningScenario")
        .attribute("Value", "12")
        .attribute("ID", "ID_SIGNINGSCENARIO_GW")
        .attribute("FriendlyName", "User mode")
        .child(product.child(Element::new("FileRulesRef").extend(references)))
}

fn signer(id: &str, publisher: &PublisherRule) -> Element {
    let root = Element::new("CertRoot")
        .attribute("Type", "TBS")
        .attribute("Value", capitals(&publisher.authority_tbs));
    Element::new("Signer")
        .attribute("ID", id)
        .attribute("Name", &publisher.authority_name)
        .child(root)
        .child(Element::new("CertPublisher").attribute("Value", &publisher.common_name))
        .child(Element::new("FileAttribRef").attribute("RuleID", PRODUCT_RULE))
}

/// Four numbers of 16 bits that rise with the sequence.
fn version(sequence: u64) -> String {
    let parts = [48, 32, 16, 0].map(|shift| (sequence >> shift & 0xFFFF).to_string());
    parts.join(".")
}
