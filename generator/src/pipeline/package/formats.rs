//! Which packages are made.

use gangway_contract::manifest::Mode;

use super::document::Format;
use super::source::Source;
use super::{PackageError, tools};
use crate::packages::codes;
use crate::problem::Problem;

/// The packages that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats {
    /// All that a bundle of its mode has?
    pub all: bool,
    /// And these.
    pub named: Vec<Format>,
}

impl Formats {
    /// Is every payload read for them, and held against the manifest?
    pub(super) fn read_payloads(&self) -> bool {
        self.all || self.named.iter().any(|format| format.reads_payloads())
    }

    /// What is made, in the order of the formats, and the finding of what `all` has not. Folders of tools name
    /// the files of `content`.
    ///
    /// # Errors
    /// One is named that no bundle of this mode has.
    pub(super) fn of(
        &self,
        source: &Source,
    ) -> Result<(Vec<Format>, Option<Problem>), PackageError> {
        let mode = source.document.mode;
        let retires = source.manifest.settings.retire;
        let mut formats = self.named.clone();
        if retires && formats.contains(&Format::Msi) {
            return Err(PackageError::Refused(vec![retiring_package(source)]));
        }
        if self.all {
            let all = Format::ALL.into_iter();
            let has_none = !source.secrets().is_empty() || retires;
            let fits = |format: &Format| *format != Format::Msi || !has_none;
            formats.extend(all.filter(|format| format.is_usual(mode) && fits(format)));
        }
        if mode != Mode::Onboard && formats.iter().any(|format| format.names_a_state()) {
            return Err(tools::not_onboarding(source));
        }
        let has_package = formats.contains(&Format::Msi);
        let left_out = (self.all && !has_package).then(|| no_installer_package(source));
        if formats.iter().any(|format| format.is_of_a_tool()) {
            formats.push(Format::Content);
        }
        formats.sort_unstable();
        formats.dedup();
        Ok((formats, left_out))
    }
}

/// An installer of the last campaign would place what that campaign takes away.
fn retiring_package(source: &Source) -> Problem {
    Problem::new(
        &codes::RETIRING_PACKAGE,
        source.folder.display().to_string(),
        "the bundle takes away from servers what bootstraps left there, and an installer package would place it \
         anew",
        "publish the bundle by Group Policy, or run its exe with a tool that runs programs",
    )
}

/// What a bundle has in place of an installer package, for which something in it is too secret.
fn no_installer_package(source: &Source) -> Problem {
    let why = match source.document.mode {
        Mode::Offboard => "the bundle offboards",
        _ if source.manifest.settings.retire => "the bundle takes away what installers place",
        _ => "a payload is a secret",
    };
    let problem = Problem::new(
        &codes::NO_INSTALLER_PACKAGE,
        source.folder.display().to_string(),
        format!("no installer package is among all packages, because {why}"),
        "bring the bundle to servers by its exe, by `content/` or by Group Policy",
    );
    let secrets = source.secrets().into_iter();
    problem.naming(secrets.map(|one| format!("{}: {}", one.subject, one.message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_depends_on_the_mode() {
        let usual = |mode| {
            let all = Format::ALL.into_iter();
            all.filter(|format| format.is_usual(mode))
                .collect::<Vec<_>>()
        };
        let brings_bytes = [Format::Cab, Format::Zip, Format::Content, Format::Allow];
        assert_eq!(usual(Mode::Offboard), brings_bytes);
        assert!(usual(Mode::Precheck).contains(&Format::Msi));
        assert!(usual(Mode::Onboard).contains(&Format::Ansible));
        for mode in [Mode::Onboard, Mode::Offboard, Mode::Precheck] {
            assert!(!usual(mode).contains(&Format::Intunewin));
        }
    }
}
