//! No reader panics, whatever it is given: random bytes, and good files with something changed.

use gangway::gpo::backup::{BackupDocument, BackupInstance, read_manifest};
use gangway::gpo::comment::PolicyComments;
use gangway::gpo::extensions::FoundList;
use gangway::gpo::gpt_ini::GptIni;
use gangway::gpo::preferences::files::{FilePreferences, FolderPreferences};
use gangway::gpo::preferences::registry::RegistryPreferences;
use gangway::gpo::preferences::scheduled_tasks::ScheduledTasks;
use gangway::gpo::registry_pol::RegistryPolicy;
use gangway::gpo::security::SecurityDescriptor;
use gangway::gpo::wmi;
use gangway::policies::{deploy, settings};
use proptest::prelude::*;

/// Gives the bytes to every reader; what they say does not matter here.
fn read_all(bytes: &[u8]) {
    let _ = ScheduledTasks::read(bytes).map(|file| file.write());
    let _ = RegistryPreferences::read(bytes).map(|file| file.write());
    let _ = FilePreferences::read(bytes).map(|file| file.write());
    let _ = FolderPreferences::read(bytes).map(|file| file.write());
    let _ = PolicyComments::read(bytes).map(|file| file.write());
    let _ = BackupDocument::read(bytes).map(|file| file.write());
    let _ = BackupInstance::read(bytes);
    let _ = read_manifest(bytes);
    let _ = GptIni::read(bytes);
    let _ = wmi::read_mof(bytes);
    let _ = SecurityDescriptor::from_bytes(bytes).map(|descriptor| descriptor.to_sddl());
    if let Ok(policy) = RegistryPolicy::read(bytes) {
        assert_eq!(policy.write().unwrap(), bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = FoundList::parse(&text);
    let _ = wmi::read_parm2(&text);
}

/// Good files of every kind that we write.
fn good_files() -> Vec<Vec<u8>> {
    let mut gpos = vec![deploy(&super::options()).unwrap()];
    let mut options = super::settings::options();
    options.device_tag = Some("tag".to_owned());
    gpos.extend(settings(&options).unwrap());
    gpos.into_iter()
        .flat_map(|gpo| gpo.files)
        .map(|file| file.bytes)
        .collect()
}

proptest! {
    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
    }

    #[test]
    fn good_files_with_bytes_changed_cut_or_doubled(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        length in 0_usize..40,
        replacement in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let files = good_files();
        let mut bytes = files[which.index(files.len())].clone();
        let start = at.index(bytes.len());
        let end = bytes.len().min(start + length);
        bytes.splice(start..end, replacement);
        read_all(&bytes);
    }
}
