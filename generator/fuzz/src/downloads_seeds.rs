//! Seeds of the carriers: the good and hostile files of the fixtures.

use gangway_fixtures::corpus;
use gangway_fixtures::portal;
use gangway_fixtures::script::ScriptSpec;

use super::Seeds;

/// Larger seeds only make runs slow.
const MAX_BYTES: usize = 64 << 10;

fn of_format(format: &str) -> Seeds {
    corpus::seeds()
        .into_iter()
        .filter(|(name, _)| *name == format)
        .flat_map(|(_, seeds)| seeds)
        .filter(|(_, bytes)| (1..=MAX_BYTES).contains(&bytes.len()))
        .collect()
}

/// Every ZIP of the samples, and a small package.
pub fn archives() -> Seeds {
    let mut seeds = of_format("zip");
    let package = portal::group_policy_zip(&ScriptSpec::default());
    seeds.push(("package".to_owned(), package));
    seeds
}

/// Portal scripts.
pub fn scripts() -> Seeds {
    of_format("cmd")
}

/// Onboarding and offboarding documents of the samples.
pub fn blobs() -> Seeds {
    of_format("blob")
}
