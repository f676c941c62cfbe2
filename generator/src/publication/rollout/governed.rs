//! The campaigns of a share, which one switch governs together.

use std::collections::BTreeMap;

use super::{Carried, LargeFiles, Listed, Problem, RolloutRequest, ShareError, TEMPORARY};
use crate::printable::short_line;
use crate::publication::codes;
use crate::publication::release::{CAMPAIGNS, Needs, read_document};
use crate::recipe::Recipe;

/// Most characters of a name that are shown.
const MAX_SHOWN: usize = 256;

/// A campaign, and what it has newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governed {
    /// GUID of the GPO with the task.
    pub gpo: String,
    /// As GPMC shows the GPO.
    pub name: String,
    /// DNS name of its domain.
    pub domain: String,
    /// The release that was published last.
    pub release: String,
    /// The bundle that it was published of; none where an older program published it.
    pub bundle: Option<Carried>,
}

impl Governed {
    fn of(needs: &Needs) -> Option<Self> {
        let campaign = needs.campaign();
        let newest = needs.releases.first()?;
        // Whoever may write there wrote it.
        let shown = |text| short_line(text, MAX_SHOWN);
        Some(Self {
            gpo: shown(&campaign.gpo),
            name: shown(&campaign.name),
            domain: shown(&campaign.domain),
            release: shown(&newest.id),
            bundle: newest.bundle,
        })
    }

    /// How it is called in a line of ours.
    pub fn shown(&self) -> String {
        format!("`{}` of `{}`", self.name, self.domain)
    }
}

/// A last campaign is held by nothing that is decided here.
fn asks_no_switch(needs: &Needs, request: &RolloutRequest) -> Option<Problem> {
    let (_, recipe) = needs.recipe()?.ok()?;
    let recipe = Recipe::parse(recipe.as_bytes()).ok()?;
    recipe.manifest.settings.retire.then(|| {
        Problem::new(
            &codes::ASKS_NO_SWITCH,
            format!("{}: {}", request.named, needs.shown()),
            "its newest bundle is a last campaign, which asks no switch: neither a pause nor a ring holds it",
            "to stop it, switch the links of its policy off",
        )
    })
}

/// All of them, and what of them cannot be read.
pub(super) fn read(
    share: &mut dyn LargeFiles,
    request: &RolloutRequest,
    at_root: &BTreeMap<String, Listed>,
) -> Result<(Vec<Governed>, Vec<Problem>), ShareError> {
    let mut governed = Vec::new();
    let mut problems = Vec::new();
    match at_root.get(CAMPAIGNS) {
        Some(Listed::Folder) => {}
        None => return Ok((governed, problems)),
        Some(other) => {
            problems.push(Problem::new(
                &codes::CAMPAIGN_DOCUMENT,
                format!("{}: {CAMPAIGNS}", request.named),
                format!(
                    "it is {}; whom the switch governs is not known",
                    other.what()
                ),
                "look whose it is and move it away, and publish the campaigns again",
            ));
            return Ok((governed, problems));
        }
    }
    let listed = share.list(&request.path(CAMPAIGNS))?.unwrap_or_default();
    let documents = listed.iter();
    for (name, found) in documents.filter(|(name, _)| !name.ends_with(TEMPORARY)) {
        let below = format!("{CAMPAIGNS}/{name}");
        match read_document(share, &request.path(&below), name, *found)? {
            Ok((needs, _)) => {
                problems.extend(asks_no_switch(&needs, request));
                governed.extend(Governed::of(&needs));
            }
            Err(why) => problems.push(Problem::new(
                &codes::CAMPAIGN_DOCUMENT,
                format!("{}: {below}", request.named),
                format!("{why}; whom it governs is not known"),
                "find out who wrote there; delete it, and publish its campaign again",
            )),
        }
    }
    governed.sort_by(|left, right| (&left.domain, &left.name).cmp(&(&right.domain, &right.name)));
    Ok((governed, problems))
}
