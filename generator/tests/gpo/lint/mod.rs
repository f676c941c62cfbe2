//! The linter: silent on what we write, and one code for each thing that goes wrong when one
//! thing is changed.

mod consoles;
mod inherited;
mod items;
mod links;
mod many;
mod scripts;
mod services;
mod task_schema;
mod tree;
mod values;
mod where_it_lies;
mod whole_gpo;

use std::collections::BTreeSet;

use gangway::gpo::codes;
use gangway::gpo::found::LoadError;
use gangway::gpo::registry_pol::{Record, RegistryPolicy};
use gangway::lint::lint;

use tree::{Tree, empty, file_item, filtered, good_task, linked, with_preference, with_task};

const SENSOR: &str = r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
const ANTIVIRUS: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";

#[test]
fn our_own_output_is_clean() {
    let report = Tree::bundle().lint();
    assert_eq!(report.problems, []);
    // Two GPOs as backup and in SYSVOL, one WMI filter as MOF and LDIF.
    assert_eq!(report.checked.len(), 6, "{:#?}", report.checked);
}

#[test]
fn the_good_inputs_of_the_cases_are_clean() {
    assert_eq!(Tree::deploy().codes(), BTreeSet::new());
    assert_eq!(
        with_task(&good_task("S-1-5-18", "a.exe", "")).codes(),
        BTreeSet::new()
    );
    let policy = empty().policy(1, Record::dword(SENSOR, "ForceDefenderPassiveMode", 1));
    assert_eq!(policy.codes(), BTreeSet::new());
    assert_eq!(
        with_preference("Files", &file_item("C", r"C:\a.exe")).codes(),
        BTreeSet::new()
    );
    assert_eq!(
        with_preference(
            "Groups",
            r#"<Groups><User name="admin"><Properties cpassword=""/></User></Groups>"#
        )
        .codes(),
        BTreeSet::new(),
        "as the editor writes it for an account without a password"
    );
    let filter = r#"<FilterGroup bool="AND" not="0" sid="S-1-5-21-1-2-3-4" userContext="0"/>"#;
    assert_eq!(filtered(filter).codes(), BTreeSet::new());
}

#[test]
fn what_clients_know_beside_the_modelled_items_is_no_unknown_one() {
    let good = good_task("S-1-5-18", "a.exe", "");
    for known in ["Task", "ImmediateTask"] {
        let xml = good.replace(
            "</ScheduledTasks>",
            &format!(
                "<Collection clsid=\"{{53B533F5-224C-47e3-B01B-CA3B3F3FF4BF}}\" name=\"a\"><{known}/><Filters/>\
                 </Collection></ScheduledTasks>"
            ),
        );
        assert_eq!(with_task(&xml).codes(), BTreeSet::new(), "{known}");
    }
}

/// A hundred thousand values took minutes while each was held against all others.
#[test]
fn a_policy_of_very_many_values_is_judged_at_once() {
    let records = (0..100_000)
        .map(|number| {
            Record::dword(
                &format!(r"SOFTWARE\Contoso\{}", number % 7),
                &format!("v{number}"),
                1,
            )
        })
        .collect();
    let policy = RegistryPolicy { records }.write().unwrap();
    let tree = empty().sysvol(1, &[("Machine/registry.pol", &policy)]);
    let begun = std::time::Instant::now();
    assert_eq!(tree.codes(), BTreeSet::new());
    // Seconds in a build without optimisation; quadratic work is in the hundreds of them.
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn what_is_taken_away_again_or_switched_off_is_no_fault() {
    let off = || Record::dword(ANTIVIRUS, "DisableAntiSpyware", 1);
    let gone = |value: &str| Record {
        value: value.to_owned(),
        ..Record::text(ANTIVIRUS, "x", " ")
    };
    for (later, wanted) in [
        (
            Record::dword(ANTIVIRUS, "DISABLEANTISPYWARE", 0),
            &["GW2317"][..],
        ),
        (gone("**del.DisableAntiSpyware"), &[]),
        (gone("**delvals."), &[]),
        (gone("**DelVals"), &[]),
        (
            Record::text(ANTIVIRUS, "**DeleteValues", "a;DisableAntiSpyware"),
            &[],
        ),
        (gone("**del.DisableAntiVirus"), &["GW2308"]),
    ] {
        let policy = RegistryPolicy {
            records: vec![off(), later],
        };
        let bytes = policy.write().unwrap();
        let tree = empty().sysvol(1, &[("Machine/registry.pol", &bytes)]);
        assert_eq!(tree.codes(), wanted.iter().copied().collect(), "{policy:?}");
    }
    let good = good_task("S-1-5-18", "a.exe", "");
    let removal = r#"<Properties action="D" name="a"/>"#;
    let bad = good.replace("runAs=\"S-1-5-18\"", "runAs=\"\"");
    let off = bad.replace("uid=", "disabled=\"1\" uid=");
    let once = r#"<FilterRunOnce hidden="1" bool="AND" not="0" id="{99999999-2222-3333-4444-555555555555}"/>"#;
    for (xml, wanted) in [
        (tree::task(removal, ""), &[][..]),
        (good.replace("action=\"U\"", "action=\"D\""), &[]),
        (bad, &["GW2206"]),
        (off, &["GW2230"]),
        (
            tree::task(
                &good_properties(&good),
                &format!("<Filters>{once}{once}</Filters>"),
            ),
            &[],
        ),
    ] {
        assert_eq!(
            with_task(&xml).codes(),
            wanted.iter().copied().collect(),
            "{xml}"
        );
    }
}

/// The `Properties` of a task file.
fn good_properties(xml: &str) -> String {
    let end = "</Properties>";
    let (from, to) = (xml.find("<Properties").unwrap(), xml.find(end).unwrap());
    xml[from..to + end.len()].to_owned()
}

/// The codes that a broken input provokes, and the input.
fn cases() -> Vec<(Vec<&'static str>, Tree)> {
    [
        whole_gpo::cases(),
        items::cases(),
        scripts::cases(),
        task_schema::cases(),
        values::cases(),
    ]
    .concat()
}

#[test]
fn each_change_provokes_its_code_and_no_other() {
    for (wanted, tree) in cases() {
        let report = tree.lint();
        let found: BTreeSet<&str> = report.problems.iter().map(|p| p.code.id).collect();
        let wanted: BTreeSet<&str> = wanted.into_iter().collect();
        assert_eq!(found, wanted, "{:#?}", report.problems);
        for problem in report.problems {
            assert!(!problem.next_action.is_empty() && !problem.subject.is_empty());
        }
    }
}

#[test]
fn every_code_of_the_linter_has_a_case() {
    let provoked: BTreeSet<&str> = cases().into_iter().flat_map(|(codes, _)| codes).collect();
    let all = codes::ALL.iter().map(|code| code.id);
    // Links have tests of their own (`links.rs`).
    let linter: BTreeSet<&str> = all
        .filter(|id| !id.starts_with("GW20") && *id != "GW2115")
        .collect();
    assert_eq!(provoked, linter);
}

#[test]
fn a_single_file_is_recognised_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ScheduledTasks.xml");
    std::fs::write(&path, good_task("", "a.exe", "")).unwrap();
    let report = lint(&path).unwrap();
    let ids: Vec<_> = report
        .problems
        .iter()
        .map(|problem| problem.code.id)
        .collect();
    assert_eq!(ids, ["GW2206"]);
}

#[test]
fn files_of_other_programs_are_passed_over() {
    let dsc = "/*\n@TargetNode='localhost'\n*/\ninstance of MSFT_FileDirectory as $a1ref\n{\n};\n";
    for (name, text) in [
        ("localhost.mof", dsc),
        ("files.xml", "<project><file/></project>"),
        ("registry.xml", "<registry/>"),
        ("Folders.xml", "<bookmarks/>"),
    ] {
        let mut tree = with_task(&good_task("S-1-5-18", "a.exe", ""));
        tree.0.insert(name.to_owned(), text.into());
        assert_eq!(tree.codes(), BTreeSet::new(), "{name}");
    }
}

#[test]
fn files_that_may_be_policies_are_not_passed_over() {
    for (name, text) in [
        ("filter.mof", "instance of MSFT_SomFilter { Name = 1; };"),
        ("files.xml", "<Files><File></Files>"),
        ("scheduledtasks.xml", "<Tasks/>"),
    ] {
        let mut tree = with_task(&good_task("S-1-5-18", "a.exe", ""));
        tree.0.insert(name.to_owned(), text.into());
        assert_eq!(tree.codes(), BTreeSet::from(["GW2107"]), "{name}");
    }
}

#[test]
fn a_folder_without_policies_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "x").unwrap();
    assert!(matches!(
        lint(folder.path()),
        Err(LoadError::Nothing { .. })
    ));
    let absent = folder.path().join("absent");
    assert!(matches!(lint(&absent), Err(LoadError::Io { .. })));
}

#[test]
fn exclusions_of_several_gpos_add_up_without_a_complaint() {
    let key = format!(r"{ANTIVIRUS}\Exclusions");
    let tree = empty()
        .policy(1, Record::dword(&key, "Exclusions_Paths", 1))
        .policy(2, Record::dword(&key, "Exclusions_Paths", 1));
    assert_eq!(tree.codes(), BTreeSet::new());
}

#[test]
fn onboarding_and_offboarding_of_different_servers_is_right() {
    let onboard = r"\\contoso.com\NETLOGON\MdeOnboard-x.exe";
    let offboard = r"\\contoso.com\NETLOGON\MdeOffboard-x.exe";
    let tree = linked(
        linked(empty(), 1, onboard, "contoso.com/A"),
        2,
        offboard,
        "contoso.com/B",
    );
    assert_eq!(tree.codes(), BTreeSet::new());
}
