//! The rows of a package: what is put where, under which name, by whom it may be changed.

use gangway_contract::manifest::Mode;

use super::identity::{self, Identities};
use super::schema::table;
use super::sequences::{self, BOOTSTRAP, NEWER, OLDER};
use super::table::{Cell, Table};
use super::{BOOT_CABINET, Contents, Payloads, file_keys, payload_cabinet};

/// The folder of the bundle. In mixed case: keys in capitals are public properties, and a command line
/// could move the installation to a folder that anybody may write to.
const BUNDLE_FOLDER: &str = "BundleDir";
/// The folder above it.
const GANGWAY_FOLDER: &str = "GangwayDir";
/// Owner administrators, SYSTEM and administrators alone, handed down, nothing inherited.
pub(super) const FOLDER_ACCESS: &str = "O:BAG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
/// The same for a file.
pub(super) const FILE_ACCESS: &str = "O:BAG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)";
/// `msidbComponentAttributes64bit`.
pub(super) const COMPONENT_64_BIT: i32 = 256;
/// `msidbFileAttributesVital`.
const FILE_VITAL: i32 = 512;
/// `msidbUpgradeAttributesVersionMaxInclusive`: the same version counts as older.
const UP_TO_AND_WITH: i32 = 512;
/// `msidbUpgradeAttributesOnlyDetect`.
const ONLY_DETECT: i32 = 2;
/// `msidbRegistryRootLocalMachine`.
const LOCAL_MACHINE: i32 = 2;
/// `msidbRemoveFileInstallModeOnRemove`.
const ON_REMOVAL: i32 = 2;

/// Servers from 2008 R2, of 64 bits; Server 2012 is none that can be onboarded. Everything after 8.1
/// tells the installer 603, so the bootstrap decides the rest.
const SERVERS: &str = "Installed OR (MsiNTProductType>1 AND VersionNT64>=601 AND VersionNT64<>602)";
const NO_SERVER: &str = "This package is for Windows Server 2008 R2, 2012 R2 and 2016 or later, \
                         64 bit; nothing was changed.";

/// Every table of the package, and what was made from them.
pub(super) fn all(contents: &Contents, version: &str) -> (Vec<Table>, Identities) {
    let upgrade_code = identity::upgrade_code(&contents.identity);
    let code = upgrade_code.to_string();
    let mut tables = files(contents);
    tables.extend(sequences::tables(contents.mode));
    tables.push(upgrade(&code, version));
    tables.push(table(
        "LaunchCondition",
        vec![vec![SERVERS.into(), NO_SERVER.into()]],
    ));
    tables.push(table("Property", properties(contents, &code, version)));
    tables.sort_by_key(|table| table.name);
    let (product_code, package_code) = identity::of_content(&tables, contents);
    if let Some(properties) = tables.iter_mut().find(|table| table.name == "Property") {
        properties
            .rows
            .push(vec!["ProductCode".into(), product_code.to_string().into()]);
    }
    let identities = Identities {
        upgrade_code,
        product_code,
        package_code,
        version: version.to_owned(),
    };
    (tables, identities)
}

/// Name of the product, as the list of programs and Group Policy show it.
pub(super) fn product_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Precheck => "Gangway bootstrap (precheck)",
        Mode::Onboard => "Gangway bootstrap (onboarding)",
        Mode::Offboard => "Gangway bootstrap (offboarding)",
    }
}

fn properties(contents: &Contents, upgrade_code: &str, version: &str) -> Vec<Vec<Cell>> {
    let own_properties = format!("{OLDER};{NEWER}");
    [
        ("ALLUSERS", "1"),
        ("ARPNOMODIFY", "1"),
        ("MSIFASTINSTALL", "7"),
        // Else it may end a bootstrap that runs.
        ("MSIRESTARTMANAGERCONTROL", "Disable"),
        ("Manufacturer", &contents.maker),
        ("ProductLanguage", "0"),
        ("ProductName", product_name(contents.mode)),
        ("ProductVersion", version),
        ("REBOOT", "ReallySuppress"),
        // Every file is written anew: one that somebody planted is never "newer".
        ("REINSTALLMODE", "amus"),
        ("SecureCustomProperties", &own_properties),
        ("UpgradeCode", upgrade_code),
    ]
    .iter()
    .map(|(name, value)| vec![(*name).into(), (*value).into()])
    .collect()
}

fn upgrade(code: &str, version: &str) -> Table {
    let older = vec![
        code.into(),
        Cell::Null,
        version.into(),
        Cell::Null,
        UP_TO_AND_WITH.into(),
        Cell::Null,
        OLDER.into(),
    ];
    let newer = vec![
        code.into(),
        version.into(),
        Cell::Null,
        Cell::Null,
        ONLY_DETECT.into(),
        Cell::Null,
        NEWER.into(),
    ];
    table("Upgrade", vec![older, newer])
}

/// One file with its key, its component and its place.
struct Placed {
    key: String,
    component: String,
    file_name: String,
    size: i32,
    version: Option<String>,
    guid: String,
}

fn placed(contents: &Contents) -> Vec<Placed> {
    let id = contents.bundle_id.as_str();
    let all = std::iter::once(&contents.exe).chain(&contents.payloads);
    all.zip(file_keys(contents.payloads.len()))
        .map(|(file, key)| {
            let is_exe = key == BOOTSTRAP;
            let short = match is_exe {
                true => format!("G{}.EXE", id[..7].to_uppercase()),
                false => short_name(&key, &file.name),
            };
            Placed {
                component: component_of(&key),
                file_name: format!("{short}|{}", file.name),
                // Above what a cabinet holds it was refused before.
                size: i32::try_from(file.size).unwrap_or(i32::MAX),
                version: is_exe.then(|| contents.exe_version.clone()),
                guid: identity::component(&contents.bundle_id, &file.name).to_string(),
                key,
            }
        })
        .collect()
}

/// A name of eight letters and three: the key, and what of the extension is plain.
fn short_name(key: &str, name: &str) -> String {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let plain = extension.chars().filter(char::is_ascii_alphanumeric);
    let extension: String = plain.take(3).collect::<String>().to_uppercase();
    match extension.as_str() {
        "" => key.to_owned(),
        extension => format!("{key}.{extension}"),
    }
}

fn files(contents: &Contents) -> Vec<Table> {
    let files = placed(contents);
    let folders = [GANGWAY_FOLDER, BUNDLE_FOLDER];
    let folders = folders.map(|folder| vec![folder.into(), component_of(BOOTSTRAP).into()]);
    let in_feature = files
        .iter()
        .map(|file| vec!["Main".into(), file.component.as_str().into()]);
    vec![
        table("Directory", directories(contents)),
        table("Component", files.iter().map(component_row).collect()),
        table("CreateFolder", folders.into()),
        table("MsiLockPermissionsEx", access(&files)),
        table("Feature", vec![feature()]),
        table("FeatureComponents", in_feature.collect()),
        table("File", files.iter().zip(1..).map(file_row).collect()),
        table("Media", media(contents)),
        table("Registry", vec![registry(contents)]),
        table("RemoveFile", removed_folders()),
    ]
}

/// Key of a file's component.
fn component_of(file: &str) -> String {
    format!("C_{file}")
}

fn directories(contents: &Contents) -> Vec<Vec<Cell>> {
    let id = contents.bundle_id.as_str();
    let folder = format!("{}|{id}", &id[..8]);
    [
        ("TARGETDIR", None, "SourceDir"),
        ("ProgramFiles64Folder", Some("TARGETDIR"), "."),
        (GANGWAY_FOLDER, Some("ProgramFiles64Folder"), "Gangway"),
        (BUNDLE_FOLDER, Some(GANGWAY_FOLDER), &folder),
    ]
    .map(|(key, parent, name)| vec![key.into(), parent.into(), name.into()])
    .into()
}

/// The bootstrap's cabinet, always inside, and those of the payloads.
fn media(contents: &Contents) -> Vec<Vec<Cell>> {
    let number = |count: usize| Cell::Number(i32::try_from(count).unwrap_or(i32::MAX));
    let medium = |disk: usize, last: usize, cabinet: String| {
        let [prompt, label, source] = [Cell::Null, Cell::Null, Cell::Null];
        vec![
            number(disk),
            number(last),
            prompt,
            cabinet.into(),
            label,
            source,
        ]
    };
    let mut media = vec![medium(1, 1, format!("#{BOOT_CABINET}"))];
    let mut last = 1;
    for (index, files) in contents.cabinets.iter().enumerate() {
        last += files;
        let cabinet = match contents.place {
            Payloads::Beside => payload_cabinet(index),
            Payloads::Embedded => format!("#{}", payload_cabinet(index)),
        };
        media.push(medium(index + 2, last, cabinet));
    }
    media
}

/// Which bundle it was: for people who look, nothing reads it.
fn registry(contents: &Contents) -> Vec<Cell> {
    vec![
        "R1".into(),
        LOCAL_MACHINE.into(),
        r"SOFTWARE\Gangway\Package".into(),
        "BundleId".into(),
        contents.bundle_id.as_str().into(),
        component_of(BOOTSTRAP).into(),
    ]
}

/// Without a name: the folder, when it is empty.
fn removed_folders() -> Vec<Vec<Cell>> {
    [
        ("RemoveBundleDir", BUNDLE_FOLDER),
        ("RemoveGangwayDir", GANGWAY_FOLDER),
    ]
    .map(|(key, folder)| {
        vec![
            key.into(),
            component_of(BOOTSTRAP).into(),
            Cell::Null,
            folder.into(),
            ON_REMOVAL.into(),
        ]
    })
    .into()
}

fn component_row(file: &Placed) -> Vec<Cell> {
    vec![
        file.component.as_str().into(),
        file.guid.as_str().into(),
        BUNDLE_FOLDER.into(),
        COMPONENT_64_BIT.into(),
        Cell::Null,
        file.key.as_str().into(),
    ]
}

fn file_row((file, sequence): (&Placed, i32)) -> Vec<Cell> {
    vec![
        file.key.as_str().into(),
        file.component.as_str().into(),
        file.file_name.as_str().into(),
        file.size.into(),
        file.version.as_deref().into(),
        file.version.as_deref().map(|_| "1033").into(),
        FILE_VITAL.into(),
        sequence.into(),
    ]
}

fn feature() -> Vec<Cell> {
    vec![
        "Main".into(),
        Cell::Null,
        "Gangway".into(),
        Cell::Null,
        0.into(),
        1.into(),
        Cell::Null,
        0.into(),
    ]
}

/// Both folders before what is made in them, and each file by itself too. The upper one is where the
/// bootstrap keeps the programs that it runs: it refuses one that others may so much as read, as they
/// may whatever else lies below Program Files.
fn access(files: &[Placed]) -> Vec<Vec<Cell>> {
    let row = |number: usize, object: &str, table: &str, access: &str| {
        let key = format!("L{number}");
        vec![
            key.into(),
            object.into(),
            table.into(),
            access.into(),
            Cell::Null,
        ]
    };
    let folders = [(1, GANGWAY_FOLDER), (2, BUNDLE_FOLDER)];
    let folders = folders.map(|(number, key)| row(number, key, "CreateFolder", FOLDER_ACCESS));
    let files = files.iter().zip(3..);
    let files = files.map(|(file, number)| row(number, &file.key, "File", FILE_ACCESS));
    folders.into_iter().chain(files).collect()
}
