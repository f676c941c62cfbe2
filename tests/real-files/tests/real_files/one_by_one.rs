//! Single files looked at closer, and changed.

use std::io::Cursor;
use std::process::Command;

use gangway::formats::authenticode::{FileKind, InvalidReason, TrustAnchors, Verdict, verify};
use gangway::formats::msi::InstallerPackage;
use gangway::formats::pe::{Layout, VersionInfo};
use gangway_real_files::Package;

use super::{NOW, judge};

fn by_microsoft(bytes: &[u8]) -> Verdict {
    judge(bytes, &TrustAnchors::microsoft())
}

#[track_caller]
fn reason(verdict: Verdict) -> InvalidReason {
    let text = verdict.to_string();
    let reason = match verdict {
        Verdict::Invalid { reason, .. } => Some(reason),
        _ => None,
    };
    reason.expect(&text)
}

#[test]
fn a_changed_byte_makes_real_files_invalid() {
    for (package, path) in [
        (Package::DEBUGPY, "attach_amd64.dll"),
        (Package::DOTNET, "3.1.23/ucrtbase.dll"),
        (Package::WINSTALLER, "vendor/signtool.exe"),
        (Package::MSVC, "msvcp140_1.dll"),
    ] {
        let mut file = package.file(path).unwrap();
        assert!(by_microsoft(&file).is_valid(), "{path}");
        file[0x1000] ^= 1;
        let reason = reason(by_microsoft(&file));
        assert!(
            matches!(reason, InvalidReason::DigestMismatch { .. }),
            "{path}: {reason}"
        );
    }
}

#[test]
fn the_version_resource_of_a_real_program_is_read() {
    let file = Package::NODE_PTY
        .file("prebuilds/win32-x64/conpty/OpenConsole.exe")
        .unwrap();
    let mut source = Cursor::new(&file);
    let layout = Layout::read(&mut source).unwrap();
    let version = VersionInfo::read(&mut source, &layout).unwrap().unwrap();
    assert_eq!(version.file_version_text(), "1.23.2510.8001");
    assert_eq!(version.string("ProductName"), Some("Windows Terminal"));
    assert_eq!(version.string("OriginalFilename"), Some("OpenConsole.exe"));
}

#[test]
fn a_script_with_its_line_endings_restored_is_valid() {
    let delivered = Package::TEAMSFX
        .file("deps-checker/dotnet-install.ps1")
        .unwrap();
    let as_it_is = reason(by_microsoft(&delivered));
    assert_eq!(as_it_is, InvalidReason::ScriptLineEndingsChanged);

    let restored = String::from_utf8(delivered).unwrap().replace('\n', "\r\n");
    let verdict = by_microsoft(restored.as_bytes());
    let valid = verdict.valid().unwrap();
    // 2021-02-03.
    let stamp = valid.signature.signed_at.as_ref().unwrap();
    assert_eq!(stamp.unix_seconds / 86_400, 18_661);

    let changed = restored.replacen("function", "funct1on", 1);
    let mismatch = reason(by_microsoft(changed.as_bytes()));
    assert!(
        matches!(mismatch, InvalidReason::DigestMismatch { .. }),
        "{mismatch}"
    );
    let appended = format!("{restored}Remove-Item x");
    let after = reason(by_microsoft(appended.as_bytes()));
    assert!(
        matches!(after, InvalidReason::ScriptTextAfterBlock { .. }),
        "{after}"
    );
}

#[test]
fn real_packages_say_the_same_to_us_and_to_msitools() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("package.msi");
    for (package, name) in [
        (Package::VGAMEPAD, "x64/ViGEmBusSetup_x64.msi"),
        (Package::VGAMEPAD, "x86/ViGEmBusSetup_x86.msi"),
    ] {
        let bytes = package.file(name).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let export = |table: &str| -> Vec<Vec<String>> {
            let mut msiinfo = Command::new("msiinfo");
            msiinfo.arg("export").arg(&path).arg(table);
            let output = msiinfo.output().unwrap();
            assert!(output.status.success(), "{output:?}");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let rows = text.lines().skip(3);
            rows.map(|row| row.split('\t').map(str::to_owned).collect())
                .collect()
        };
        let mut file = Cursor::new(&bytes);
        let mut package = InstallerPackage::open(&mut file).unwrap();
        let properties = package.properties().unwrap().into_iter();
        let properties: Vec<Vec<String>> =
            properties.map(|(name, value)| vec![name, value]).collect();
        let mut expected = export("Property");
        expected.sort();
        assert_eq!(properties, expected, "{name}");
        let files: Vec<[String; 2]> = package
            .files()
            .unwrap()
            .into_iter()
            .map(|file| [file.key, file.version])
            .collect();
        let expected: Vec<[String; 2]> = export("File")
            .into_iter()
            .map(|row| [row[0].clone(), row[4].clone()])
            .collect();
        assert_eq!(files, expected, "{name}");
    }
}

#[test]
fn a_kind_that_is_given_is_not_guessed() {
    let file = Package::DEBUGPY.file("attach_amd64.dll").unwrap();
    let kind = Some(FileKind::Cabinet);
    let verdict = verify(
        &mut Cursor::new(&file),
        kind,
        &TrustAnchors::microsoft(),
        NOW,
    );
    let reason = reason(verdict);
    assert!(
        matches!(reason, InvalidReason::CabinetDamaged { .. }),
        "{reason}"
    );
}
