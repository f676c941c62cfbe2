//! Plans for every state that a publication can meet.

use super::*;
use crate::gpo::Timestamp;

fn domain() -> DomainFacts {
    DomainFacts {
        name: "contoso.com".parse().unwrap(),
        naming_context: "DC=contoso,DC=com".to_owned(),
    }
}

fn desired() -> Desired {
    let time = Timestamp::from_unix(0).unwrap();
    let filter = WmiFilter::servers("Contoso", &domain().name, false, time);
    Desired {
        id: Guid::derive(&["gpo"]),
        purpose: "deploy".to_owned(),
        display_name: "Gangway Deploy".to_owned(),
        flags: 1,
        machine_extensions: Some("[list]".to_owned()),
        wql_filter: Some(filter.link()),
        filter: Some(filter),
        files: BTreeMap::from([
            ("GPO.cmt".to_owned(), b"comment".to_vec()),
            ("Machine/Preferences/a.xml".to_owned(), b"new".to_vec()),
        ]),
    }
}

/// What is there after a publication with this version.
fn published(version: u32) -> Present {
    let desired = desired();
    let filter = desired.filter.unwrap();
    let mut files = desired.files;
    let ini = GptIni {
        version: Version::from_number(version),
        display_name: None,
    };
    files.insert(GPT_INI.to_owned(), ini.write());
    Present {
        object: Some(PresentObject {
            display_name: desired.display_name,
            flags: desired.flags,
            version,
            machine_extensions: desired.machine_extensions,
            wql_filter: desired.wql_filter,
            marker: Some(MARKER.to_owned()),
            guid: None,
            denied: Vec::new(),
        }),
        has_machine: true,
        has_user: true,
        filter: Some(PresentFilter::from(&filter)),
        has_folder: true,
        has_temporary_folder: false,
        folders: ["Machine", "User", "Machine/Preferences"]
            .map(str::to_owned)
            .to_vec(),
        files,
    }
}

fn lines(steps: &[Step]) -> String {
    let lines: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let id = desired().id.to_string();
    lines.join("\n").replace(&id, "{GPO}")
}

#[test]
fn a_first_publication_makes_everything_visible_last() {
    let steps = plan(&desired(), &Present::default(), &domain()).unwrap();
    insta::assert_snapshot!(lines(&steps));
}

#[test]
fn a_second_publication_raises_the_version_and_changes_nothing_else() {
    let steps = plan(&desired(), &published(1), &domain()).unwrap();
    insta::assert_snapshot!(lines(&steps), @r"
    read `contoso.com/Policies/{GPO}` back and compare
    change `CN={GPO},CN=Policies,CN=System,DC=contoso,DC=com`: versionNumber 1 -> 2
    write `contoso.com/Policies/{GPO}/GPT.INI`, 22 bytes
    ");
}

#[test]
fn changed_and_forgotten_files_are_brought_in_line() {
    let mut present = published(65_535);
    present
        .files
        .insert("Machine/Preferences/a.xml".to_owned(), b"old".to_vec());
    present
        .files
        .insert("machine/stale.xml".to_owned(), b"old".to_vec());
    present
        .files
        .insert(format!("GPO.cmt{TEMPORARY}"), b"half".to_vec());
    let steps = plan(&desired(), &present, &domain()).unwrap();
    insta::assert_snapshot!(lines(&steps), @r"
    remove `contoso.com/Policies/{GPO}/GPO.cmt.gangway-part`
    write `contoso.com/Policies/{GPO}/Machine/Preferences/a.xml`, 3 bytes
    remove `contoso.com/Policies/{GPO}/machine/stale.xml`
    read `contoso.com/Policies/{GPO}` back and compare
    change `CN={GPO},CN=Policies,CN=System,DC=contoso,DC=com`: versionNumber 65535 -> 1
    write `contoso.com/Policies/{GPO}/GPT.INI`, 22 bytes
    ");
}

#[test]
fn a_half_raised_version_goes_above_both_halves() {
    let mut present = published(3);
    if let Some(object) = &mut present.object {
        object.version = 4;
    }
    assert_eq!(present.next_version().number(), 5);
    let mut present = published(3);
    present.files.remove(GPT_INI);
    assert_eq!(present.next_version().number(), 4);
}

#[test]
fn the_user_part_of_a_version_stays() {
    assert_eq!(published(0x0007_0003).next_version().number(), 0x0007_0004);
}

fn saved(present: &Present) -> Saved {
    let mut saved = Saved::default();
    saved.add(desired().id, "Deploy", present);
    saved
}

#[test]
fn what_was_saved_first_stays() {
    let mut saved = saved(&Present::default());
    saved.add(desired().id, "Deploy", &published(1));
    assert_eq!(saved.desired(desired().id), None);
}

#[test]
fn a_gpo_of_somebody_else_is_refused() {
    let mut present = published(1);
    if let Some(object) = &mut present.object {
        object.marker = None;
    }
    assert!(plan(&desired(), &present, &domain()).is_err());
    let before = saved(&Present::default());
    assert!(plan_rollback(&before, desired().id, &present, &domain()).is_err());
}

#[test]
fn taking_back_a_first_publication_removes_the_object_before_its_files() {
    let before = saved(&Present::default());
    let steps = plan_rollback(&before, desired().id, &published(1), &domain()).unwrap();
    insta::assert_snapshot!(lines(&steps), @r"
    delete `CN={GPO},CN=Policies,CN=System,DC=contoso,DC=com` and what is below it
    remove folder `contoso.com/Policies/{GPO}`
    ");
}

#[test]
fn taking_back_a_later_publication_brings_the_old_content_under_a_new_version() {
    let mut old = published(1);
    old.files
        .insert("Machine/Preferences/a.xml".to_owned(), b"old".to_vec());
    if let Some(object) = &mut old.object {
        object.machine_extensions = Some("[old]".to_owned());
    }
    let before = Saved::read(&saved(&old).write()).unwrap();
    let steps = plan_rollback(&before, desired().id, &published(2), &domain()).unwrap();
    insta::assert_snapshot!(lines(&steps), @r"
    write `contoso.com/Policies/{GPO}/Machine/Preferences/a.xml`, 3 bytes
    read `contoso.com/Policies/{GPO}` back and compare
    change `CN={GPO},CN=Policies,CN=System,DC=contoso,DC=com`: versionNumber 2 -> 3, gPCMachineExtensionNames = [old]
    write `contoso.com/Policies/{GPO}/GPT.INI`, 22 bytes
    ");
}

#[test]
fn malformed_saved_states_are_refused() {
    let good = String::from_utf8(saved(&published(1)).write()).unwrap();
    for (from, to) in [
        ("\"schema\": 1", "\"schema\": 2"),
        ("\"flags\"", "\"flogs\""),
        ("\"Y29", "\"!!"),
        ("\"{", "\"["),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(Saved::read(bad.as_bytes()).is_err(), "{from}");
    }
}

/// serde takes the values of a struct in the order of its fields for one.
#[test]
fn a_list_is_no_saved_state_nor_a_part_of_one() {
    let id = Guid::derive(&["gpo"]);
    let mut saved = Saved::default();
    saved.add(id, "Gangway Deploy", &published(3));
    assert_eq!(Saved::read(&saved.write()), Ok(saved));
    for text in [
        "[1, []]".to_owned(),
        format!(r#"{{"schema": 1, "gpos": [["{id}", "Gangway Deploy", null]]}}"#),
    ] {
        let error = Saved::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("object"), "{text}: {error}");
    }
}
