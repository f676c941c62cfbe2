//! The package as values and as bytes: what is in it, whatever the downloads are.

use std::collections::BTreeMap;
use std::io::Cursor;

use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, Sha256};

use super::table::{Cell, Table, find};
use super::*;
use crate::formats::msi::InstallerPackage;
use crate::packages::cabinet::{DosTime, Member, Packing};

const TIME: i64 = 1_772_442_000;

fn file(name: &str) -> PackagedFile {
    PackagedFile {
        name: name.to_owned(),
        size: 3,
        sha256: Sha256::of(name.as_bytes()),
    }
}

fn contents() -> Contents {
    Contents {
        identity: "Contoso Lab".to_owned(),
        maker: "Contoso Lab".to_owned(),
        mode: Mode::Onboard,
        bundle_id: BundleId::of_bytes(b"manifest"),
        sequence: 7,
        output_time: TIME,
        exe: file("MdeOnboard-0123.exe"),
        exe_version: "0.1.0.0".to_owned(),
        payloads: ["OnboardingInfo.json", "md4ws.msi", "no extension"]
            .map(file)
            .into(),
        cabinets: vec![3],
        place: Payloads::Beside,
    }
}

fn bytes(contents: Contents) -> Vec<u8> {
    let planned = plan(contents).unwrap();
    let mut out = Cursor::new(Vec::new());
    write(&planned, b"the cabinet of the bootstrap", &mut out).unwrap();
    out.into_inner()
}

/// Every row, one on a line, as they are decided.
fn listed(tables: &[Table]) -> String {
    let cell = |cell: &Cell| match cell {
        Cell::Null => "-".to_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
    };
    let mut out = String::new();
    for table in tables {
        out.push_str(&format!("[{}]\n", table.name));
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(cell).collect();
            out.push_str(&format!("{}\n", cells.join(" ¦ ")));
        }
    }
    out
}

#[test]
fn every_row_of_a_package() {
    let planned = plan(contents()).unwrap();
    insta::assert_snapshot!(listed(&planned.tables));
}

#[test]
fn each_cabinet_has_a_medium_up_to_its_last_file() {
    let media = |cabinets: Vec<usize>| {
        let contents = Contents {
            cabinets,
            ..contents()
        };
        plan(contents).map(|planned| {
            let media = find(&planned.tables, "Media").unwrap();
            listed(std::slice::from_ref(media))
        })
    };
    assert_eq!(
        media(vec![2, 1]).unwrap(),
        "[Media]\n\
         1 ¦ 1 ¦ - ¦ #boot.cab ¦ - ¦ -\n\
         2 ¦ 3 ¦ - ¦ payload.cab ¦ - ¦ -\n\
         3 ¦ 4 ¦ - ¦ payload2.cab ¦ - ¦ -\n"
    );
    // A payload in no cabinet.
    assert_eq!(media(vec![2]).unwrap_err()[0].code.id, "GW5106");
}

#[test]
fn a_precheck_package_starts_nothing_but_a_look() {
    let planned = plan(Contents {
        mode: Mode::Precheck,
        ..contents()
    })
    .unwrap();
    let actions = find(&planned.tables, "CustomAction").unwrap();
    let targets: Vec<&str> = actions.column("Target").take(2).collect();
    assert_eq!(targets, ["precheck", "precheck"]);
}

#[test]
fn the_bytes_read_back_in_order_and_are_the_same_each_time() {
    let once = bytes(contents());
    assert_eq!(check_stored(&mut Cursor::new(&once), "x.msi").unwrap(), []);
    let mut source = Cursor::new(&once);
    let mut package = InstallerPackage::open(&mut source).unwrap();
    let identity = package.identity().unwrap();
    assert_eq!(identity.version.as_deref(), Some("1.0.7"));
    assert_eq!(identity.manufacturer.as_deref(), Some("Contoso Lab"));
    let names: Vec<String> = package
        .files()
        .unwrap()
        .into_iter()
        .map(|file| file.name)
        .collect();
    assert_eq!(names.len(), 4);
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert!(once == bytes(contents()), "two runs differ");
}

#[test]
fn rows_in_another_order_are_found_in_the_bytes() {
    let good = bytes(contents());
    let name = crate::formats::msi::table_stream("Property");
    let mut file = cfb::CompoundFile::open(Cursor::new(good)).unwrap();
    let mut stream = Vec::new();
    std::io::Read::read_to_end(
        &mut file.open_stream(format!("/{name}")).unwrap(),
        &mut stream,
    )
    .unwrap();
    // The first two keys change places, and their values with them.
    let half = stream.len() / 2;
    for start in [0, half] {
        let (one, other) = stream[start..start + 4].split_at_mut(2);
        one.swap_with_slice(other);
    }
    let mut out = file.open_stream(format!("/{name}")).unwrap();
    std::io::Write::write_all(&mut out, &stream).unwrap();
    drop(out);
    file.flush().unwrap();
    let found = check_stored(&mut file.into_inner(), "x.msi").unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, &codes::PACKAGE_ORDER);
}

#[test]
fn another_byte_anywhere_is_another_product_and_the_family_stays() {
    let codes = |contents: Contents| plan(contents).unwrap().identities;
    let first = codes(contents());
    let changes: [fn(&mut Contents); 4] = [
        |it| it.exe.sha256 = Sha256::of(b"signed"),
        |it| it.payloads[1].sha256 = Sha256::of(b"another agent"),
        |it| it.sequence = 8,
        |it| it.place = Payloads::Embedded,
    ];
    for change in changes {
        let mut other = contents();
        change(&mut other);
        let other = codes(other);
        assert_ne!(first.product_code, other.product_code);
        assert_ne!(first.package_code, other.package_code);
        assert_eq!(first.upgrade_code, other.upgrade_code);
    }
    let stranger = codes(Contents {
        identity: "Fabrikam".to_owned(),
        ..contents()
    });
    assert_ne!(first.upgrade_code, stranger.upgrade_code);
}

#[test]
fn what_no_package_may_hold_is_refused() {
    for (change, code) in [
        (
            (|it: &mut Contents| it.mode = Mode::Offboard) as fn(&mut Contents),
            &codes::OFFBOARDING_PACKAGE,
        ),
        (|it| it.sequence = 255 << 24, &codes::SEQUENCE_TOO_HIGH),
        (
            |it| it.maker = "コントソ".to_owned(),
            &codes::NAME_NOT_LATIN,
        ),
        (|it| it.maker = String::new(), &codes::PACKAGE_VALUES),
        (
            |it| it.payloads.push(file("MD4WS.MSI")),
            &codes::PACKAGE_NAMES,
        ),
        (|it| it.exe_version = "9".repeat(80), &codes::PACKAGE_VALUES),
    ] {
        let mut contents = contents();
        change(&mut contents);
        let problems = plan(contents).unwrap_err();
        assert_eq!(problems[0].code, code, "{problems:?}");
    }
}

/// One change of the tables for each rule; the rule that it breaks has to find it.
#[test]
fn every_rule_finds_its_breach() {
    type Change = fn(&mut BTreeMap<&'static str, Table>);
    fn set(
        tables: &mut BTreeMap<&'static str, Table>,
        name: &str,
        row: usize,
        column: usize,
        to: Cell,
    ) {
        tables.get_mut(name).unwrap().rows[row][column] = to;
    }
    let changes: &[(&crate::problem::Code, Change)] = &[
        (&codes::PACKAGE_TABLES, |it| {
            drop(it.remove("LaunchCondition"));
        }),
        (&codes::PACKAGE_TABLES, |it| {
            let mut table = it["Property"].clone();
            table.name = "ServiceInstall";
            it.insert("ServiceInstall", table);
        }),
        (&codes::PACKAGE_VALUES, |it| {
            set(it, "Feature", 0, 0, "F".repeat(39).into());
        }),
        (&codes::PACKAGE_VALUES, |it| {
            set(it, "Property", 0, 0, "ARPNOMODIFY".into());
        }),
        (&codes::PACKAGE_VALUES, |it| {
            set(it, "File", 0, 3, Cell::Null);
        }),
        (&codes::PACKAGE_REFERENCES, |it| {
            set(it, "Component", 0, 2, "Nowhere".into());
        }),
        (&codes::PACKAGE_COMPONENTS, |it| {
            drop(it.get_mut("FeatureComponents").unwrap().rows.pop());
        }),
        (&codes::PACKAGE_COMPONENTS, |it| {
            let guid = it["Component"].rows[0][1].clone();
            set(it, "Component", 1, 1, guid);
        }),
        (&codes::PACKAGE_COMPONENTS, |it| {
            set(it, "Component", 0, 5, "P001".into());
        }),
        (&codes::PACKAGE_NAMES, |it| {
            set(it, "File", 0, 2, "TOOLONGNAME.EXE|x".into());
        }),
        (&codes::PACKAGE_NAMES, |it| set(it, "Media", 1, 1, 9.into())),
        (&codes::PACKAGE_SEQUENCES, |it| {
            set(it, "InstallExecuteSequence", 9, 2, 6599.into());
        }),
        (&codes::PACKAGE_SEQUENCES, |it| {
            set(it, "AdminUISequence", 0, 0, "NoSuchAction".into());
        }),
        (&codes::PACKAGE_ACTIONS, |it| {
            set(it, "CustomAction", 0, 1, (3794 - 64).into());
        }),
        (&codes::PACKAGE_ACTIONS, |it| {
            set(it, "CustomAction", 0, 3, "onboard [EXTRA]".into());
        }),
        (&codes::PACKAGE_PROPERTIES, |it| {
            set(it, "Upgrade", 0, 6, "gw_older".into());
        }),
        (&codes::PACKAGE_PLATFORM, |it| {
            set(it, "Component", 0, 3, 0.into());
        }),
        (&codes::PACKAGE_ACCESS, |it| {
            set(it, "MsiLockPermissionsEx", 1, 3, "D:(A;;FA;;;WD)".into());
        }),
        (&codes::PACKAGE_ACCESS, |it| {
            drop(it.get_mut("MsiLockPermissionsEx").unwrap().rows.pop());
        }),
        (&codes::PACKAGE_FOLDERS, |it| {
            set(it, "Directory", 3, 0, "BUNDLEDIR".into());
        }),
    ];
    let planned = plan(contents()).unwrap();
    for (code, change) in changes {
        let all = planned.tables.iter();
        let mut tables: BTreeMap<&'static str, Table> =
            all.map(|table| (table.name, table.clone())).collect();
        change(&mut tables);
        let tables: Vec<Table> = tables.into_values().collect();
        let found = checks::all(&tables);
        assert!(
            found.iter().any(|one| one.code == *code),
            "{}: {found:?}",
            code.id
        );
    }
}

#[test]
fn payloads_that_are_embedded_come_last_and_change_nothing_else() {
    let planned = plan(Contents {
        place: Payloads::Embedded,
        ..contents()
    })
    .unwrap();
    let mut out = Cursor::new(Vec::new());
    write(&planned, b"boot", &mut out).unwrap();
    let mut source = Cursor::new(vec![7; 100_000]);
    let mut members = [Member {
        name: "P001",
        size: 100_000,
        source: &mut source,
    }];
    add_payloads(&mut out, &mut members, Packing::Stored, DosTime::at(TIME)).unwrap();
    let file = cfb::CompoundFile::open(&mut out).unwrap();
    let sizes: Vec<u64> = file
        .walk()
        .filter(cfb::Entry::is_stream)
        .map(|it| it.len())
        .collect();
    assert!(sizes.contains(&100_097), "{sizes:?}");
    assert_eq!(check_stored(&mut out, "x.msi").unwrap(), []);
}
