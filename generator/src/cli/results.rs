//! What stands as `result` in each command's answer, where no other module has the type.

use gangway_contract::Sha256;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Document;
use crate::bundle::BundleDocument;
use crate::fleet::{Fleet, Pruned};
use crate::goal::Goal;
use crate::intake::lock::BuiltBundle;
use crate::intake::report::InspectionDocument;
use crate::pipeline::explain::Page;
use crate::pipeline::reconstruct::Unknown;
use crate::pipeline::{Compared, Difference, PackagesDocument, Pinned, Standing};
use crate::problem::{Code, Severity};
use crate::provenance::Attested;
use crate::selftest::{Answered, Verdict};

/// Names the command and the version of each result.
macro_rules! documents {
    ($($command:literal $version:literal $type:ty;)*) => {$(
        impl Document for $type {
            const COMMAND: &'static str = $command;
            const VERSION: u32 = $version;
        }
    )*};
}

documents! {
    "init" 1 Written;
    "inspect" 1 InspectionDocument<'_>;
    "build" 1 Built;
    "lock" 1 Relocked;
    "reconstruct" 1 Reconstructed;
    "sign" 1 Signed;
    "verify" 1 Verified;
    "package" 1 Packaged;
    "attest" 1 AttestedAnswer;
    "lint" 1 Linted;
    "diff" 1 Differences;
    "publish" 1 PublishedWhole;
    "publish share" 1 PublishedShare;
    "publish gpo" 1 Published;
    "retire" 1 Retired;
    "report" 2 Fleet;
    "selftest" 1 Tested;
    "explain" 1 Explained;
    "completions" 1 Completions;
    "version" 1 Version;
}

impl Document for Pruned {
    const COMMAND: &'static str = "report --prune";
    const VERSION: u32 = 1;

    fn name() -> String {
        "report-prune".to_owned()
    }
}

/// Of `init`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Written {
    /// The file that was written.
    pub(super) path: String,
}

/// Of `build`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Built {
    /// Folder of the bundle.
    pub(super) out: String,
    /// SHA-256 of `bundle.json`; kept outside it proves the whole bundle.
    pub(super) bundle_json_sha256: Sha256,
    /// The folder held this very bundle already: nothing in it was touched, a signature stays.
    pub(super) unchanged: bool,
    /// The bootstrap is the very program that was there before, and its signature stays.
    pub(super) signature_kept: bool,
    /// Files that differ from the bundle that was there before; empty when there was none.
    pub(super) changed_files: Vec<String>,
    /// There was no `gangway.lock` beside the config: a new one begins with this bundle.
    pub(super) lock_begins: bool,
    /// The bundle's `bundle.json`.
    pub(super) bundle: BundleDocument,
}

/// Of `lock`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Relocked {
    /// The lock.
    pub(super) path: String,
    /// The highest sequence that it knows.
    pub(super) sequence: u64,
    /// The last bundle of each mode.
    pub(super) built: Vec<LockedBundle>,
}

/// A bundle that the lock remembers.
#[derive(Serialize, JsonSchema)]
pub(super) struct LockedBundle {
    /// What it is built for.
    pub(super) mode: Goal,
    /// Place among all bundles of its lock, from 1.
    pub(super) sequence: u64,
    /// SHA-256 of its `bundle.json`.
    pub(super) bundle_json_sha256: Option<Sha256>,
}

impl From<&BuiltBundle> for LockedBundle {
    fn from(built: &BuiltBundle) -> Self {
        Self {
            mode: built.mode,
            sequence: built.sequence,
            bundle_json_sha256: built.bundle_json_sha256,
        }
    }
}

/// What `reconstruct` answers: files that were written, and what they could not be given back.
#[derive(Serialize, JsonSchema)]
pub(super) struct Reconstructed {
    /// Where the config's recipe lies.
    pub(super) from: String,
    /// Display name of the organisation.
    pub(super) organization: String,
    /// What its GUIDs come from.
    pub(super) identity: String,
    /// Tenant that the bundle is for.
    pub(super) org_id: String,
    /// Files that were written.
    pub(super) files: Vec<String>,
    /// The highest sequence that the lock knows.
    pub(super) sequence: u64,
    /// The last bundle of each mode.
    pub(super) built: Vec<LockedBundle>,
    /// What is not given back, and what to do.
    pub(super) unknown: Vec<Unknown>,
}

/// The answer of `sign`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Signed {
    /// The bundle, as its `bundle.json` has it.
    pub(super) bundle_id: String,
    /// Path of the bootstrap in the bundle.
    pub(super) exe: String,
    /// SHA-256 of the bootstrap as it lies there now.
    pub(super) exe_sha256: Sha256,
    /// Its Authenticode digest (SHA-256), the same before and after signing.
    pub(super) digest: Sha256,
    /// The file with what a signer elsewhere has to sign (`--digest-out`); none when it was signed.
    pub(super) to_sign: Option<String>,
    /// The signature that the bootstrap has now, in one line.
    pub(super) signature: String,
    /// How far that signature is proven.
    pub(super) standing: Standing,
}

/// The answer of `package`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Packaged {
    /// Folder of the packages.
    pub(super) out: String,
    /// Its `packages.json`.
    pub(super) packages: PackagesDocument,
}

/// Of `verify`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Verified {
    /// The bundle, as its `bundle.json` has it.
    pub(super) bundle_id: String,
    /// SHA-256 of `bundle.json`.
    pub(super) bundle_json_sha256: Sha256,
    /// What outside the bundle vouches for it.
    pub(super) pinned: Pinned,
    /// Files whose bytes were compared.
    pub(super) files: usize,
    /// The stub of the bootstrap, and how far it is proven, in one line.
    pub(super) stub: String,
    /// State of the bootstrap's signature, in one line.
    pub(super) signature: String,
    /// How far that signature is proven.
    pub(super) standing: Standing,
    /// What the key vouches for (`--key`); none when it was not asked or does not.
    pub(super) attested: Option<Attested>,
    /// Was a share held against the bundle (`--share`)? What stands against it is among the `problems`.
    pub(super) share_compared: bool,
    /// Is everything as it was built, plus a signature at most?
    pub(super) good: bool,
}

/// Statements that were written, and what they vouch for.
#[derive(Serialize, JsonSchema)]
pub(super) struct AttestedAnswer {
    /// The bundle, as its `bundle.json` has it.
    pub(super) bundle_id: String,
    /// File of the statements in their envelopes.
    pub(super) statements: String,
    /// The list of parts (CycloneDX).
    pub(super) parts: String,
    /// What the key vouches for now.
    pub(super) attested: Attested,
}

/// The answer of `lint`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Linted {
    /// What was looked at.
    pub(super) checked: Vec<String>,
    /// What no look at files can tell.
    pub(super) not_seen: Vec<String>,
}

/// Of `diff`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Differences {
    /// What was compared.
    pub(super) compared: Compared,
    /// Everything that differs.
    pub(super) differences: Vec<Difference>,
}

/// The answer of `publish share`.
#[derive(Serialize, JsonSchema)]
pub(super) struct PublishedShare {
    /// Where it was published to: a folder or a UNC path.
    pub(super) to: String,
    /// Where the bundle tells servers to look.
    pub(super) root: String,
    /// The release, which is the name of its folder below `releases`.
    pub(super) release_id: String,
    /// Files of the release.
    pub(super) files: usize,
    /// Bytes of all of them.
    pub(super) bytes: u64,
    /// Nothing was written.
    pub(super) dry_run: bool,
    /// The steps that are done (with `dry_run`, that would be), in words, in their order; none when
    /// everything was there.
    pub(super) steps: Vec<String>,
    /// The step that failed: begun, and perhaps done in part; publishing again finishes it.
    pub(super) unfinished: Option<String>,
    /// What a person should know.
    pub(super) notes: Vec<String>,
    /// With `--offline`: what the share would be asked, in words.
    pub(super) asked: Vec<String>,
    /// With `--offline`: the path of every file that would be written.
    pub(super) goes_to: Vec<String>,
}

/// The answer of `publish`.
#[derive(Serialize, JsonSchema)]
pub(super) struct PublishedWhole {
    /// Steps and notes are those of the payloads too, in the order of the work.
    #[serde(flatten)]
    pub(super) policies: Published,
    /// The payloads.
    pub(super) share: Option<ReleaseOnShare>,
}

/// The answer of `retire`.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(
    not(feature = "directory"),
    allow(dead_code, reason = "the schema is the same without the feature")
)]
pub(super) struct Retired {
    /// Domain that policies and programs are taken out of.
    pub(super) domain: String,
    /// Domain controller that is written to.
    pub(super) server: String,
    /// The share, a folder or a UNC path; none where it is left as it is.
    pub(super) share: Option<String>,
    /// Nothing was written.
    pub(super) dry_run: bool,
    /// The steps that are done (with `dry_run`, that would be), in words, in their order.
    pub(super) steps: Vec<String>,
    /// The step that failed: begun, and perhaps done in part; the same command again finishes it.
    pub(super) unfinished: Option<String>,
    /// What a person should know, what stays among it.
    pub(super) notes: Vec<String>,
}

/// The release of a bundle, and where it lies.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(
    not(feature = "directory"),
    allow(dead_code, reason = "the schema is the same without the feature")
)]
pub(super) struct ReleaseOnShare {
    /// Where it was published to: a folder or a UNC path.
    pub(super) to: String,
    /// Where the bundle tells servers to look.
    pub(super) root: String,
    /// The release, which is the name of its folder below `releases`.
    pub(super) release_id: String,
    /// Files of the release.
    pub(super) files: usize,
    /// Bytes of all of them.
    pub(super) bytes: u64,
    /// Nothing was written there (`--no-share`): each file was compared.
    pub(super) only_compared: bool,
}

/// Of `publish gpo`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Published {
    /// Domain that is published to.
    pub(super) domain: String,
    /// Domain controller that is written to; none when no server was asked (`--offline`).
    pub(super) server: Option<String>,
    /// Brings the GPOs, takes them back or takes them away.
    pub(super) action: PublishAction,
    /// Nothing was written.
    pub(super) dry_run: bool,
    /// The steps that are done (with `dry_run`, that would be), in words, in their order.
    pub(super) steps: Vec<String>,
    /// The step that failed: begun, and perhaps done in part; publishing again finishes it.
    pub(super) unfinished: Option<String>,
    /// What a person should know.
    pub(super) notes: Vec<String>,
    /// The domain's other domain controllers.
    pub(super) replicas: Vec<Replica>,
    /// With `--offline`: what directory and share would be asked, in words.
    pub(super) asked: Vec<String>,
    /// With `--offline`: the path of every file that would be written.
    pub(super) goes_to: Vec<String>,
}

/// A domain controller that is not written to.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(
    not(feature = "directory"),
    allow(dead_code, reason = "the schema is the same without the feature")
)]
pub(super) struct Replica {
    /// Its DNS name; its distinguished name where the directory has none.
    pub(super) host: String,
    /// What is known of it.
    pub(super) standing: ReplicaStanding,
    /// What it has instead of what was written, or why it could not be asked, in words.
    pub(super) about: Vec<String>,
}

/// What is known of a domain controller that is not written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    not(feature = "directory"),
    allow(dead_code, reason = "the schema is the same without the feature")
)]
pub(super) enum ReplicaStanding {
    /// Nobody looked.
    NotAsked,
    /// It has everything that was waited for so far.
    Seen,
    /// It has something older, or nothing.
    Behind,
    /// It could not be asked.
    NotReached,
}

/// What a publication does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    not(feature = "directory"),
    allow(dead_code, reason = "the schema is the same without the feature")
)]
pub(super) enum PublishAction {
    /// Brings the bundle's GPOs.
    Publish,
    /// Brings back what was there before.
    Rollback,
    /// Takes the bundle's GPOs out of the domain.
    Remove,
}

/// The answer of `selftest`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Tested {
    /// The file that this document was written to.
    pub(super) file: String,
    /// Was what changes the system asked too?
    pub(super) apply: bool,
    /// Version of this program.
    pub(super) gangway: &'static str,
    /// What Windows calls itself: product and build.
    pub(super) system: String,
    /// How many rows were answered how.
    pub(super) counts: SelftestCounts,
    /// Every row, in the order of the work.
    pub(super) answers: Vec<Answered>,
}

/// Rows by their answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct SelftestCounts {
    /// It is so.
    pub(super) yes: usize,
    /// It is not so.
    pub(super) no: usize,
    /// Nothing can be said here.
    pub(super) not_answerable: usize,
}

impl SelftestCounts {
    pub(super) fn of(answers: &[Answered]) -> Self {
        let count = |verdict| answers.iter().filter(|one| one.verdict == verdict).count();
        Self {
            yes: count(Verdict::Yes),
            no: count(Verdict::No),
            not_answerable: count(Verdict::NotAnswerable),
        }
    }
}

/// The answer of `explain`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Explained {
    /// The code that was asked for, or all.
    pub(super) codes: Vec<ExplainedCode>,
    /// Words of our own documents and codes of others that were asked for, or all words.
    pub(super) words: Vec<ExplainedWord>,
}

/// One word, or one code of another program.
#[derive(Serialize, JsonSchema)]
pub(super) struct ExplainedWord {
    /// The word, or the code behind the name of its family.
    pub(super) name: String,
    /// What kind of word it is, or who gives the code.
    pub(super) kind: String,
    /// What it means.
    pub(super) about: String,
    /// What to look at, and what to do.
    pub(super) next_action: String,
}

impl From<Page> for ExplainedWord {
    fn from(page: Page) -> Self {
        Self {
            name: page.name,
            kind: page.kind,
            about: page.about,
            next_action: page.next,
        }
    }
}

/// One problem code.
#[derive(Serialize, JsonSchema)]
pub(super) struct ExplainedCode {
    /// `GW` and four digits.
    pub(super) code: &'static str,
    /// How bad it is.
    pub(super) severity: Severity,
    /// What is wrong in general.
    pub(super) title: &'static str,
    /// Why it matters and what to do, in plain paragraphs.
    pub(super) page: &'static str,
}

impl From<&'static Code> for ExplainedCode {
    fn from(code: &'static Code) -> Self {
        Self {
            code: code.id,
            severity: code.severity,
            title: code.title,
            page: code.page,
        }
    }
}

/// The answer of `completions`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Completions {
    /// As it was asked for: `bash`, `zsh`, `fish`, `powershell` or `elvish`.
    pub(super) shell: String,
    /// Text for the shell to read at its start.
    pub(super) script: String,
}

/// Of `--version --json`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Version {
    /// Of this program.
    pub(super) version: &'static str,
    /// The commit that it was built from, when its builder told it (`GANGWAY_COMMIT`).
    pub(super) commit: Option<&'static str>,
    /// The stub beside this program, when there is one.
    pub(super) stub: Option<Stub>,
    /// The documents that it writes.
    pub(super) schemas: Vec<SchemaVersion>,
}

/// A bootstrap stub.
#[derive(Serialize, JsonSchema)]
pub(super) struct Stub {
    /// The file; of the one inside this program, the program.
    pub(super) path: String,
    /// Is it inside this program?
    pub(super) inside: bool,
    /// SHA-256 of all bytes.
    pub(super) sha256: Sha256,
}

/// Name and version of a document.
#[derive(Serialize, JsonSchema)]
pub(super) struct SchemaVersion {
    /// The name, as `gangway schema NAME` takes it.
    pub(super) name: String,
    /// Its version: the number behind the `/` in an answer's `schema`.
    pub(super) version: u32,
}
