//! What lint says of other people's policies, each finding with the reason why it is true:
//! `docs/lint-of-real-policies.md`, which `UPDATE_DOCS=1` writes anew. The policies are not part of the
//! repository: where they are absent, the test says so and looks at nothing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gangway::lint::lint;
use gangway::problem::Problem;

/// What is looked at, below `../shared/real-gpo-samples`. The preferences of the Arc backup lie beside
/// its documents and not where a backup has them, so they are looked at alone.
const SETS: [&str; 6] = [
    "arc-onboarding",
    "arc-onboarding/ScheduledTasks.xml",
    "arc-onboarding/Registry.xml",
    "gpmc-ws2025",
    "nsacyber",
    "corpus",
];

/// Where a finding stands, its code, and why it is true.
const REASONS: [(&str, &str, &str); 13] = [
    (
        "arc-onboarding",
        "GW2104",
        "the extensions are those of the files that were not kept with the sample",
    ),
    (
        "arc-onboarding",
        "GW2108",
        "a part of the backup was kept, and GPMC imports no part of one",
    ),
    (
        "arc-onboarding",
        "GW2109",
        "the sample's folder has a name of its own, and GPMC finds a backup by its id",
    ),
    (
        "arc-onboarding/ScheduledTasks.xml",
        "GW2211",
        "the immediate task is filtered by system alone, so it starts at each refresh",
    ),
    (
        "arc-onboarding/ScheduledTasks.xml",
        "GW2225",
        "SYSTEM starts a script from a share of the organisation's own choice, as the placeholders show",
    ),
    (
        "arc-onboarding/ScheduledTasks.xml",
        "GW2227",
        "`DisallowStartIfOnBatteries` is true in it, as the editor leaves it",
    ),
    (
        "arc-onboarding/ScheduledTasks.xml",
        "GW2229",
        "the filter means every server from 2016 on, as the policy wants it; a note",
    ),
    (
        "arc-onboarding/Registry.xml",
        "GW2229",
        "the filter means every server from 2016 on, as the policy wants it; a note",
    ),
    (
        "gpmc-ws2025",
        "GW2210",
        "`filesrv` is a short name; for the second part, `activate.bat` stands where a share belongs",
    ),
    (
        "gpmc-ws2025",
        "GW2211",
        "immediate tasks without \"apply once\" run at each refresh",
    ),
    (
        "gpmc-ws2025",
        "GW2217",
        "the editor of Server 2025 leaves the signed-in user as principal when only the account's box \
         is changed",
    ),
    (
        "gpmc-ws2025",
        "GW2225",
        "SYSTEM starts a file from a share that is neither NETLOGON nor SYSVOL",
    ),
    (
        "gpmc-ws2025",
        "GW2227",
        "the battery settings are those of a notebook; a server whose UPS tells Windows of a battery \
         does not start the task",
    ),
];

/// The same of single backups of the corpus.
const OF_CORPUS: [(&str, &str, &str); 3] = [
    (
        "Workstations_Enhanced_Auditing_Policy",
        "GW2104",
        "its `GptTmpl.inf` describes itself and sets nothing; a note, for clients apply the rest",
    ),
    (
        "disable_windows_defender",
        "GW2308",
        "the policy is called \"Disable Windows Defender\" and does that",
    ),
    (
        "disable_windows_defender",
        "GW2324",
        "the same policy ends real-time protection, too",
    ),
];

fn samples() -> Option<PathBuf> {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    // Beside a worktree the shared folder lies one level higher.
    let found = ["../../shared", "../../../shared"]
        .map(|shared| manifest.join(shared).join("real-gpo-samples"))
        .into_iter()
        .find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: no real policies are here (../shared/real-gpo-samples)");
    }
    found
}

/// The reason that stands for a finding.
fn reason(set: &str, problem: &Problem) -> Option<usize> {
    let id = problem.code.id;
    let of_set = REASONS.iter().position(|row| row.0 == set && row.1 == id);
    let single = OF_CORPUS
        .iter()
        .position(|row| problem.subject.contains(row.0) && row.1 == id);
    of_set.or(single.map(|at| REASONS.len() + at))
}

fn document(samples: &Path) -> String {
    let mut out = String::from(
        "# What lint says of real policies\n\nEvery finding of `gangway lint -v` on the policies of public \
         repositories that the project has looked at, and why it is true. Written by a test, which fails \
         for a finding without a reason; `UPDATE_DOCS=1 cargo nextest run -p gangway -E \
         'test(real_findings)'` writes it anew where `../shared/real-gpo-samples` is.\n\n\
         | Where | Finding | Message | Why it is true |\n|---|---|---|---|\n",
    );
    let prefix = format!("{}/", samples.display());
    let mut used = vec![false; REASONS.len() + OF_CORPUS.len()];
    let mut looked_at = 0;
    for set in SETS {
        let report = lint(&samples.join(set)).unwrap();
        looked_at += report.checked.len();
        for problem in &report.problems {
            let at = reason(set, problem).unwrap_or_else(|| panic!("no reason for {problem:#?}"));
            used[at] = true;
            let mut rows = REASONS.iter().chain(&OF_CORPUS);
            let (_, _, why) = rows.nth(at).unwrap();
            let place = problem.subject.replace(&prefix, "");
            let severity = format!("{:?}", problem.code.severity).to_lowercase();
            let (id, message) = (problem.code.id, &problem.message);
            writeln!(out, "| `{place}` | {id} ({severity}) | {message} | {why} |").unwrap();
        }
    }
    let rows = REASONS.iter().chain(&OF_CORPUS);
    let idle: Vec<_> = rows.zip(used).filter(|(_, used)| !used).collect();
    assert!(idle.is_empty(), "reasons without a finding: {idle:?}");
    writeln!(out, "\nLooked at: {looked_at} GPOs and files of GPOs.").unwrap();
    out
}

#[test]
fn every_finding_in_real_policies_is_true() {
    let Some(samples) = samples() else { return };
    let written = document(&samples);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lint-of-real-policies.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &written).unwrap();
    }
    let kept = std::fs::read_to_string(&page).unwrap();
    assert_eq!(kept, written, "`UPDATE_DOCS=1` writes it anew");
}
