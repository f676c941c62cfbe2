//! Words that commands print in their lines, and that no document spells.

use super::{Page, words};
use crate::fleet::Standing;

const VERIFY: &str = "docs/answers.md has the whole answer; `gangway verify --json` has the same";
const BUILD: &str = "`gangway build --json` has the same";
const SELFTEST: &str =
    "`gangway schema selftest` describes the answer, which lies in the file that `wrote` names";
const PUBLISH: &str = "without `--apply` a publication says what it would do, and changes nothing";

/// Word, what it means, what to look at.
const WORDS: [(&str, &str, &str); 25] = [
    (
        "verified",
        "Last line of `verify`: something outside the bundle (a digest, the lock or a key) says which bundle it \
         has to be, and each of its files is as it was built.",
        VERIFY,
    ),
    (
        "NOT verified",
        "Last line of `verify`: something in the bundle is not as it was built, or a demand is not met.",
        "read the problems above it; no server should get this bundle",
    ),
    (
        "whole",
        "Last line of `verify`: the parts of the bundle fit each other, and nothing outside says which bundle it \
         is, so one that was exchanged as a whole would pass as well.",
        "give the digest that `gangway build` printed by `gangway verify --expect`, or name the config by \
         `--config` with its lock beside it",
    ),
    (
        "pinned",
        "What outside a bundle says which one it has to be: a digest that was given, the lock, or nothing.",
        VERIFY,
    ),
    (
        "as built",
        "The bootstrap is byte for byte the program that `build` wrote.",
        VERIFY,
    ),
    (
        "not signed",
        "The bootstrap has no signature; servers run it all the same, where no policy asks for one.",
        "sign it with `gangway sign`; see `gangway explain GW3006`",
    ),
    (
        "root not judged",
        "The signature fits the bootstrap, and no root was named to judge its signer by.",
        "name the root by `gangway verify --root`; see `gangway explain intact`",
    ),
    (
        "not judged",
        "A signature or a file of which only the form was read.",
        "ask `gangway verify`, which judges it",
    ),
    (
        "time-stamped",
        "A time-stamp service saw the signature, so that it outlives its certificate.",
        VERIFY,
    ),
    (
        "not at hand",
        "The stub that the bootstrap was made from was not given, so its code was compared with nothing.",
        "name it by `gangway verify --stub`; see `gangway explain GW3021`",
    ),
    (
        "not the one named",
        "The bootstrap was made from another stub than the one that was given.",
        "find out which stub is the right one, and build again from it",
    ),
    (
        "as known",
        "The text of a script is that of one that Microsoft's portal gives, letter for letter.",
        "`gangway inspect --json` tells its shape",
    ),
    (
        "same",
        "A build that found its bundle there already, and touched nothing in it.",
        BUILD,
    ),
    (
        "signed",
        "A build that made the program anew with the same bytes: the signature that it had stays.",
        BUILD,
    ),
    (
        "not checked",
        "What could not be compared, for what to compare it with was not given.",
        "the lines beside it say what to name",
    ),
    ("server", "The domain controller that was asked.", PUBLISH),
    (
        "to",
        "A file that would be written, by its full path.",
        PUBLISH,
    ),
    (
        "ask",
        "A question to directory or share that a publication begins with.",
        PUBLISH,
    ),
    (
        "note",
        "What is worth knowing beside the steps; nothing has to be done for it.",
        PUBLISH,
    ),
    (
        "compared",
        "How much of two bundles was compared.",
        "give `gangway diff` two bundles to have all compared",
    ),
    ("system", "The Windows that was asked.", SELFTEST),
    (
        "answered",
        "How many questions this Windows answered, and how.",
        SELFTEST,
    ),
    (
        "not here",
        "A question that this Windows cannot answer.",
        SELFTEST,
    ),
    (
        "LEFT",
        "What a selftest changed and could not undo.",
        "take it away by hand",
    ),
    (
        "reports",
        "From when to when the reports are, of which a fleet report tells.",
        "name others by `gangway report --max-age`",
    ),
];

/// A page for each.
pub(super) fn all() -> impl Iterator<Item = Page> {
    let pages = WORDS.iter().map(|(name, about, next)| Page {
        name: (*name).to_owned(),
        kind: "word of an answer in text".to_owned(),
        about: (*about).to_owned(),
        next: (*next).to_owned(),
    });
    pages.chain(headings())
}

/// The headings of the fleet report that are other words than its documents have.
fn headings() -> impl Iterator<Item = Page> {
    Standing::ALL.into_iter().filter_map(|standing| {
        let spelled = standing.as_str().replace('_', " ");
        let is_other = !standing.words().eq_ignore_ascii_case(&spelled);
        let pages = words::all().into_iter();
        let page = pages
            .filter(|_| is_other)
            .find(|page| page.name == standing.as_str());
        page.map(|page| Page {
            name: standing.words().to_owned(),
            ..page
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::look_up;
    use super::*;

    #[test]
    fn what_a_command_prints_has_a_page() {
        for (printed, name) in [
            ("verified", "verified"),
            ("verified: the bundle that was built", "verified"),
            (
                "whole: every part fits the others; nothing outside says which bundle it is",
                "whole",
            ),
            ("as built, not signed", "not signed"),
            ("not at hand", "not at hand"),
            ("same", "same"),
            ("pinned", "pinned"),
            ("as known", "as known"),
            (
                "as known (2024-01, portal); only the blob is used",
                "as known",
            ),
            (
                "onboarded, protection not told",
                "onboarded, protection not told",
            ),
            (
                "reported by a newer bootstrap",
                "reported by a newer bootstrap",
            ),
            ("report does not count", "report does not count"),
        ] {
            let found = look_up(printed, Vec::new).unwrap();
            let names: Vec<&str> = found.pages.iter().map(|page| page.name.as_str()).collect();
            assert!(names.contains(&name), "{printed}: {names:?}");
        }
    }

    #[test]
    fn every_heading_of_the_fleet_report_has_a_page() {
        for standing in Standing::ALL {
            let found = look_up(standing.words(), Vec::new);
            assert!(
                found.is_ok_and(|found| !found.pages.is_empty()),
                "{standing:?}"
            );
        }
    }
}
