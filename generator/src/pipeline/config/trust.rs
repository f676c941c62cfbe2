//! Whom `[trust.signers]` names: a pin that can never match would be found out by a file that is
//! refused, or not at all.

use crate::intake::{SignerRule, TrustSettings};

/// What is wrong with a rule.
pub(super) struct TrustFault {
    /// Section and field.
    pub(super) field: &'static str,
    /// The text that is at fault.
    pub(super) entry: String,
    /// What is wrong with it.
    pub(super) why: String,
    /// What to write instead.
    pub(super) hint: &'static str,
}

/// Keys of one rule: organisations, roots, usages.
type Keys = [&'static str; 3];

macro_rules! keys {
    ($kind:literal) => {
        [
            concat!("trust.signers.", $kind, ".organizations"),
            concat!("trust.signers.", $kind, ".roots"),
            concat!("trust.signers.", $kind, ".extended_key_usages"),
        ]
    };
}

/// The first entry that no certificate can have.
pub(super) fn trust_fault(trust: &TrustSettings) -> Option<TrustFault> {
    let signers = &trust.signers;
    let rules: [(Keys, &SignerRule); 4] = [
        (keys!("agent"), &signers.agent),
        (keys!("scripts"), &signers.scripts),
        (keys!("updates"), &signers.updates),
        (keys!("tools"), &signers.tools),
    ];
    rules
        .into_iter()
        .find_map(|(keys, rule)| rule_fault(keys, rule))
}

fn rule_fault([organizations, roots, usages]: Keys, rule: &SignerRule) -> Option<TrustFault> {
    if rule.organizations.is_empty() {
        return Some(TrustFault {
            field: organizations,
            entry: String::new(),
            why: "is empty, so that nobody could have signed".to_owned(),
            hint: "write the organisation (`O=`) of the signing certificate, or leave the key out",
        });
    }
    let fault = |field, entry: &String, what: &str, hint| TrustFault {
        field,
        entry: entry.clone(),
        why: format!("holds `{entry}`, which is no {what}"),
        hint,
    };
    if let Some(root) = rule.roots.iter().find(|root| !is_sha256(root)) {
        let hint = "write the SHA-256 of the root certificate, 64 hex digits without separators, as \
                    `openssl x509 -fingerprint -sha256` tells it with colons";
        return Some(fault(roots, root, "SHA-256", hint));
    }
    let usage = rule
        .extended_key_usages
        .iter()
        .find(|usage| !is_oid(usage))?;
    let hint = "write the dotted number of the usage, as `1.3.6.1.4.1.311.10.3.6`";
    Some(fault(usages, usage, "object identifier", hint))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Two numbers at least; the first is 0, 1 or 2, and the second below 40 under 0 and 1 (X.660).
fn is_oid(text: &str) -> bool {
    let is_number = |part: &str| {
        let has_zero_before = part.len() > 1 && part.starts_with('0');
        !part.is_empty() && !has_zero_before && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut parts = text.split('.');
    let (first, second) = (parts.next(), parts.next());
    let second = second.filter(|part| is_number(part));
    let begins = match (first, second) {
        (Some("0" | "1"), Some(second)) => second.parse::<u8>().is_ok_and(|number| number < 40),
        (Some("2"), Some(_)) => true,
        _ => false,
    };
    begins && parts.all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_identifier_is_numbers_with_dots() {
        for (text, wanted) in [
            ("1.3.6.1.4.1.311.10.3.6", true),
            ("2.999", true),
            ("1.40", false),
            ("3.1", false),
            ("1", false),
            ("", false),
            ("1.3.", false),
            ("1.03", false),
            ("codeSigning", false),
            ("1.3.6.1 ", false),
        ] {
            assert_eq!(is_oid(text), wanted, "{text}");
        }
    }
}
