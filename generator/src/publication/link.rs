//! Which GPO is linked where, as `--link` takes it.

use std::fmt;

use super::plan::Desired;

/// Begin of the folder of a GPO with a role's exclusions.
const EXCLUSIONS: &str = "exclusions-";

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
    /// Is the target a site?
    pub(super) fn is_of_a_site(&self) -> bool {
        let folder = "cn=sites,cn=configuration,dc=";
        self.target.to_ascii_lowercase().contains(folder)
    }

    /// The domain that the target is of: the `DC` parts that its name ends with, in lower case. None
    /// when there is none.
    pub(super) fn domain(&self) -> Option<String> {
        let mut labels = Vec::new();
        for part in parts(&self.target).into_iter().rev() {
            match part.split_once('=') {
                Some((name, label)) if name.trim().eq_ignore_ascii_case("dc") => {
                    labels.push(label.trim().to_ascii_lowercase());
                }
                _ => break,
            }
        }
        labels.reverse();
        (!labels.is_empty()).then(|| labels.join("."))
    }
}

/// The parts of a distinguished name; a comma behind a backslash parts nothing (RFC 4514 2.4).
fn parts(dn: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, byte) in dn.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b',' => {
                parts.push(&dn[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&dn[start..]);
    parts
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
            Some((word, target)) => match word.to_ascii_lowercase().as_str() {
                known @ ("deploy" | "settings" | "offboard") => (Some(known.to_owned()), target),
                word => match word.strip_prefix("role:") {
                    Some(role) => {
                        let folder = format!("{EXCLUSIONS}{}", role.replace(' ', "-"));
                        (Some(folder), target)
                    }
                    None => (None, text),
                },
            },
            None => (None, text),
        };
        let begins_well = target.split_once('=').is_some_and(|(attribute, _)| {
            ["ou", "dc", "cn"].contains(&attribute.trim().to_ascii_lowercase().as_str())
        });
        if !begins_well {
            return Err(
                "expected a distinguished name such as `OU=Servers,DC=contoso,DC=com`, with \
                 `deploy=`, `settings=`, `offboard=` or `role:NAME=` before it for one policy alone"
                    .to_owned(),
            );
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
