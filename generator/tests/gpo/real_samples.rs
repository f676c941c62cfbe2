//! Real files of other people's GPOs are read and written back without loss. They are not part
//! of the repository: where they are absent, each test says so and looks at nothing.

use std::path::PathBuf;

use gangway::gpo::backup::{BackupDocument, BackupInstance, read_manifest, write_manifest};
use gangway::gpo::comment::PolicyComments;
use gangway::gpo::preferences::registry::RegistryPreferences;
use gangway::gpo::preferences::scheduled_tasks::ScheduledTasks;
use gangway::gpo::registry_pol::{Effect, RegistryPolicy};
use gangway::gpo::security::SecurityDescriptor;
use gangway::gpo::xml;

use super::schema::assert_valid;

/// Bytes of a sample, or a loud note that it is absent.
fn sample(name: &str) -> Option<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/real-gpo-samples");
    // Beside a worktree the shared folder lies one level higher.
    let worktree =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real-gpo-samples");
    let found = [folder, worktree]
        .iter()
        .find_map(|folder| std::fs::read(folder.join(name)).ok());
    if found.is_none() {
        eprintln!("SKIPPED: the real sample `{name}` is not here (../shared/real-gpo-samples)");
    }
    found
}

#[track_caller]
fn assert_same_xml(written: &[u8], original: &[u8]) {
    let written = xml::read(written).unwrap();
    let original = xml::read(original).unwrap();
    assert!(
        written.same_as(&original),
        "written: {written:#?}\noriginal: {original:#?}"
    );
}

#[test]
fn scheduled_tasks_files_round_trip_and_are_understood() {
    for (name, items) in [
        ("arc-onboarding/ScheduledTasks.xml", 2),
        ("gpmc-ws2025/ScheduledTasks.xml", 4),
    ] {
        let Some(bytes) = sample(name) else { continue };
        let tasks = ScheduledTasks::read(&bytes).unwrap();
        assert_eq!(tasks.items().count(), items, "{name}");
        for item in tasks.items() {
            assert_eq!(item.oddities(), [], "{name}");
        }
        let written = tasks.write().unwrap();
        assert_same_xml(&written, &bytes);
        assert_valid("gpp-scheduledtasks.xsd", &written);
        assert_eq!(ScheduledTasks::read(&written).unwrap(), tasks);
    }
}

#[test]
fn a_registry_preferences_file_round_trips_and_is_understood() {
    let Some(bytes) = sample("arc-onboarding/Registry.xml") else {
        return;
    };
    let registry = RegistryPreferences::read(&bytes).unwrap();
    let keys: Vec<_> = registry
        .items()
        .map(|item| item.properties.key.as_str())
        .collect();
    assert_eq!(keys, [r"SOFTWARE\MICROSOFT\AzureArc"; 2]);
    for item in registry.items() {
        assert_eq!(item.oddities(), []);
    }
    let written = registry.write().unwrap();
    assert_same_xml(&written, &bytes);
    assert_valid("gpp-registry.xsd", &written);
}

#[test]
fn backup_documents_round_trip() {
    if let Some(bytes) = sample("arc-onboarding/Backup.xml") {
        let document = BackupDocument::read(&bytes).unwrap();
        assert_same_xml(&document.write().unwrap(), &bytes);
        assert_eq!(document.display_name, "Prueba");
        assert_eq!(document.machine_version, 1_114_129);
        let descriptor = SecurityDescriptor::from_bytes(&document.security_descriptor).unwrap();
        // All but the auto-inherited bits of the header, which say nothing without a parent.
        assert_eq!(
            descriptor.to_bytes()[4..],
            document.security_descriptor[4..]
        );
    }
    if let Some(bytes) = sample("arc-onboarding/bkupInfo.xml") {
        let instance = BackupInstance::read(&bytes).unwrap();
        // Byte for byte but for the line feed that somebody's editor added.
        assert_eq!(instance.write().unwrap(), bytes.trim_ascii_end());
    }
    if let Some(bytes) = sample("gpmc-ws2025/manifest.xml") {
        let instances = read_manifest(&bytes).unwrap();
        assert_eq!(write_manifest(&instances).unwrap(), bytes.trim_ascii_end());
    }
}

#[test]
fn registry_policy_round_trips_byte_for_byte() {
    let Some(bytes) = sample("nsacyber/registry.pol") else {
        return;
    };
    let policy = RegistryPolicy::read(&bytes).unwrap();
    assert_eq!(policy.write().unwrap(), bytes);
    assert_eq!(policy.records.len(), 45);
    let instructions = policy
        .records
        .iter()
        .filter(|record| matches!(record.effect(), Effect::Delete(_) | Effect::DeleteAllValues));
    assert_eq!(instructions.count(), 8);
}

#[test]
fn policy_comments_round_trip() {
    let Some(bytes) = sample("nsacyber/comment.cmtx") else {
        return;
    };
    let comments = PolicyComments::read(&bytes).unwrap();
    assert_same_xml(&comments.write().unwrap(), &bytes);
    let text = comments.text("ns0:DefaultCredentialProvider").unwrap();
    assert!(text.contains("Smartcard Credential Provider"), "{text}");
}
