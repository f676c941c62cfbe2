//! Documents: what an administrator writes, what Gangway wrote earlier, what servers leave, and
//! the files of a Group Policy backup.

use std::path::Path;

use gangway::bundle::BundleDocument;
use gangway::fleet::{AnalyzerResult, ExpectedServers, History, SavedOwners, counts_by_its_words};
use gangway::formats::security::{ntacl_owner, sddl_owner};
use gangway::gpo::backup::{BackupDocument, BackupInstance, read_manifest};
use gangway::gpo::comment::PolicyComments;
use gangway::gpo::extensions::FoundList;
use gangway::gpo::gpt_ini::GptIni;
use gangway::gpo::preferences::files::{FilePreferences, FolderPreferences};
use gangway::gpo::preferences::registry::RegistryPreferences;
use gangway::gpo::preferences::scheduled_tasks::ScheduledTasks;
use gangway::gpo::registry_pol::RegistryPolicy;
use gangway::gpo::scripts::ScriptList;
use gangway::gpo::security::{
    SecurityDescriptor, Sid, denial_of_apply, with_denial, without_entry,
};
use gangway::gpo::wmi;
use gangway::intake::lock::Lock;
use gangway::pipeline::Config;
use gangway::pipeline::reconstruct::checked;
use gangway::provenance;
use gangway::recipe::Recipe;
use gangway_contract::{Control, Manifest, Report, Rollout, UtcTime, report};

use super::Target;
use super::documents_seeds as seeds;

/// The targets of this file.
pub const TARGETS: &[Target] = &[
    ("analyzer", analyzer, seeds::analyzer_results),
    ("attestation", attestation, seeds::attestations),
    ("config", config, seeds::configs),
    ("gpo_files", gpo_files, seeds::gpo_binary_files),
    ("gpo_xml", gpo_xml, seeds::gpo_xml_files),
    ("history", history, seeds::histories),
    ("json", json, seeds::json_documents),
    ("lock", lock, seeds::locks),
    ("owners", owners, seeds::owners),
];

/// A result of Microsoft's Client Analyzer, or the archive around it.
pub fn analyzer(data: &[u8]) {
    let _ = AnalyzerResult::read_bytes(data);
}

/// Statements in their envelopes, a statement as it is, and a public key.
///
/// # Panics
/// A key vouches for what nobody signed.
pub fn attestation(data: &[u8]) {
    let _ = provenance::Statement::parse(data);
    let key = provenance::VerifyingKey::read(seeds::PUBLIC_KEY.as_bytes());
    if let (Ok(envelopes), Ok(key)) = (provenance::lines(data), key) {
        for envelope in envelopes {
            assert_eq!(envelope.vouched(&key), None);
        }
    }
    let _ = provenance::VerifyingKey::read(data);
}

/// `gangway.toml`.
pub fn config(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(config) = Config::parse(text, Path::new("folder/gangway.toml"))
    {
        let _ = config.named_paths();
    }
}

/// `gangway.lock`: what is read and written again is the same lock.
///
/// # Panics
/// It is another one.
pub fn lock(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(lock) = Lock::parse(text)
    {
        assert_eq!(Lock::parse(&lock.to_text()).as_ref(), Ok(&lock));
    }
}

/// Host reports and the documents of a bundle.
///
/// # Panics
/// A report that was read and written again is another one.
pub fn json(data: &[u8]) {
    if let Ok(report) = Report::parse(data) {
        let again = Report::parse(&report.to_bytes());
        assert_eq!(again.as_ref(), Ok(&report));
    }
    // As a fleet's report reads it: a name that fits is half of what counts.
    let name = Report::parse(data).map(|one| report::file_name(&one.fqdn, one.finished_at, 1));
    let _ = counts_by_its_words(&name.unwrap_or_default(), data, UtcTime(i64::MAX / 2));
    let _ = Manifest::parse(data);
    let _ = Control::parse(data);
    if let Ok(rollout) = Rollout::parse(data) {
        assert_eq!(Rollout::parse(&rollout.to_bytes()), Ok(rollout));
    }
    let _ = BundleDocument::parse(data);
    if let Ok(recipe) = Recipe::parse(data) {
        assert_eq!(Recipe::parse(&recipe.to_bytes()), Ok(recipe.clone()));
        let _ = checked("recipe.json", data, None);
    }
}

/// The XML files of a Group Policy backup or of SYSVOL.
pub fn gpo_xml(data: &[u8]) {
    let _ = ScheduledTasks::read(data).map(|file| file.write());
    let _ = RegistryPreferences::read(data).map(|file| file.write());
    let _ = FilePreferences::read(data).map(|file| file.write());
    let _ = FolderPreferences::read(data).map(|file| file.write());
    let _ = PolicyComments::read(data).map(|file| file.write());
    let _ = BackupDocument::read(data).map(|file| file.write());
    let _ = BackupInstance::read(data);
    let _ = read_manifest(data);
}

/// Everything else in them: registry policies, `GPT.INI`, security descriptors, WMI filters.
///
/// # Panics
/// A registry policy that was read and written again has other bytes.
pub fn gpo_files(data: &[u8]) {
    if let Ok(policy) = RegistryPolicy::read(data) {
        assert_eq!(policy.write().as_deref(), Ok(data));
    }
    let _ = GptIni::read(data);
    let scripts = ScriptList::read(data);
    let _ = (scripts.hidden_line(), scripts.starts_anything());
    let _ = (scripts.names_moments(), scripts.is_of_users());
    let _ = wmi::read_mof(data);
    let _ = wmi::read_ldif(data);
    let _ = SecurityDescriptor::from_bytes(data).map(|descriptor| descriptor.to_sddl());
    let denial = denial_of_apply(Sid::LOCAL_SYSTEM);
    if let Ok(Some(denied)) = with_denial(data, &denial) {
        assert_eq!(with_denial(&denied, &denial), Ok(None));
        assert!(matches!(without_entry(&denied, &denial), Ok(Some(_))));
    }
    let text = String::from_utf8_lossy(data);
    let _ = FoundList::parse(&text);
    let _ = wmi::read_parm2(&text);
}

/// The daily counts of pruned reports: what is read and written again is the same.
pub fn history(data: &[u8]) {
    if let Ok(history) = History::read(data) {
        assert_eq!(
            History::read(history.to_text().as_bytes()),
            Ok(history.clone())
        );
        let _ = history.days();
    }
}

/// What tells whose a report is: lists of servers and of owners, a descriptor as it is, in its
/// text form and in Samba's attribute.
pub fn owners(data: &[u8]) {
    let _ = ExpectedServers::read(data).map(|servers| servers.len());
    let _ = SavedOwners::read(data);
    let _ = SecurityDescriptor::owner_of(data);
    let _ = ntacl_owner(data);
    let _ = sddl_owner(&String::from_utf8_lossy(data));
}
