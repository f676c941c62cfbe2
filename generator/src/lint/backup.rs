//! The GPO as a whole: extension lists, versions, identities, completeness.

use std::collections::{BTreeSet, HashSet};

use crate::gpo::backup::{BackupDocument, BackupInstance};
use crate::gpo::codes;
use crate::gpo::extensions::{Extension, ExtensionList, FoundList, KNOWN, PREFERENCES_MARKER};
use crate::gpo::found::{FoundGpo, FoundSide, Origin};
use crate::gpo::gpt_ini::Version;
use crate::gpo::security::SecurityDescriptor;
use crate::problem::Problem;

/// `flags`: user side off.
const USER_OFF: u32 = 1;
/// `flags`: computer side off.
const COMPUTER_OFF: u32 = 2;

pub(super) fn check(gpo: &FoundGpo, problems: &mut Vec<Problem>) {
    match &gpo.origin {
        Origin::Backup {
            folder,
            document,
            instance,
            has_instance_file,
        } => {
            if !has_instance_file {
                problems.push(
                    Problem::new(
                        &codes::INCOMPLETE_BACKUP,
                        &gpo.place,
                        "`bkupInfo.xml` is missing",
                        "copy the backup again with hidden files included",
                    )
                    .with_evidence("the file is hidden on Windows"),
                );
            }
            if let Some(instance) = instance {
                identities(gpo, folder, instance, document.as_deref(), problems);
            }
            match document {
                Some(document) => {
                    lists(gpo, document, problems);
                    versions(gpo, document, problems);
                    switched_off(gpo, document, problems);
                    descriptor(gpo, document, problems);
                    listed_files(gpo, document, problems);
                }
                None if !gpo
                    .files
                    .iter()
                    .any(|file| file.eq_ignore_ascii_case("backup.xml")) =>
                {
                    problems.push(Problem::new(
                        &codes::INCOMPLETE_BACKUP,
                        &gpo.place,
                        "`Backup.xml` is missing",
                        "back the GPO up again",
                    ));
                }
                None => {}
            }
        }
        Origin::Sysvol { version, .. } => sysvol_version(gpo, *version, problems),
        Origin::File => {}
    }
}

fn identities(
    gpo: &FoundGpo,
    folder: &str,
    instance: &BackupInstance,
    document: Option<&BackupDocument>,
    problems: &mut Vec<Problem>,
) {
    let mut mismatch = |what: &str, found: String, expected: String| {
        if found != expected {
            problems.push(
                Problem::new(
                    &codes::IDENTITY_MISMATCH,
                    &gpo.place,
                    format!("{what} does not fit"),
                    "back the GPO up again, or rename the folder to its backup id",
                )
                .with_evidence(format!("found `{found}`, expected `{expected}`")),
            );
        }
    };
    let id = instance.id.to_string();
    if !folder.eq_ignore_ascii_case(&id) {
        mismatch("the name of the folder", folder.to_owned(), id);
    }
    if let Some(document) = document {
        let (found, expected) = (instance.gpo_id, document.gpo_id);
        mismatch(
            "the GPO of `bkupInfo.xml`",
            found.to_string(),
            expected.to_string(),
        );
        let (found, expected) = (&instance.display_name, &document.display_name);
        mismatch(
            "the name in `bkupInfo.xml`",
            found.clone(),
            expected.clone(),
        );
    }
}

fn lists(gpo: &FoundGpo, document: &BackupDocument, problems: &mut Vec<Problem>) {
    let sides = [
        (
            "MachineExtensionGuids",
            &document.machine_extensions,
            &gpo.machine,
        ),
        ("UserExtensionGuids", &document.user_extensions, &gpo.user),
    ];
    for (attribute, text, side) in sides {
        let list = match FoundList::parse(text) {
            Ok(list) => list,
            Err(error) => {
                problems.push(
                    Problem::new(
                        &codes::EXTENSION_MALFORMED,
                        &gpo.place,
                        format!("`{attribute}` is malformed"),
                        "write the list again",
                    )
                    .with_evidence(error.to_string())
                    .with_evidence(format!("found `{text}`")),
                );
                continue;
            }
        };
        one_list(gpo, attribute, &list, side, problems);
    }
}

fn one_list(
    gpo: &FoundGpo,
    attribute: &str,
    list: &FoundList,
    side: &FoundSide,
    problems: &mut Vec<Problem>,
) {
    if let Some(position) = list.first_out_of_order() {
        let group = list
            .groups
            .get(position)
            .map_or(String::new(), |group| group.0.to_string());
        problems.push(
            Problem::new(
                &codes::EXTENSION_ORDER,
                &gpo.place,
                format!("`{attribute}` is out of order at `{group}`"),
                "put the sorted list in its place",
            )
            .with_evidence(format!("sorted: {}", list.sorted())),
        );
    }
    let listed = |extension: &Extension| list.groups.iter().any(|group| group.0 == extension.cse);
    let missing: Vec<&Extension> = side.extensions.iter().filter(|e| !listed(e)).collect();
    for extension in &missing {
        problems.push(
            Problem::new(
                &codes::EXTENSION_MISSING,
                &gpo.place,
                format!("`{attribute}` does not name {}", extension.name),
                "put the complete list in its place",
            )
            .with_evidence(format!("complete: {}", complete(list, &side.extensions))),
        );
    }
    let unused: Vec<&Extension> = KNOWN
        .iter()
        .filter(|e| listed(e) && !side.extensions.iter().any(|used| used.cse == e.cse))
        .collect();
    let preferences: Vec<&Extension> = side.extensions.iter().filter(|e| e.preference).collect();
    let marker = list
        .groups
        .iter()
        .find(|group| group.0 == PREFERENCES_MARKER);
    let unmarked = preferences
        .iter()
        .filter(|e| !marker.is_some_and(|(_, tools)| tools.contains(&e.tool)));
    let mut evidence: Vec<String> = unused
        .iter()
        .map(|e| format!("{} is named and has no files", e.name))
        .collect();
    if missing.is_empty() {
        evidence.extend(unmarked.map(|e| format!("the group of zeros lacks {}", e.name)));
    }
    if !evidence.is_empty() {
        let mut problem = Problem::new(
            &codes::EXTENSION_UNUSED,
            &gpo.place,
            format!("`{attribute}` does not fit the files"),
            "nothing has to be done for clients",
        );
        problem.evidence = evidence;
        problems.push(problem);
    }
}

/// The list as it should be: what it names, and what the files need.
fn complete(list: &FoundList, used: &[Extension]) -> ExtensionList {
    let mut groups = list.groups.clone();
    for (cse, tools) in ExtensionList::of(used).groups() {
        groups.push((cse, tools.collect()));
    }
    FoundList { groups }.sorted()
}

fn has_content(side: &FoundSide) -> bool {
    !side.extensions.is_empty()
}

fn versions(gpo: &FoundGpo, document: &BackupDocument, problems: &mut Vec<Problem>) {
    let sides = [
        (
            "MachineVersionNumber",
            document.machine_version,
            &gpo.machine,
        ),
        ("UserVersionNumber", document.user_version, &gpo.user),
    ];
    for (attribute, number, side) in sides {
        // The words are the directory's and SYSVOL's count of this side.
        let (directory, sysvol) = (number >> 16, number & 0xFFFF);
        if has_content(side) && (directory == 0 || sysvol == 0) {
            problems.push(
                Problem::new(
                    &codes::BACKUP_VERSION,
                    &gpo.place,
                    format!("`{attribute}` is 0 for a side with content"),
                    "set it to 65537 (1 in the directory, 1 in SYSVOL)",
                )
                .with_evidence(format!("found {number}")),
            );
        } else if directory != sysvol {
            problems.push(
                Problem::new(
                    &codes::BACKUP_VERSION,
                    &gpo.place,
                    format!("`{attribute}` has unequal halves"),
                    "edit the GPO once so that both halves are written, then back it up again",
                )
                .with_evidence(format!("directory {directory}, SYSVOL {sysvol}")),
            );
        }
    }
}

fn sysvol_version(gpo: &FoundGpo, version: Option<Version>, problems: &mut Vec<Problem>) {
    let Some(version) = version else {
        problems.push(Problem::new(
            &codes::NO_GPT_INI,
            &gpo.place,
            "`GPT.INI` has no version",
            "write `[General]` and `Version=` with the directory's number",
        ));
        return;
    };
    for (side, count, content) in [
        ("computer", version.machine, &gpo.machine),
        ("user", version.user, &gpo.user),
    ] {
        if has_content(content) && count == 0 {
            problems.push(
                Problem::new(
                    &codes::VERSION_ZERO,
                    &gpo.place,
                    format!("the {side} side has content and version 0"),
                    "raise `GPT.INI` and `versionNumber` together",
                )
                .with_evidence(format!("`Version={}`", version.number())),
            );
        }
    }
}

fn switched_off(gpo: &FoundGpo, document: &BackupDocument, problems: &mut Vec<Problem>) {
    for (side, bit, content) in [
        ("user", USER_OFF, &gpo.user),
        ("computer", COMPUTER_OFF, &gpo.machine),
    ] {
        if document.options & bit != 0 && has_content(content) {
            problems.push(
                Problem::new(
                    &codes::SIDE_DISABLED,
                    &gpo.place,
                    format!("the {side} side has content and is switched off"),
                    "switch the side on in GPMC (GPO status)",
                )
                .with_evidence(format!("`Options` is {}", document.options)),
            );
        }
    }
}

fn descriptor(gpo: &FoundGpo, document: &BackupDocument, problems: &mut Vec<Problem>) {
    let bytes = &document.security_descriptor;
    if bytes.is_empty() {
        return;
    }
    if let Err(error) = SecurityDescriptor::from_bytes(bytes) {
        problems.push(
            Problem::new(
                &codes::DESCRIPTOR_UNUSABLE,
                &gpo.place,
                "the security descriptor cannot be read",
                "back the GPO up again",
            )
            .with_evidence(error.to_string()),
        );
    }
}

fn listed_files(gpo: &FoundGpo, document: &BackupDocument, problems: &mut Vec<Problem>) {
    let normal = |path: &str| path.replace('\\', "/").to_lowercase();
    let listed: HashSet<String> = document
        .objects
        .iter()
        .filter_map(|object| object.location.as_deref())
        .map(normal)
        .collect();
    let present: BTreeSet<String> = gpo.files.iter().map(|file| normal(file)).collect();
    let payload = "domainsysvol/";
    let unlisted: Vec<String> = present
        .iter()
        .filter(|file| file.starts_with(payload) && !listed.contains(*file))
        .map(|file| format!("`{file}`"))
        .collect();
    let absent = document
        .objects
        .iter()
        .filter(|object| object.kind == crate::gpo::backup::ObjectKind::File)
        .filter_map(|object| object.location.as_deref())
        .filter(|location| !present.contains(&normal(location)))
        .map(|location| format!("`{location}` is listed and not there"));
    let evidence: Vec<String> = absent.collect();
    if !unlisted.is_empty() {
        let mut problem = Problem::new(
            &codes::UNLISTED_FILE,
            &gpo.place,
            "files are not listed in `Backup.xml`, so no import takes them",
            "nothing, unless they were meant to reach clients",
        );
        problem.evidence = unlisted;
        problems.push(problem);
    }
    if !evidence.is_empty() {
        let mut problem = Problem::new(
            &codes::INCOMPLETE_BACKUP,
            &gpo.place,
            "files that `Backup.xml` lists are not there",
            "back the GPO up again, or copy the backup again as a whole",
        );
        problem.evidence = evidence;
        problems.push(problem);
    }
}
