//! Judges downloads: what each file is, who made it, for which tenant, until when, and what
//! stands against using it.
//!
//! Files are recognised by content, never by name alone. Nothing here writes anywhere but to
//! the staging folder that the caller names, and nothing is extracted to a path that comes
//! from an archive.

mod across;
mod analyzer;
mod archive;
mod blob_signature;
mod budget;
pub mod codes;
mod content;
mod context;
mod item;
mod listing;
pub mod lock;
mod naming;
mod package;
mod prerequisites;
mod recognise;
mod recognised;
pub mod report;
mod script;
mod script_text;
mod settings;
mod signature;
mod source;
mod text;
mod walk;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use gangway_contract::manifest::Role;

pub use item::{
    Architecture, Claims, FirstSignature, Item, Kind, ScriptVariant, SignatureFacts, Verdict,
};
pub use script::offboarding_end;
pub use settings::{IntakeSettings, Limits, SignerPolicy, SignerRule, TrustSettings};
pub use source::{Opened, Source};

use crate::problem::Problem;

/// What was found in the given paths.
#[derive(Debug)]
pub struct Inspection {
    /// One for each file and each entry of an archive, sorted by path.
    pub items: Vec<Item>,
    /// Findings about several items together, or about paths that cannot be read.
    pub problems: Vec<Problem>,
}

impl Inspection {
    /// Every finding: across items first, then item by item.
    pub fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .chain(self.items.iter().flat_map(|item| &item.problems))
    }

    /// Is there an error among the findings?
    pub fn has_errors(&self) -> bool {
        self.all_problems().any(Problem::is_error)
    }

    /// The package whose blob fills a role ([`Role::OnboardingInfo`] or
    /// [`Role::OffboardingInfo`]): the first script, else the first `.onboarding` or
    /// `.offboarding` file, which beside a script is the deployment tool's. After an inspection
    /// without errors all scripts for one role carry the same blob.
    pub fn package(&self, role: Role) -> Option<&Item> {
        let carriers = || {
            let items = self.items.iter().filter(|item| item.is_usable());
            items.filter(|item| matches!(item.kind.payload(), Some((of, _)) if of == role))
        };
        carriers()
            .find(|item| item.kind.script_text().is_some())
            .or_else(|| carriers().next())
    }

    /// The items that a payload role may be filled from, in the order of their paths. After an
    /// inspection without errors there is at most one with distinct content for each role but
    /// hotfixes.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Item> {
        self.items
            .iter()
            .filter(move |item| item.kind.role() == Some(role))
    }
}

/// Looks at every file below `paths` (folders are walked, archives are opened) and judges it.
///
/// Never fails as a whole: what cannot be read becomes a problem.
pub fn inspect(paths: &[PathBuf], settings: &IntakeSettings) -> Inspection {
    walk::inspect(paths, settings)
}
