//! Who may do more on the share than is wanted, told beside a publication. It stops none: what servers
//! run is held against digests, so a share with wide rights can hold them up and give them nothing else.

use super::{Publisher, ReleaseError};
use crate::publication::permissions::{Excess, SharedFolder};
use crate::publication::share::ShareFailure;

/// Is the host of this UNC path the domain itself?
fn is_of_a_namespace(path: &str, domain: &str) -> bool {
    let path = path.replace('\\', "/").to_lowercase();
    let rest = path.strip_prefix("//").unwrap_or_default();
    rest.split('/').next() == Some(domain.to_lowercase().as_str())
}

impl Publisher<'_> {
    /// A path below a domain's own name is one of a DFS namespace, which may lead to several servers.
    fn note_namespace(&mut self) {
        let campaigns = self.release.campaigns.iter();
        let mut domains = campaigns.map(|campaign| campaign.domain.as_str());
        let named = &self.request.named;
        if domains.any(|domain| is_of_a_namespace(named, domain)) {
            self.done.note(&format!(
                "`{named}` is of a DFS namespace: only the target that answered was looked at; where \
                 there are more, name each by `--to`"
            ));
        }
    }

    /// Asks the file server who may do what, and notes what is not as it should be.
    pub(super) fn note_rights(&mut self, root: &str) -> Result<(), ReleaseError> {
        self.note_namespace();
        let named = &self.request.named;
        let entries = match self.share.permissions(root) {
            Ok(Some(entries)) => entries,
            Ok(None) => {
                self.done.note(&format!(
                    "`{named}` is reached as a folder, so nobody asked the file server who may write \
                     there; `gangway verify BUNDLE --share UNC --user ACCOUNT` does, from Linux"
                ));
                return Ok(());
            }
            // The account will not be let in for the next one either.
            Err(error) if error.failure == ShareFailure::NotSignedIn => return Err(error.into()),
            Err(error) => {
                self.done
                    .note(&format!("who may write to `{named}` is not known: {error}"));
                return Ok(());
            }
        };
        for entry in &entries {
            let (may, mask) = match SharedFolder::Payloads.excess(entry) {
                None => continue,
                Some(Excess::Write(mask)) => ("change", mask),
                Some(Excess::Read(mask)) => ("read", mask),
            };
            self.done.note(&format!(
                "`{}` may {may} what lies at `{named}` ({mask:#x}), which is more than is wanted; the \
                 runbook has the commands for its permissions",
                entry.sid
            ));
        }
        if !entries.is_empty() && !SharedFolder::Payloads.lets_computers_in(&entries) {
            self.done.note(&format!(
                "Domain Computers (RID 515) may not read `{named}`, so no server gets a payload there"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_below_the_domains_name_is_of_a_namespace() {
        for (path, expected) in [
            (r"\\contoso.com\files\mde", true),
            ("//CONTOSO.com/files", true),
            (r"\\files.contoso.com\gangway$", false),
            (r"\\contoso.com.example\files", false),
            ("/mnt/contoso.com", false),
            ("contoso.com", false),
        ] {
            assert_eq!(is_of_a_namespace(path, "contoso.com"), expected, "{path}");
        }
    }
}
