//! Which GPO is linked where, as `--link` takes it.

use std::fmt;

use super::distinguished_name::{Part, parse};
use super::plan::Desired;
use crate::gpo::own::{self, EXCLUSIONS};
use crate::nearest::nearest;

/// A link that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Folder of the one policy that is linked; none for those that concern every server: task and
    /// settings, and never the exclusions of a role, which would open every server for them.
    which: Option<String>,
    /// Domain or unit, by distinguished name.
    pub target: String,
}

impl Link {
    /// Is it for this GPO?
    pub fn is_for(&self, gpo: &Desired) -> bool {
        match &self.which {
            Some(which) => *which == gpo.purpose,
            None => !gpo.purpose.starts_with(EXCLUSIONS),
        }
    }
}

impl Link {
    /// How the one policy is called that is linked.
    pub(super) fn which(&self) -> Option<String> {
        let removal = Removal::One(self.which.clone()?);
        Some(removal.to_string())
    }

    /// Is the target a site?
    pub(super) fn is_of_a_site(&self) -> bool {
        is_a_site(&self.parts())
    }

    /// The domain that the target is of: the `DC` parts that its name ends with, in lower case. None
    /// when there is none.
    pub(super) fn domain(&self) -> Option<String> {
        let parts = self.parts();
        let first = parts.iter().position(|part| is_part(part, "dc", None))?;
        let domain = parts.get(first..).filter(|domain| is_domain(domain))?;
        let labels: Vec<String> = domain
            .iter()
            .map(|part| part.value.to_ascii_lowercase())
            .collect();
        Some(labels.join("."))
    }

    /// Of the target, which was read before.
    fn parts(&self) -> Vec<Part> {
        parse(&self.target).unwrap_or_default()
    }
}

/// Is a part of a distinguished name of this attribute, and of this value where one is asked for?
fn is_part(part: &Part, attribute: &str, value: Option<&str>) -> bool {
    part.attribute == attribute && value.is_none_or(|value| part.value.eq_ignore_ascii_case(value))
}

fn is_domain(parts: &[Part]) -> bool {
    !parts.is_empty() && parts.iter().all(|part| is_part(part, "dc", None))
}

fn is_a_site(parts: &[Part]) -> bool {
    let [site, sites, configuration, domain @ ..] = parts else {
        return false;
    };
    is_part(site, "cn", None)
        && is_part(sites, "cn", Some("sites"))
        && is_part(configuration, "cn", Some("configuration"))
        && is_domain(domain)
}

/// Why nothing with this name can hold a link; none when something may.
///
/// Policies are linked to sites, domains and organizational units (MS-GPOL 1.1.5, scope of management):
/// the classes `site`, `domainDNS` and `organizationalUnit` have the attribute `gPLink`, and a container
/// such as `CN=Users` has none.
fn cannot_be_linked(dn: &str) -> Option<String> {
    if dn.chars().any(char::is_control) {
        return Some(format!(
            "`{}` holds a line break or another control character",
            dn.escape_debug()
        ));
    }
    let parts = match parse(dn) {
        Ok(parts) => parts,
        Err(why) => return Some(format!("`{dn}` is no distinguished name: {why}")),
    };
    // One label of a DNS name each (RFC 4519 2.4).
    if let Some(part) = parts
        .iter()
        .find(|part| is_part(part, "dc", None) && part.value.contains(['.', ' ']))
    {
        return Some(format!(
            "`{dn}`: `DC={}` is no single label of a domain's name; write `DC=contoso,DC=com`",
            part.value.escape_debug()
        ));
    }
    let is_unit = parts.first().is_some_and(|part| is_part(part, "ou", None));
    if is_unit || is_domain(&parts) || is_a_site(&parts) {
        return None;
    }
    Some(format!(
        "`{dn}` can hold no link: a unit (`OU=…`), a domain (`DC=…` alone) and a site \
         (`CN=NAME,CN=Sites,CN=Configuration,DC=…`) can; a container such as `CN=Users` cannot"
    ))
}

/// Words for a policy of which a bundle has one.
const PURPOSES: [&str; 3] = [own::DEPLOY, own::SETTINGS, own::OFFBOARD];

/// The folder of the policy that a word of the command line means, whatever its case.
fn purpose_of(word: &str) -> Option<String> {
    let word = word.to_ascii_lowercase();
    if let Some(role) = word.strip_prefix("role:").filter(|role| !role.is_empty()) {
        return Some(format!("{EXCLUSIONS}{}", own::slug(role)));
    }
    PURPOSES.contains(&word.as_str()).then_some(word)
}

/// Does a distinguished name of something that can be linked to begin so?
fn begins_a_name(text: &str) -> bool {
    text.split_once('=').is_some_and(|(attribute, _)| {
        ["ou", "dc", "cn"].contains(&attribute.trim().to_ascii_lowercase().as_str())
    })
}

/// The nearest word for a policy, as a question; empty when none is near.
fn did_you_mean(word: &str) -> String {
    let known = PURPOSES.iter().copied();
    nearest(word, known.chain(["role"]))
        .map(|name| format!("did you mean `{name}`? "))
        .unwrap_or_default()
}

/// Which policies of a bundle are taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// All that it has.
    All,
    /// The one with this folder.
    One(String),
}

impl Removal {
    /// Is it for this GPO?
    pub fn is_for(&self, gpo: &Desired) -> bool {
        match self {
            Self::All => true,
            Self::One(purpose) => *purpose == gpo.purpose,
        }
    }
}

impl std::str::FromStr for Removal {
    type Err = String;

    /// `all`, `deploy`, `settings`, `offboard` or `role:NAME`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("all") {
            return Ok(Self::All);
        }
        purpose_of(text).map(Self::One).ok_or_else(|| {
            format!(
                "{}expected `all`, `deploy`, `settings`, `offboard` or `role:NAME`",
                did_you_mean(text)
            )
        })
    }
}

impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::One(purpose) => match purpose.strip_prefix(EXCLUSIONS) {
                Some(role) => write!(f, "role:{role}"),
                None => f.write_str(purpose),
            },
        }
    }
}

/// How a policy is called in `--link`.
pub(super) fn name_of(gpo: &Desired) -> String {
    match gpo.purpose.strip_prefix(EXCLUSIONS) {
        Some(role) => format!("role:{role}"),
        None => gpo.purpose.clone(),
    }
}

impl std::str::FromStr for Link {
    type Err = String;

    /// `DN`, `deploy=DN`, `settings=DN`, `offboard=DN` or `role:NAME=DN`. No distinguished name begins
    /// with one of these words.
    fn from_str(text: &str) -> Result<Self, String> {
        let (which, target) = match text.split_once('=') {
            Some((word, target)) => match purpose_of(word) {
                Some(purpose) => (Some(purpose), target),
                None if begins_a_name(target) => {
                    return Err(format!(
                        "`{word}` is no policy; {}write `deploy=`, `settings=`, `offboard=` or \
                         `role:NAME=` before the distinguished name",
                        did_you_mean(word)
                    ));
                }
                None => (None, text),
            },
            None => (None, text),
        };
        if !begins_a_name(target) {
            return Err(
                "expected a distinguished name such as `OU=Servers,DC=contoso,DC=com`, with \
                 `deploy=`, `settings=`, `offboard=` or `role:NAME=` before it for one policy alone"
                    .to_owned(),
            );
        }
        if let Some(why) = cannot_be_linked(target) {
            return Err(why);
        }
        Ok(Self {
            which,
            target: target.to_owned(),
        })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.which.as_deref() {
            Some(which) => match which.strip_prefix(EXCLUSIONS) {
                Some(role) => write!(f, "role:{role}={}", self.target),
                None => write!(f, "{which}={}", self.target),
            },
            None => f.write_str(&self.target),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_hold_a_link_is_taken() {
        for (dn, refused) in [
            ("OU=Servers,DC=contoso,DC=com", None),
            ("ou = Servers , dc=contoso,dc=com", None),
            (r"OU=a\,b,OU=Servers,DC=contoso,DC=com", None),
            ("DC=contoso,DC=com", None),
            (
                "CN=Berlin,CN=Sites,CN=Configuration,DC=contoso,DC=com",
                None,
            ),
            ("CN=Users,DC=contoso,DC=com", Some("can hold no link")),
            (
                "CN=Computers,OU=x,DC=contoso,DC=com",
                Some("can hold no link"),
            ),
            (
                "CN=Sites,CN=Configuration,DC=contoso,DC=com",
                Some("can hold no link"),
            ),
            (
                "CN=a,CN=b,CN=Sites,CN=Configuration,DC=contoso,DC=com",
                Some("can hold no link"),
            ),
            ("DC=x,OU=y,DC=contoso,DC=com", Some("can hold no link")),
            (r"OU=Servers,DC=con\74oso,DC=com", None),
            ("OU=,DC=contoso,DC=com", Some("is empty")),
            ("OU=Servers,,DC=contoso,DC=com", Some("is no part of one")),
            ("OU=Servers,DC=contoso,DC=com,", Some("is no part of one")),
            ("OU=Servers,contoso,DC=com", Some("is no part of one")),
            ("OU=a+OU=b,DC=contoso,DC=com", Some("several attributes")),
            ("OU=Servers,DC=contoso.com", Some("no single label")),
            ("OU=Ser\nvers,DC=contoso,DC=com", Some("line break")),
            ("OU=Servers,DC=contoso,DC=com\r", Some("line break")),
            ("OU=\u{1b}[2J,DC=contoso,DC=com", Some("control character")),
        ] {
            for text in [dn.to_owned(), format!("deploy={dn}")] {
                match (text.parse::<Link>(), refused) {
                    (Ok(link), None) => assert_eq!(link.target, dn),
                    (Err(why), Some(told)) => {
                        assert!(
                            why.contains(told) && !why.contains(char::is_control),
                            "{why}"
                        );
                    }
                    (found, _) => panic!("{text:?}: {found:?}"),
                }
            }
        }
    }
}
