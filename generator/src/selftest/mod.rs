//! What only Windows can show, asked of a throw-away server: a bundle's task, values, backups and package
//! go through the system's own programs, and every row says yes, no, or why nothing can be said here.
//!
//! Each program is started by its absolute path, with a limit in time and in output. Nothing is changed
//! unless told; what is changed is undone and named.

mod answer;
mod checks;
mod context;
#[cfg(test)]
mod fake;
mod here;
mod machine;
mod rows;
mod subject;

pub use answer::{Answered, Evidence, Finding, Verdict};
pub use here::Here;
pub use machine::{Call, Ended, Machine, Said};
pub use rows::{ROWS, Row};
pub use subject::{Backup, Installer, Rules, Script, Share, SignIn, SignedIn, Subject};

use gangway_contract::registry::SENSOR;

use checks::GROUPS;
use context::Context;

/// Asks everything, until the machine is told to end. `told` hears of each answer as it comes.
pub fn ask(
    machine: &mut dyn Machine,
    subject: &Subject,
    apply: bool,
    mut told: impl FnMut(&Answered),
) -> Vec<Answered> {
    let may_change = match apply {
        true => may_change(machine),
        false => Err("it changes this system: only with `--apply`".to_owned()),
    };
    let mut rows = ROWS.iter();
    let mut answers = Vec::new();
    for group in &GROUPS {
        let asked: Vec<&Row> = rows.by_ref().take(group.rows.len()).collect();
        let changes = asked.iter().any(|row| row.changes.is_some());
        let found = match &may_change {
            _ if machine.is_told_to_end() => {
                vec![Finding::unanswerable("interrupted before it was asked"); asked.len()]
            }
            Err(why) if changes => vec![Finding::unanswerable(why.clone()); asked.len()],
            _ => (group.ask)(&mut Context::new(machine, subject)),
        };
        for (row, finding) in asked.iter().zip(found) {
            let answered = Answered::of(row, finding);
            told(&answered);
            answers.push(answered);
        }
    }
    answers
}

/// What Windows calls itself: product and build. Empty where it does not tell.
pub fn system(machine: &mut dyn Machine) -> String {
    const KEY: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
    let mut value = |name: &str| value(machine, KEY, name);
    let product = value("ProductName").unwrap_or_default();
    let build = value("CurrentBuildNumber").unwrap_or_default();
    // The number of the update, in hex.
    let update =
        value("UBR").and_then(|hex| u32::from_str_radix(hex.trim_start_matches("0x"), 16).ok());
    let update = update
        .map(|update| format!(".{update}"))
        .unwrap_or_default();
    format!("{product}, build {build}{update}")
}

/// A value as `reg.exe` shows it; none where there is none.
fn value(machine: &mut dyn Machine, key: &str, name: &str) -> Option<String> {
    let reg = machine.program("reg.exe")?;
    let said = machine.call(&Call::of(&reg, &["query", key, "/v", name]));
    let mut lines = said.text.lines();
    let line = lines.find(|line| line.trim_start().starts_with(name))?;
    let (_, rest) = line.split_once("REG_")?;
    let (_, data) = rest.split_once(' ')?;
    Some(data.trim().to_owned())
}

/// Labels of a process that administrators started (high, MS-DTYP 2.4.2.4) or the system.
const ELEVATED: [&str; 2] = ["S-1-16-12288", "S-1-16-16384"];
/// Begins every such label.
const LABEL: &str = "S-1-16-";

/// What kind of Windows this is (`OSVERSIONINFOEX`, `wProductType`): `WinNT` for a workstation.
const PRODUCT: [&str; 2] = [
    r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions",
    "ProductType",
];

/// Is this a server that nobody needs? One that is onboarded is in use, and packages refuse workstations.
fn may_be_changed(machine: &mut dyn Machine) -> Result<(), String> {
    let [key, name] = PRODUCT;
    if value(machine, key, name).is_some_and(|kind| kind.eq_ignore_ascii_case("WinNT")) {
        return Err("it changes this system, and this is no server".to_owned());
    }
    let status = format!(r"HKLM\{SENSOR}\Status");
    match value(machine, &status, "OnboardingState").as_deref() {
        Some("0x1") => Err("it changes this system, and this server is onboarded".to_owned()),
        _ => Ok(()),
    }
}

/// Does this process have the rights of an administrator? A system that does not tell is taken at its
/// word later, when it refuses.
fn may_change(machine: &mut dyn Machine) -> Result<(), String> {
    may_be_changed(machine)?;
    let Some(whoami) = machine.program("whoami.exe") else {
        return Ok(());
    };
    let said = machine.call(&Call::of(&whoami, &["/groups"]));
    let is_elevated = ELEVATED.iter().any(|label| said.text.contains(label));
    match said.text.contains(LABEL) && !is_elevated {
        true => Err("it changes this system: start it as administrator".to_owned()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::fake::{Fake, subject};
    use super::*;

    #[test]
    fn every_row_is_asked_once_and_in_its_order() {
        let asked: Vec<&str> = GROUPS
            .iter()
            .flat_map(|group| group.rows)
            .copied()
            .collect();
        assert_eq!(asked, ROWS.map(|row| row.id));
        for group in &GROUPS {
            let changing = |id: &&str| {
                ROWS.iter()
                    .any(|row| row.id == *id && row.changes.is_some())
            };
            let count = group.rows.iter().filter(|id| changing(id)).count();
            assert!([0, group.rows.len()].contains(&count), "{:?}", group.rows);
        }
    }

    #[test]
    fn a_system_without_any_answer_gets_every_row_named() {
        let mut machine = Fake::default();
        let answers = ask(&mut machine, &Subject::default(), true, |_| {});
        let ids: Vec<&str> = answers.iter().map(|answer| answer.id).collect();
        assert_eq!(ids, ROWS.map(|row| row.id));
        for answer in answers {
            assert_ne!(answer.why, "", "{}", answer.id);
            assert_ne!(answer.verdict, Verdict::Yes, "{}", answer.id);
        }
    }

    #[test]
    fn the_system_is_told_by_product_and_build() {
        let value = |name: &str, kind: &str, data: &str| {
            format!("\r\nHKEY_LOCAL_MACHINE\\X\r\n    {name}    {kind}    {data}\r\n\r\n")
        };
        let mut machine = Fake::saying(
            "ProductName",
            &value("ProductName", "REG_SZ", "Windows Server 2022"),
        )
        .and("Build", &value("CurrentBuildNumber", "REG_SZ", "20348"))
        .and("UBR", &value("UBR", "REG_DWORD", "0x7ef"));
        assert_eq!(
            system(&mut machine),
            "Windows Server 2022, build 20348.2031"
        );
    }

    #[test]
    fn nothing_that_changes_the_system_is_started_unless_told() {
        for (apply, groups, allowed) in [
            (false, "Label S-1-16-12288", false),
            (true, "Label S-1-16-8192", false),
            (true, "Label S-1-16-12288", true),
            (true, "Label S-1-16-16384", true),
            (true, "no such option", true),
        ] {
            let mut machine = Fake::saying("whoami", groups);
            ask(&mut machine, &subject(), apply, |_| {});
            for word in [
                "/create",
                "/i ",
                "Import-GPO",
                "gpupdate",
                "New-SmbShare",
                "eventcreate",
            ] {
                assert_eq!(machine.was_called(word), allowed, "{word} {apply} {groups}");
            }
            assert!(machine.was_called("--facts"));
        }
    }

    #[test]
    fn nothing_changes_a_workstation_or_a_server_in_use() {
        for (value, said, changes) in [
            ("ProductType", "    ProductType    REG_SZ    WinNT", false),
            ("ProductType", "    ProductType    REG_SZ    ServerNT", true),
            (
                "OnboardingState",
                "    OnboardingState    REG_DWORD    0x1",
                false,
            ),
            (
                "OnboardingState",
                "    OnboardingState    REG_DWORD    0x0",
                true,
            ),
        ] {
            let mut machine = Fake::saying(value, said);
            let answers = ask(&mut machine, &subject(), true, |_| {});
            assert_eq!(machine.was_called("/create"), changes, "{said}");
            let refused = answers
                .iter()
                .any(|one| one.why.contains("it changes this system, and"));
            assert_eq!(refused, !changes, "{said}");
        }
    }

    #[test]
    fn whoever_is_told_to_end_undoes_and_asks_no_more() {
        let mut machine = Fake::saying("whoami", "Label S-1-16-12288")
            .and("gli", "numberOfLogRecords: 5")
            .told_to_end_after("/i ");
        let answers = ask(&mut machine, &subject(), true, |_| {});
        assert!(machine.was_called("/x") && !machine.was_called("New-SmbShare"));
        let ids = answers.iter().map(|answer| answer.id);
        assert!(ids.eq(ROWS.map(|row| row.id)));
        let last = answers.last().unwrap();
        assert_eq!(last.why, "interrupted before it was asked");
    }

    #[test]
    fn the_document_about_the_first_run_has_every_row() {
        let text = include_str!("../../../docs/first-windows-run.md");
        for Row {
            id,
            proves,
            how,
            changes,
        } in ROWS
        {
            let changes = changes.unwrap_or("nothing");
            let row = format!("| `{id}` | {proves} | {how} | {changes} |");
            assert!(
                text.contains(&row),
                "docs/first-windows-run.md lacks: {row}"
            );
        }
    }

    /// The document about what is not seen names the row that would show it.
    #[test]
    fn the_document_about_windows_names_every_row_and_no_other() {
        let text = include_str!("../../../docs/not-seen-on-windows.md");
        let mut named: Vec<&str> = Vec::new();
        for (place, mark) in text.match_indices("selftest `") {
            let rest = &text[place + mark.len()..];
            named.extend(rest.split('`').next());
        }
        for row in ROWS {
            assert!(
                named.contains(&row.id),
                "docs/not-seen-on-windows.md: {}",
                row.id
            );
        }
        for id in named {
            assert!(ROWS.iter().any(|row| row.id == id), "no row `{id}`");
        }
    }
}
