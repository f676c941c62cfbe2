//! What no recipe tells, and what to do about it.

use schemars::JsonSchema;
use serde::Serialize;

use super::FoundRecipe;
use crate::goal::Goal;
use crate::pipeline::config::{DEPLOYMENT_SOURCE, DOWNLOADS, WORKSPACE_KEY};

/// One thing that is not given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unknown {
    /// The key of the config, or what it is in words.
    pub what: String,
    /// What is known instead, and what to do.
    pub next_action: String,
}

fn unknown(what: &str, next_action: impl Into<String>) -> Unknown {
    Unknown {
        what: what.to_owned(),
        next_action: next_action.into(),
    }
}

/// Everything that this recipe does not tell.
pub(super) fn of(found: &FoundRecipe) -> Vec<Unknown> {
    let recipe = &found.recipe;
    let mut all = vec![
        unknown(
            "downloads.paths",
            format!(
                "put the downloads into the folder `{DOWNLOADS}` beside the config; the lock has the digest of \
                 each, so others are told (GW1601)"
            ),
        ),
        unknown(
            "bootstrap.stub",
            format!(
                "the stub has version {} and SHA-256 {}; `gangway {}` made the bundle",
                recipe.stub_version, recipe.manifest.stub, recipe.tool.version
            ),
        ),
        unknown(
            "signing, provenance",
            "write who signs, and how: it never goes into a bundle",
        ),
        unknown(
            "trust.revocation_lists",
            "name the present lists, where there were any: they are of a day",
        ),
        unknown(
            "when each download was first accepted",
            "the lock says today",
        ),
        unknown(
            "sequences that are seen nowhere here",
            "where servers may have had a bundle that is gone, build with `--sequence-after`; their reports say \
             which",
        ),
    ];
    all.extend(mode(found));
    if found.config.contains(DEPLOYMENT_SOURCE) {
        all.push(unknown(
            "downloads.deployment_source",
            format!("put the folder that the deployment tool filled with `-Stage` at `{DEPLOYMENT_SOURCE}`"),
        ));
    }
    if recipe.manifest.settings.monitoring_agent.is_some() {
        all.push(unknown(
            "onboard.monitoring_agent.key_file",
            format!("write the workspace's key into `{WORKSPACE_KEY}`; the portal shows it"),
        ));
    }
    all.extend(recipe.withheld.iter().map(|section| {
        unknown(
            section,
            "antivirus exclusions lie in the bundle and in the policies of the domain only: reconstruct from one \
             of them, or write them anew",
        )
    }));
    all
}

/// The mode, where the command chose it and the config says another one.
fn mode(found: &FoundRecipe) -> Option<Unknown> {
    let mode = Goal::of(&found.recipe.manifest).as_str();
    let is_in_config = mode == "onboard" || found.config.contains(&format!("mode = \"{mode}\""));
    (!is_in_config).then(|| {
        unknown(
            "the mode, which was chosen by the command",
            format!("build with `--mode {mode}`: the config alone gives another bundle"),
        )
    })
}
