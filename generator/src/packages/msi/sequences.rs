//! What the Windows Installer does, in which order, and what of ours it starts.
//!
//! The bootstrap is started by a commit action that nobody waits for: a plain deferred one runs even
//! when the installation rolls back afterwards, and one that is waited for blocks the installer that
//! the bootstrap waits for. Commit actions do not run while rollback is disabled, hence the pairs.

use gangway_contract::after_installer;
use gangway_contract::manifest::Mode;

use super::schema::table;
use super::table::{Cell, Table};

/// A program of the File table (18), not waited for and its code not looked at (64 + 128), in the
/// script (1024), as SYSTEM (2048), when all is committed (512).
pub(super) const START_WHEN_COMMITTED: i32 = 18 + 64 + 128 + 512 + 1024 + 2048;
/// The same without waiting for the commit.
pub(super) const START_WITHOUT_ROLLBACK: i32 = START_WHEN_COMMITTED - 512;
/// Says something and ends.
pub(super) const REFUSE: i32 = 19;

/// Key of the bootstrap in the File table, and its name in the cabinet.
pub(super) const BOOTSTRAP: &str = "Bootstrap";

/// Set by the package itself when an older or the same version is there.
pub(super) const OLDER: &str = "GW_OLDER";
/// Set by the package itself when a newer version is there.
pub(super) const NEWER: &str = "GW_NEWER";

/// Not on removal; again only by a management tool, which runs as SYSTEM: a repair that a user asks
/// for must start nothing as SYSTEM.
const STARTS: &str = r#"NOT REMOVE~="ALL" AND (NOT Installed OR UserSID="S-1-5-18")"#;

/// Actions by name and place, those of every package.
type Fixed = &'static [(&'static str, i32)];

const INSTALL: Fixed = &[
    ("FindRelatedProducts", 25),
    ("LaunchConditions", 100),
    ("ValidateProductID", 700),
    ("CostInitialize", 800),
    ("FileCost", 900),
    ("CostFinalize", 1000),
    ("MigrateFeatureStates", 1200),
    ("InstallValidate", 1400),
    ("InstallInitialize", 1500),
    // The old version goes first, in the same transaction.
    ("RemoveExistingProducts", 1501),
    ("ProcessComponents", 1600),
    ("UnpublishFeatures", 1800),
    ("RemoveRegistryValues", 2600),
    ("RemoveFiles", 3500),
    ("RemoveFolders", 3600),
    // Before the files: what is made in the folder takes over its access list.
    ("CreateFolders", 3700),
    ("InstallFiles", 4000),
    ("WriteRegistryValues", 5000),
    ("RegisterUser", 6000),
    ("RegisterProduct", 6100),
    ("PublishFeatures", 6300),
    ("PublishProduct", 6400),
    ("InstallFinalize", 6600),
];

const INSTALL_UI: Fixed = &[
    ("FindRelatedProducts", 25),
    ("LaunchConditions", 100),
    ("ValidateProductID", 700),
    ("CostInitialize", 800),
    ("FileCost", 900),
    ("CostFinalize", 1000),
    ("MigrateFeatureStates", 1200),
    ("ExecuteAction", 1300),
];

const ADMIN: Fixed = &[
    ("CostInitialize", 800),
    ("FileCost", 900),
    ("CostFinalize", 1000),
    ("InstallValidate", 1400),
    ("InstallInitialize", 1500),
    ("InstallAdminPackage", 3900),
    ("InstallFiles", 4000),
    ("InstallFinalize", 6600),
];

const ADMIN_UI: Fixed = &[
    ("CostInitialize", 800),
    ("FileCost", 900),
    ("CostFinalize", 1000),
    ("ExecuteAction", 1300),
];

/// Group Policy's console makes its script from this one.
const ADVERTISE: Fixed = &[
    ("CostInitialize", 800),
    ("CostFinalize", 1000),
    ("InstallValidate", 1400),
    ("InstallInitialize", 1500),
    ("PublishFeatures", 6300),
    ("PublishProduct", 6400),
    ("InstallFinalize", 6600),
];

/// Every action of the Windows Installer that one of the sequences names.
pub(super) fn standard_actions() -> impl Iterator<Item = &'static str> {
    [INSTALL, INSTALL_UI, ADMIN, ADMIN_UI, ADVERTISE]
        .into_iter()
        .flatten()
        .map(|(name, _)| *name)
}

/// A start of the bootstrap.
struct Start {
    action: &'static str,
    kind: i32,
    arguments: String,
    condition: String,
}

/// Name, type and condition on rollback of the two actions of a pair.
type Pair = [(&'static str, i32, &'static str); 2];

const RUN: Pair = [
    ("RunCommit", START_WHEN_COMMITTED, "NOT RollbackDisabled"),
    ("RunNoRollback", START_WITHOUT_ROLLBACK, "RollbackDisabled"),
];
const PRECHECK: Pair = [
    ("PreCommit", START_WHEN_COMMITTED, "NOT RollbackDisabled"),
    ("PreNoRollback", START_WITHOUT_ROLLBACK, "RollbackDisabled"),
];

/// Nothing that a command line says reaches that of SYSTEM: there is one word to choose by, and it is
/// only compared.
fn starts(mode: Mode) -> Vec<Start> {
    let pair = |pair: Pair, arguments: &str, more: &str| {
        pair.map(|(action, kind, rollback)| Start {
            action,
            kind,
            arguments: arguments.to_owned(),
            condition: format!("{STARTS} AND {rollback}{more}"),
        })
    };
    match mode {
        Mode::Onboard => {
            // The dot keeps the folder's last backslash off the quote.
            let run = format!(
                r#"onboard --source "[BundleDir]." {}"#,
                after_installer::ARGUMENT
            );
            let run = pair(RUN, &run, r#" AND NOT GANGWAY_MODE~="precheck""#);
            let look = pair(PRECHECK, "precheck", r#" AND GANGWAY_MODE~="precheck""#);
            run.into_iter().chain(look).collect()
        }
        Mode::Precheck | Mode::Offboard => pair(RUN, "precheck", "").into(),
    }
}

/// The table of our own actions, and the five sequences.
pub(super) fn tables(mode: Mode) -> Vec<Table> {
    let starts = starts(mode);
    let mut actions: Vec<Vec<Cell>> = starts
        .iter()
        .map(|start| {
            let arguments = start.arguments.as_str();
            vec![
                start.action.into(),
                start.kind.into(),
                BOOTSTRAP.into(),
                arguments.into(),
            ]
        })
        .collect();
    let text = "A newer version of this package is installed; nothing was changed.";
    actions.push(vec![
        "RefuseOlder".into(),
        REFUSE.into(),
        Cell::Null,
        text.into(),
    ]);
    let fixed = |actions: Fixed| -> Vec<Vec<Cell>> {
        let row = |(name, place): &(&str, i32)| vec![(*name).into(), Cell::Null, (*place).into()];
        actions.iter().map(row).collect()
    };
    let refuse = || {
        let condition = format!("{NEWER} AND NOT Installed");
        vec!["RefuseOlder".into(), condition.into(), 101.into()]
    };
    let mut install = fixed(INSTALL);
    install.push(refuse());
    // Last before the end, so that the script does them when all else is done.
    install.extend(starts.iter().zip(6590..).map(|(start, place)| {
        let condition = start.condition.as_str();
        vec![start.action.into(), condition.into(), place.into()]
    }));
    let mut install_ui = fixed(INSTALL_UI);
    install_ui.push(refuse());
    vec![
        table("AdminExecuteSequence", fixed(ADMIN)),
        table("AdminUISequence", fixed(ADMIN_UI)),
        table("AdvtExecuteSequence", fixed(ADVERTISE)),
        table("CustomAction", actions),
        table("InstallExecuteSequence", install),
        table("InstallUISequence", install_ui),
    ]
}
