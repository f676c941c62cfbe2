//! What stands before the lines of answers in text, and words that only those have.

use super::Page;

const INSPECT: &str = "`gangway inspect --format json` has the same under the keys that `gangway schema inspect` tells";
const BUNDLE: &str = "`bundle.json` has it, and `gangway verify` holds the bundle against it";
const ROLLOUT: &str =
    "docs/operations.md tells of rings and pauses; `gangway schema rollout` describes the answer";
const LINT: &str = "docs/answers.md has the whole answer; give `gangway lint` what is missing";

/// Word, what it means, what to look at.
const LABELS: [(&str, &str, &str); 37] = [
    (
        "is",
        "The kind of download that a file is, told by its content, with its version.",
        INSPECT,
    ),
    ("looks", "What a file of no known kind looks like.", INSPECT),
    (
        "claims",
        "What a file says of itself, which nobody vouches for.",
        INSPECT,
    ),
    (
        "made by",
        "Who signed a file, and whether the signature holds; without one, why nothing is known.",
        INSPECT,
    ),
    (
        "stamped",
        "When a time-stamp service saw the signature, or that none did.",
        INSPECT,
    ),
    (
        "chain",
        "The certificates from the signer to the root that is trusted, the signer first.",
        INSPECT,
    ),
    (
        "lab root",
        "The chain ends at a certificate of `trust.lab_roots`, not at one of Microsoft's.",
        "for tests only: take `[trust]` out of the config where real downloads are meant",
    ),
    (
        "revoked",
        "Whether the lists of `trust.revocation_lists` name a certificate of the chain; without lists nothing was checked.",
        INSPECT,
    ),
    (
        "carries",
        "How many signatures a file has; each is told below.",
        INSPECT,
    ),
    (
        "remark",
        "What is worth knowing about a signature that holds.",
        INSPECT,
    ),
    ("bytes", "Size and SHA-256 of a file.", INSPECT),
    (
        "usable",
        "Whether a bundle may hold the file: `yes`, `no` with the problems that forbid it, or `not a payload`.",
        INSPECT,
    ),
    (
        "not a payload",
        "Nothing is wrong with the file, and servers get no file of its kind.",
        "nothing, when it is not meant for the bundle",
    ),
    (
        "tenant",
        "The organisation in Defender that a package is for.",
        "compare it with the portal, and pin it by `organization.org_id` in the config",
    ),
    (
        "service",
        "Cloud and way of connecting that a package is for.",
        INSPECT,
    ),
    (
        "data",
        "Where the tenant's data is kept, as the package says.",
        INSPECT,
    ),
    (
        "reaches",
        "An address that a package has the sensor reach.",
        "run `connectivity` on a server for the state of its addresses; see docs/connectivity.md",
    ),
    (
        "package",
        "The GUID of one download from the portal.",
        INSPECT,
    ),
    (
        "until",
        "When an offboarding package ends to be valid.",
        "download a new one in time: the portal's are valid for some days only",
    ),
    (
        "issued",
        "From when to when the certificate is valid that signed a package.",
        INSPECT,
    ),
    (
        "text",
        "What a script holds around its blob; only the blob is used.",
        INSPECT,
    ),
    (
        "product",
        "The product code of the agent's installer package.",
        INSPECT,
    ),
    (
        "platform",
        "The version of the antivirus platform inside the agent.",
        INSPECT,
    ),
    ("for", "Architecture or system that a file is for.", INSPECT),
    (
        "update",
        "Number of a Windows update, its system and its architecture.",
        INSPECT,
    ),
    (
        "holds",
        "How many files an archive that counts as one download has.",
        INSPECT,
    ),
    (
        "bundle",
        "A folder that `gangway build` wrote, and its id, which every server reports.",
        BUNDLE,
    ),
    (
        "release",
        "The payloads of a bundle: bundles of one release use the same folder of the share.",
        BUNDLE,
    ),
    (
        "sequence",
        "The number of a bundle: a server never goes back from a greater one to a smaller.",
        BUNDLE,
    ),
    (
        "governs",
        "A campaign that the switch of a share holds back or lets go on, with its newest release.",
        ROLLOUT,
    ),
    (
        "now",
        "What the share withholds: pause, ring, lowest sequence.",
        ROLLOUT,
    ),
    (
        "then",
        "The same with the change that was asked for.",
        ROLLOUT,
    ),
    (
        "servers",
        "How many of the servers that reports or the list tell may begin, now and with the change.",
        ROLLOUT,
    ),
    (
        "changed",
        "Who changed the rollout of the share when, from `rollout-history.json`.",
        ROLLOUT,
    ),
    ("checked", "A GPO or WMI filter that lint looked at.", LINT),
    (
        "not seen",
        "What lint cannot see in files, so that nothing is said of it.",
        LINT,
    ),
    (
        "no finding",
        "Lint found nothing wrong in what it looked at, and only there.",
        LINT,
    ),
];

/// A page for each.
pub(super) fn all() -> impl Iterator<Item = Page> {
    LABELS.iter().map(|(name, about, next)| Page {
        name: (*name).to_owned(),
        kind: "label of an answer in text".to_owned(),
        about: (*about).to_owned(),
        next: (*next).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands before the lines of the golden answer, `  label     value`.
    #[test]
    fn every_label_of_the_golden_inspection_is_explained() {
        let golden =
            include_str!("../../../tests/session/snapshots/session__inspect__inspect_text.snap");
        let labels = golden.lines().filter_map(|line| {
            let label = line.strip_prefix("  ")?.get(..9)?.trim();
            (!label.is_empty()).then_some(label)
        });
        let mut count = 0;
        for label in labels {
            assert!(all().any(|page| page.name == label), "{label}");
            count += 1;
        }
        assert!(count > 50, "{count}");
    }
}
