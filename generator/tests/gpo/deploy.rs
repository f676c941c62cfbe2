//! The Deploy GPO.

use gangway::gpo::backup::{BackupDocument, BackupInstance, read_manifest};
use gangway::gpo::extensions::{ExtensionList, REGISTRY_POLICY, SCHEDULED_TASKS};
use gangway::gpo::gpt_ini::GptIni;
use gangway::gpo::preferences::scheduled_tasks::ScheduledTasks;
use gangway::gpo::registry_pol::RegistryPolicy;
use gangway::gpo::security::SecurityDescriptor;
use gangway::gpo::wmi;
use gangway::policies::{DeployOptions, DeployTask, GpoError, PrincipalForm, deploy};

use super::schema::{assert_valid, validate};
use super::{file, options};

const TASKS_XML: &str = "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml";

/// Every choice that changes the task.
fn variants() -> Vec<DeployOptions> {
    let mut variants = Vec::new();
    for task in [
        DeployTask::Precheck,
        DeployTask::Onboard,
        DeployTask::Offboard,
    ] {
        for principal in [PrincipalForm::Name, PrincipalForm::Sid] {
            for report_every_days in [0, 1, 7] {
                variants.push(DeployOptions {
                    task,
                    principal,
                    report_every_days,
                    ..options()
                });
            }
        }
    }
    variants
}

#[test]
fn every_task_file_is_valid_by_schema() {
    for options in variants() {
        let gpo = deploy(&options).unwrap();
        assert_valid("gpp-scheduledtasks.xsd", file(&gpo, TASKS_XML));
    }
}

#[test]
fn the_schema_refuses_a_task_without_an_account() {
    let gpo = deploy(&options()).unwrap();
    let good = String::from_utf8(file(&gpo, TASKS_XML).to_vec()).unwrap();
    let bad = good.replace(r#"runAs="NT AUTHORITY\System""#, r#"runAs="""#);
    assert_ne!(bad, good);
    validate("gpp-scheduledtasks.xsd", bad.as_bytes()).unwrap_err();
}

#[test]
fn the_default_task_has_exactly_the_form_that_is_measured_to_work() {
    let gpo = deploy(&options()).unwrap();
    let text = String::from_utf8(file(&gpo, TASKS_XML).to_vec()).unwrap();
    insta::assert_snapshot!(text.replace("><", ">\n<"));
}

/// A refresh must not register it again, which would cancel a run that waits for its delay.
#[test]
fn the_daily_task_is_registered_only_where_it_is_not_there() {
    let gpo = deploy(&options()).unwrap();
    let tasks = ScheduledTasks::read(file(&gpo, TASKS_XML)).unwrap();
    let items: Vec<_> = tasks.items().collect();
    assert_eq!(items.len(), 2);
    assert_ne!(items[0].attributes.uid, items[1].attributes.uid);
    let name = format!("Gangway Daily {}", options().bundle_id);
    assert_eq!(items[1].attributes.name, name);
    // Windows would remove it as soon as the filter no longer holds.
    assert_eq!(items[1].attributes.remove_policy, Some(false));
    assert_eq!(items[1].properties.action.as_deref(), Some("R"));
    let text = String::from_utf8(file(&gpo, TASKS_XML).to_vec()).unwrap();
    let filter = format!(
        r#"<FilterRegistry bool="AND" not="1" type="KEYEXISTS" hive="HKEY_LOCAL_MACHINE" key="SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree\{name}""#
    );
    assert!(text.contains(&filter), "{text}");
    assert!(text.contains("<Arguments>daily</Arguments>"), "{text}");
}

/// Windows takes the value away with the policy; the daily task ends by that.
#[test]
fn the_policy_says_of_itself_that_it_applies() {
    let named = |file: &&gangway::gpo::GpoFile| file.path.to_lowercase().ends_with("registry.pol");
    let gpo = deploy(&options()).unwrap();
    let pol = RegistryPolicy::read(&gpo.files.iter().find(named).unwrap().bytes).unwrap();
    assert_eq!(pol.records.len(), 1);
    let without = deploy(&DeployOptions {
        report_every_days: 0,
        ..options()
    })
    .unwrap();
    let tasks = ScheduledTasks::read(file(&without, TASKS_XML)).unwrap();
    assert_eq!(tasks.items().count(), 1);
    assert!(!without.files.iter().any(|file| named(&file)));
}

#[test]
fn the_sid_form_names_no_account() {
    let gpo = deploy(&DeployOptions {
        principal: PrincipalForm::Sid,
        ..options()
    })
    .unwrap();
    let text = String::from_utf8(file(&gpo, TASKS_XML).to_vec()).unwrap();
    assert!(
        text.contains(r#"runAs="S-1-5-18" logonType="S4U""#),
        "{text}"
    );
    assert!(text.contains("<UserId>S-1-5-18</UserId>"), "{text}");
    assert!(!text.contains("NT AUTHORITY"), "{text}");
}

#[test]
fn what_is_written_reads_back_without_an_oddity() {
    for options in variants() {
        let gpo = deploy(&options).unwrap();
        let bytes = file(&gpo, TASKS_XML);
        let tasks = ScheduledTasks::read(bytes).unwrap();
        for item in tasks.items() {
            assert_eq!(item.oddities(), []);
        }
        assert_eq!(tasks.write().unwrap(), bytes);
    }
}

#[test]
fn same_options_same_bytes_and_sorted_paths() {
    let first = deploy(&options()).unwrap();
    assert_eq!(first, deploy(&options()).unwrap());
    let paths: Vec<_> = first.files.iter().map(|file| file.path.as_str()).collect();
    insta::assert_snapshot!(paths.join("\n"));
}

#[test]
fn a_new_bundle_changes_the_backup_but_not_the_identity() {
    let first = deploy(&options()).unwrap();
    let second = deploy(&DeployOptions {
        bundle_id: gangway_contract::BundleId::of_bytes(b"other"),
        ..options()
    })
    .unwrap();
    assert_eq!(first.gpo_id, second.gpo_id);
    assert_eq!(first.wmi_filter, second.wmi_filter);
    assert_ne!(first.backup_id, second.backup_id);
}

#[test]
fn domains_organisations_and_offboarding_have_gpos_of_their_own() {
    let ids = [
        options(),
        DeployOptions {
            domain: "emea.contoso.com".parse().unwrap(),
            ..options()
        },
        DeployOptions {
            identity: "fabrikam".to_owned(),
            ..options()
        },
        DeployOptions {
            task: DeployTask::Offboard,
            ..options()
        },
    ]
    .map(|options| deploy(&options).unwrap().gpo_id);
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[index + 1..].contains(id), "{id}");
    }
    let precheck = DeployOptions {
        task: DeployTask::Precheck,
        ..options()
    };
    assert_eq!(deploy(&precheck).unwrap().gpo_id, ids[0]);
}

#[test]
fn all_parts_of_the_backup_name_the_same_gpo_and_version() {
    let gpo = deploy(&options()).unwrap();
    let instance = BackupInstance::read(file(&gpo, "bkupInfo.xml")).unwrap();
    let document = BackupDocument::read(file(&gpo, "Backup.xml")).unwrap();
    assert_eq!(
        read_manifest(file(&gpo, "manifest.xml")).unwrap(),
        std::slice::from_ref(&instance)
    );
    assert_eq!(instance.id, gpo.backup_id);
    assert_eq!(instance.gpo_id, gpo.gpo_id);
    assert_eq!(document.gpo_id, gpo.gpo_id);
    assert_eq!(document.display_name, instance.display_name);
    assert_eq!(document.options, 1);
    assert_eq!(document.machine_version, 65_537);
    let list = ExtensionList::of(&[REGISTRY_POLICY, SCHEDULED_TASKS]).to_string();
    assert_eq!(document.machine_extensions, list);
    assert!(SecurityDescriptor::from_bytes(&document.security_descriptor).is_ok());
    assert_eq!(
        GptIni::read(file(&gpo, "GPT.INI"))
            .unwrap()
            .version
            .number(),
        1
    );
    assert_eq!(
        wmi::read_mof(file(&gpo, ".mof")),
        Ok(gpo.wmi_filter.clone())
    );
}

#[test]
fn every_file_of_the_backup_is_listed_in_it_parents_first() {
    let gpo = deploy(&options()).unwrap();
    let document = BackupDocument::read(file(&gpo, "Backup.xml")).unwrap();
    let listed: Vec<String> = document
        .objects
        .iter()
        .filter_map(|object| object.location.clone())
        .collect();
    assert_eq!(
        listed,
        [
            r"DomainSysvol\GPO\Machine\registry.pol",
            r"DomainSysvol\GPO\GPO.cmt",
            r"DomainSysvol\GPO\Machine\Preferences",
            r"DomainSysvol\GPO\Machine\Preferences\ScheduledTasks",
            r"DomainSysvol\GPO\Machine\Preferences\ScheduledTasks\ScheduledTasks.xml",
        ]
    );
    for location in listed.iter().filter(|path| path.contains('.')) {
        file(&gpo, &location.replace('\\', "/"));
    }
}

#[test]
fn names_that_need_escaping_survive() {
    for organization in ["A & B <\"Söhne\"> 100% 'x'", "日本の会社 ", "]]>"] {
        let options = DeployOptions {
            organization: organization.to_owned(),
            ..options()
        };
        let gpo = deploy(&options).unwrap();
        assert_valid("gpp-scheduledtasks.xsd", file(&gpo, TASKS_XML));
        let tasks = ScheduledTasks::read(file(&gpo, TASKS_XML)).unwrap();
        let item = tasks.items().next().unwrap();
        let description = item
            .properties
            .task
            .as_ref()
            .unwrap()
            .registration
            .description
            .clone();
        assert!(description.unwrap().starts_with(organization));
    }
}

#[test]
fn a_character_that_xml_forbids_is_refused() {
    let options = DeployOptions {
        organization: "Con\u{1}toso".to_owned(),
        ..options()
    };
    let error = deploy(&options).unwrap_err();
    assert!(matches!(error, GpoError::Text(_)), "{error}");
    assert_eq!(error.problem().code.id, "GW2002");
}

#[test]
fn paths_that_clients_would_misread_are_refused() {
    let long = format!(r"\\files.contoso.com\{}", "a".repeat(240));
    for folder in [
        "C:\\Gangway",
        r"\\files\gangway",
        r"\\files.contoso.com",
        r"\\files.contoso.com\",
        r"\\files.contoso.com\a\..\b",
        r"\\files.contoso.com\%LogonUser%",
        r"\\files.contoso.com\$(Arg0)",
        r"\\files.contoso.com\a ",
        r"\\files.contoso.com\a.",
        r#"\\files.contoso.com\a"b"#,
        r"\\10.0.0.1\gangway",
        &long,
    ] {
        let options = DeployOptions {
            exe_folder: Some(folder.to_owned()),
            ..options()
        };
        let error = deploy(&options).unwrap_err();
        assert_eq!(error.problem().code.id, "GW2001", "{folder}");
    }
    for name in ["", "a b.exe", "a\\b.exe", "日本.exe", "%a%.exe"] {
        let options = DeployOptions {
            exe_name: name.to_owned(),
            ..options()
        };
        let error = deploy(&options).unwrap_err();
        assert_eq!(error.problem().code.id, "GW2001", "{name}");
    }
}

#[test]
fn a_folder_with_odd_but_legal_characters_is_written_as_it_stands() {
    let folder = r"\\files.contoso.com\R&D 'x' 日本$\bootstrap";
    let gpo = deploy(&DeployOptions {
        exe_folder: Some(folder.to_owned()),
        ..options()
    })
    .unwrap();
    let bytes = file(&gpo, TASKS_XML);
    assert_valid("gpp-scheduledtasks.xsd", bytes);
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let escaped = folder.replace('&', "&amp;");
    assert!(
        text.contains(&format!("<Command>{escaped}\\MdeOnboard-")),
        "{text}"
    );
}
