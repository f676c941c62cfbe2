//! What stands before the lines of answers in text, and words that only those have.

use super::Page;

const INSPECT: &str =
    "`gangway inspect --json` has the same under the keys that `gangway schema inspect` tells";
const BUNDLE: &str = "`bundle.json` has it, and `gangway verify` holds the bundle against it";
const ROLLOUT: &str =
    "docs/operations.md tells of rings and pauses; `gangway schema rollout` describes the answer";
const LINT: &str = "docs/answers.md has the whole answer; give `gangway lint` what is missing";
const BUILD: &str =
    "`gangway build --json` has the same; keep `gangway.lock` under version control";
const PACKAGES: &str = "docs/packages.md tells of each package and how its tool takes it";
const PROVENANCE: &str =
    "docs/provenance.md tells who vouches for what; `gangway verify --key` holds a bundle to it";
const RECONSTRUCT: &str =
    "fill in what is unknown, and build from the downloads of then: it is the same bundle";

/// Word, what it means, what to look at.
const LABELS: [(&str, &str, &str); 57] = [
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
        "On a share, what it withholds with the change that was asked for; behind a build, the command that comes next.",
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
    (
        "lock",
        "What a build changes in `gangway.lock`: downloads that are new, changed or gone, or that the lock is new.",
        BUILD,
    ),
    (
        "mode",
        "What the bundle does to servers: `precheck`, `onboard` or `offboard`.",
        BUNDLE,
    ),
    (
        "expect",
        "The SHA-256 of `bundle.json`, to be kept outside of the bundle.",
        "give it to `gangway verify --expect`, which then proves the whole bundle",
    ),
    (
        "sign",
        "The program that has to be signed before servers get it.",
        "sign it with `gangway sign`, or by a program of your own in its place",
    ),
    (
        "digest",
        "The SHA-256 of `bundle.json`, which `gangway build` printed as `expect`.",
        BUNDLE,
    ),
    (
        "files",
        "How many files of the bundle were compared with what `bundle.json` says of them.",
        BUNDLE,
    ),
    (
        "stub",
        "The program that the bootstrap was made from, by version and digest, and whether it was at hand.",
        BUNDLE,
    ),
    (
        "bootstrap",
        "Whether the program for servers is the one that was built, and who signed it.",
        BUNDLE,
    ),
    ("share", "The share that was asked.", ROLLOUT),
    ("install", "The command that installs a package.", PACKAGES),
    (
        "key",
        "The public key that vouches for the bundle.",
        PROVENANCE,
    ),
    (
        "builder",
        "Who made the bundle, as the statements name it.",
        PROVENANCE,
    ),
    (
        "vouched",
        "A file that is vouched for, and the kind of statement.",
        PROVENANCE,
    ),
    (
        "statements",
        "Where the signed statements were written.",
        PROVENANCE,
    ),
    (
        "parts",
        "Where the list of parts (CycloneDX) was written.",
        PROVENANCE,
    ),
    ("from", "What a config was given back from.", RECONSTRUCT),
    (
        "of",
        "The organisation whose bundle it is, and its id.",
        RECONSTRUCT,
    ),
    ("wrote", "A file that was written.", RECONSTRUCT),
    (
        "built",
        "Which bundle of each mode the lock remembers, by its sequence.",
        BUILD,
    ),
    (
        "unknown",
        "What nobody can read from a bundle, a share or a domain, and what to put in its place.",
        RECONSTRUCT,
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

    /// The labels of a golden answer, `  label     value`: what stands before the column in which the
    /// values of its first lines begin.
    fn labels(golden: &str) -> Vec<String> {
        let lines = golden.lines().filter(|line| {
            line.starts_with("  ") && line.chars().nth(2).is_some_and(|first| first != ' ')
        });
        let mut column = None;
        let mut found = Vec::new();
        for line in lines {
            let below = line.get(2..).unwrap_or_default();
            let at = column.or_else(|| {
                let blanks = below.find("  ")?;
                let value = below.get(blanks..)?.trim_start();
                Some(below.len() - value.len())
            });
            let Some(at) = at else { continue };
            column = Some(at);
            // A sentence has a letter where the others have a blank.
            let head = below.get(..at).filter(|head| head.ends_with(' '));
            found.extend(head.map(|head| head.trim_end().to_owned()));
        }
        found
    }

    #[test]
    fn every_label_of_the_golden_answers_is_explained() {
        macro_rules! golden {
            ($name:literal) => {
                include_str!(concat!(
                    "../../../tests/session/snapshots/session__",
                    $name,
                    ".snap"
                ))
            };
        }
        for (golden, least) in [
            (golden!("inspect__inspect_text"), 50),
            (golden!("transcripts__build"), 11),
            (golden!("transcripts__verify"), 6),
            (golden!("transcripts__lint"), 9),
            (golden!("transcripts__package"), 15),
            (golden!("transcripts__attest"), 8),
            (golden!("transcripts__lock"), 3),
            (golden!("transcripts__reconstruct"), 10),
            (golden!("transcripts__rollout"), 4),
        ] {
            let labels = labels(golden);
            assert!(labels.len() >= least, "{labels:?}: {golden}");
            for label in labels {
                assert!(all().any(|page| page.name == label), "`{label}`: {golden}");
            }
        }
    }
}
