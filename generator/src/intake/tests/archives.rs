//! Archives, and what is staged out of them.

use std::io::Read as _;
use std::path::PathBuf;

use super::*;

#[test]
fn a_portal_zip_gives_script_and_templates() {
    let zip = portal::group_policy_zip(&ScriptSpec::default());
    let inspection = check(&[("package (1).zip", zip)], &[]);
    let names: Vec<(&str, &str)> = inspection
        .items
        .iter()
        .map(|item| (item.path.rsplit('!').next().unwrap(), item.kind.name()))
        .collect();
    assert_eq!(
        names,
        [
            (
                "OptionalParamsPolicy/AtpConfiguration.adml",
                "policy template"
            ),
            (
                "OptionalParamsPolicy/AtpConfiguration.admx",
                "policy template"
            ),
            (CMD, "onboarding script (Group Policy)"),
        ]
    );
    let item = inspection.of_role(Role::OnboardingScript).next().unwrap();
    let Kind::OnboardingScript { blob, .. } = &item.kind else {
        panic!("{:?}", item.kind);
    };
    assert_eq!(blob.org_id.as_str(), ORG_ID);
    assert!(matches!(
        item.verdict,
        Verdict::Valid { lab_root: true, .. }
    ));
}

#[test]
fn entries_open_again_as_the_bytes_that_were_judged() {
    let inner = portal::group_policy_zip(&ScriptSpec::default());
    let outer = archive::zip(&[
        ("readme.txt".to_owned(), b"x".to_vec()),
        ("deep/package.zip".to_owned(), inner),
    ]);
    let downloads = Downloads::new(&[("outer.zip", outer)]);
    let inspection = downloads.inspect();
    let item = inspection.of_role(Role::OnboardingScript).next().unwrap();
    assert!(
        item.path
            .ends_with(&format!("outer.zip!deep/package.zip!{CMD}")),
        "{}",
        item.path
    );
    let mut bytes = Vec::new();
    item.source.open().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(Sha256::of(&bytes), item.sha256);
    assert_eq!(bytes, script(BlobSpec::default()));
}

#[test]
fn a_staged_payload_is_a_copy_under_its_digest_and_nothing_else_is_left() {
    let staging = tempfile::tempdir().unwrap();
    let zip = portal::group_policy_zip(&ScriptSpec::default());
    let downloads = Downloads::new(&[
        ("package.zip", zip),
        ("Install.ps1", install_script::signed()),
        ("notes.txt", b"unknown".to_vec()),
    ]);
    let settings = IntakeSettings {
        staging: Some(staging.path().to_owned()),
        ..lab()
    };
    let inspection = downloads.inspect_with(&settings);
    assert_eq!(codes(&inspection), [""; 0]);
    let mut expected: Vec<PathBuf> = Vec::new();
    for item in &inspection.items {
        match &item.source {
            Source::Staged(path) => {
                assert_eq!(*path, staging.path().join(item.sha256.to_string()));
                assert_eq!(Sha256::of(&fs::read(path).unwrap()), item.sha256);
                expected.push(path.clone());
            }
            _ => assert_eq!(item.kind.role(), None, "{}", item.path),
        }
    }
    assert_eq!(expected.len(), 2);
    assert_eq!(fs::read_dir(staging.path()).unwrap().count(), 2);
}

#[test]
fn an_agent_in_an_archive_is_judged_and_staged_like_a_file() {
    let staging = tempfile::tempdir().unwrap();
    let agent = AgentSpec {
        padding: 6 << 20,
        ..AgentSpec::default()
    };
    let bytes = agent.bytes();
    let zip = archive::zip(&[("deep/md4ws.msi".to_owned(), bytes.clone())]);
    let settings = IntakeSettings {
        staging: Some(staging.path().to_owned()),
        ..lab()
    };
    let inspection = Downloads::new(&[("a.zip", zip)]).inspect_with(&settings);
    assert_eq!(codes(&inspection), [""; 0]);
    let item = inspection.of_role(Role::Agent).next().unwrap();
    let Source::Staged(path) = &item.source else {
        panic!("{:?}", item.source);
    };
    assert_eq!(fs::read(path).unwrap(), bytes);
    assert_eq!(fs::read_dir(staging.path()).unwrap().count(), 1);
}

#[test]
fn the_repository_archive_gives_the_install_script() {
    let inspection = check(&[("main.zip", install_script::repository_zip())], &[]);
    let item = inspection.of_role(Role::InstallScript).next().unwrap();
    assert!(item.path.ends_with("/Install.ps1"), "{}", item.path);
}

#[test]
fn what_honest_archivers_write_is_taken() {
    let script = script(BlobSpec::default());
    for oddity in archivers::oddities(&script) {
        let downloads = Downloads::new(&[("a.zip", oddity.bytes)]);
        let inspection = downloads.inspect();
        assert_eq!(codes(&inspection), [""; 0], "{}", oddity.name);
        let item = inspection.of_role(Role::OnboardingScript).next().unwrap();
        let name = item.path.split_once('!').unwrap().1;
        assert_eq!(name, oddity.entry, "{}", oddity.name);
        let mut bytes = Vec::new();
        item.source.open().unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, script, "{}", oddity.name);
        let told = inspection.all_problems().any(|problem| {
            problem.code == &codes::CODE_PAGE_NAME
                && problem.next_action.contains("on the machine that made it")
        });
        assert_eq!(
            told,
            oddity.entry.contains('<') || oddity.name.contains("932")
        );
    }
}

#[test]
fn archives_with_unsafe_entries_give_no_items_at_all() {
    let script = script(BlobSpec::default());
    let table: [(&[&str], &str); 9] = [
        (&["../x.cmd"], "GW1101"),
        (&["/x.cmd"], "GW1101"),
        (&["C:\\x.cmd"], "GW1101"),
        (&["x.cmd::$DATA"], "GW1101"),
        (&["aux.cmd", "../x.cmd"], "GW1101"),
        (&["a.cmd", "A.cmd"], "GW1102"),
        (&["a", "a/b.cmd"], "GW1102"),
        (&["./a.cmd", "a.cmd"], "GW1102"),
        (&["a.cmd", "a.cmd."], "GW1102"),
    ];
    for (names, code) in table {
        let zip = names.iter().fold(RawZip::new(), |zip, name| {
            zip.with(&RawEntry::stored(name.as_bytes(), &script))
        });
        let inspection = check(&[("a.zip", zip.finish())], &[code]);
        assert_eq!(inspection.items.len(), 1, "{names:?}");
        assert_eq!(inspection.items[0].kind.role(), None);
    }
}

#[test]
fn an_entry_with_an_odd_name_is_left_out_and_its_neighbours_count() {
    let script = script(BlobSpec::default());
    let long = "x".repeat(304);
    let odd: [&[u8]; 8] = [
        b"aux.cmd",
        b"nul/b.cmd",
        b"b.cmd\0",
        b"b.cmd.",
        b"c?.cmd",
        b"c//b.cmd",
        b"deep/b\0\0",
        long.as_bytes(),
    ];
    for name in odd {
        let zip = [b"a.cmd".as_slice(), name]
            .iter()
            .fold(RawZip::new(), |zip, name| {
                zip.with(&RawEntry::stored(name, &script))
            });
        let inspection = check(&[("a.zip", zip.finish())], &["GW1109"]);
        let names: Vec<&str> = inspection
            .items
            .iter()
            .filter_map(|item| Some(item.path.split_once('!')?.1))
            .collect();
        assert_eq!(names, ["a.cmd"], "{name:?}");
        let told = inspection.all_problems().next().unwrap();
        assert!(told.next_action.contains("on the machine that made it"));
        assert!(!told.is_error());
    }
}

#[test]
fn an_archive_with_zeros_behind_it_is_to_be_unpacked() {
    let mut zip = portal::group_policy_zip(&ScriptSpec::default());
    zip.extend([0; 512]);
    let inspection = check(&[("a.zip", zip)], &["GW1105"]);
    let told = inspection.all_problems().next().unwrap();
    assert!(told.evidence[0].contains("zero bytes"), "{told:?}");
    assert!(told.next_action.contains("unpack it and give the folder"));
}

#[test]
fn archives_of_other_formats_are_named_with_the_way_out() {
    let mut tar = [0; 1024];
    tar[..5].copy_from_slice(b"a.cmd");
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, named) in [
        (tar.to_vec(), "a tar archive"),
        (b"\xfd7zXZ\0\0\0".to_vec(), "an xz archive"),
        (b"\x1f\x8b\x08\0".to_vec(), "a gzip archive"),
        (b"7z\xbc\xaf\x27\x1c\0\0".to_vec(), "a 7-Zip archive"),
    ] {
        let inspection = check(&[("a.bin", bytes)], &[]);
        let told = inspection.all_problems().next().unwrap();
        assert!(told.message.contains(named), "{told:?}");
        assert!(told.next_action.contains("give the folder"), "{told:?}");
    }
}

#[test]
fn an_archive_that_is_not_alone_or_not_whole_in_its_file_is_told_as_what_it_is() {
    let zip = portal::group_policy_zip(&ScriptSpec::default());
    let inner = archive::zip(&[("inner.zip".to_owned(), zip.clone())]);
    let half = zip.len() / 2;
    let trailing = [zip.as_slice(), b"<html>"].concat();
    for (name, bytes, evidence, next) in [
        (
            "behind",
            trailing,
            "6 bytes follow the end",
            "give the folder",
        ),
        (
            "cut",
            zip[..half].to_vec(),
            "cut short, or it is one volume",
            "volumes together",
        ),
        // The end of the archive inside is none of the outer one.
        (
            "cut around",
            inner[..inner.len() - 30].to_vec(),
            "cut short",
            "download it again",
        ),
    ] {
        let inspection = check(&[("a.zip", bytes)], &["GW1105"]);
        let told = inspection.all_problems().find(|problem| problem.is_error());
        let told = told.unwrap();
        assert!(told.evidence[0].contains(evidence), "{name}: {told:?}");
        assert!(told.next_action.contains(next), "{name}: {told:?}");
    }
}

#[test]
fn a_name_as_long_as_the_format_lets_it_be_takes_no_neighbour_with_it() {
    let script = script(BlobSpec::default());
    let long = vec![b'x'; 60_000];
    let zip = [b"a.cmd".as_slice(), &long]
        .iter()
        .fold(RawZip::new(), |zip, name| {
            zip.with(&RawEntry::stored(name, &script))
        });
    let inspection = check(&[("a.zip", zip.finish())], &["GW1109"]);
    assert_eq!(inspection.of_role(Role::OnboardingScript).count(), 1);
}

#[test]
fn an_entry_packed_by_another_method_stops_nothing_beside_what_is_needed() {
    let script = script(BlobSpec::default());
    let mut packed = RawEntry::stored(b"notes.txt", b"x");
    packed.method = 14;
    let zip = RawZip::new()
        .with(&RawEntry::stored(b"a.cmd", &script))
        .with(&packed);
    let inspection = check(&[("a.zip", zip.finish())], &["GW1110"]);
    assert_eq!(inspection.of_role(Role::OnboardingScript).count(), 1);
    let told = inspection
        .all_problems()
        .find(|problem| problem.code.id == "GW1110");
    assert!(told.unwrap().evidence[0].contains("notes.txt"), "{told:?}");
    // Alone it may be what was meant.
    check(
        &[("a.zip", RawZip::new().with(&packed).finish())],
        &["GW1106"],
    );
}

#[test]
fn an_entry_that_is_no_plain_file_is_named_with_what_it_is() {
    let of_mode = |name: &[u8], mode| {
        let mut entry = RawEntry::stored(name, b"x");
        entry.unix_mode = Some(mode);
        entry
    };
    for (entry, expected) in [
        (of_mode(b"l", 0o120_777), "`l` is a link"),
        (of_mode(b"d", 0o020_644), "`d` is a device"),
        (of_mode(b"s", 0o140_755), "`s` is a socket"),
        (
            RawEntry::stored(b"f/", b"x"),
            "`f/` is a folder with data of its own",
        ),
    ] {
        let zip = RawZip::new().with(&entry).finish();
        let inspection = Downloads::new(&[("a.zip", zip)]).inspect();
        let problems: Vec<_> = inspection.all_problems().collect();
        let told = problems.iter().find(|problem| problem.code.id == "GW1103");
        let told = told.unwrap_or_else(|| panic!("{expected}: {problems:?}"));
        assert_eq!(told.evidence, [expected]);
        assert!(told.next_action.contains("plain files alone"), "{told:?}");
    }
}

#[test]
fn an_archive_with_every_trap_is_told_each_the_worst_first() {
    let mut link = RawEntry::stored(b"link", b"/etc/passwd");
    link.unix_mode = Some(0o120_777);
    let mut bomb = RawEntry::deflated(b"zeros", &vec![0; 17 << 20]);
    let mut encrypted = RawEntry::stored(b"a/b", b"x");
    encrypted.flags |= 1;
    let whole = [
        RawEntry::stored(b"../x", b"x"),
        link,
        encrypted,
        RawEntry::stored(b"a", b"x"),
    ];
    let zip = |bomb: &RawEntry| whole.iter().chain([bomb]).fold(RawZip::new(), RawZip::with);
    let table = [
        (bomb.clone(), vec!["GW1101", "GW1103", "GW1102", "GW1104"]),
        (
            {
                bomb.local_name = Some(b"other".to_vec());
                bomb
            },
            vec!["GW1101", "GW1103", "GW1102", "GW1104", "GW1105"],
        ),
    ];
    for (bomb, expected) in table {
        let inspection = Downloads::new(&[("a.zip", zip(&bomb).finish())]).inspect();
        let problems: Vec<_> = inspection
            .all_problems()
            .filter(|problem| problem.is_error())
            .collect();
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code.id).collect();
        assert_eq!(codes, expected);
        for problem in problems {
            assert!(
                problem.next_action.starts_with("do not unpack it"),
                "{problem:?}"
            );
        }
    }
}

#[test]
fn only_an_archive_that_is_merely_large_is_to_be_unpacked() {
    let large = vec![("a.bin".to_owned(), vec![7; 3000])];
    let settings = IntakeSettings {
        limits: Limits {
            entry_bytes: 2000,
            ..Limits::default()
        },
        ..lab()
    };
    let inspection = Downloads::new(&[("a.zip", archive::zip(&large))]).inspect_with(&settings);
    assert_eq!(codes(&inspection), ["GW1104"]);
    let mut problems = inspection.all_problems();
    assert!(problems.any(|problem| {
        problem
            .next_action
            .contains("unpack it and give the folder")
    }));
}

#[test]
fn an_archive_without_a_file_is_told() {
    for entries in [vec![], vec![("folder/".to_owned(), Vec::new())]] {
        let inspection = check(&[("a.zip", archive::zip(&entries))], &["GW1002"]);
        assert_eq!(inspection.items.len(), 1, "{entries:?}");
    }
}

#[test]
fn archives_are_nested_only_so_deep() {
    let mut zip = portal::group_policy_zip(&ScriptSpec::default());
    for _ in 0..Limits::default().archive_depth {
        zip = archive::zip(&[("a.zip".to_owned(), zip)]);
    }
    check(&[("a.zip", zip)], &["GW1104"]);
}

#[test]
fn the_number_of_files_is_bounded_over_all_archives() {
    let zip = archive::zip(
        &(0..30)
            .map(|number| (format!("{number}.txt"), b"x".to_vec()))
            .collect::<Vec<_>>(),
    );
    let settings = IntakeSettings {
        limits: Limits {
            files: 20,
            ..Limits::default()
        },
        ..lab()
    };
    let inspection = Downloads::new(&[("a.zip", zip)]).inspect_with(&settings);
    assert_eq!(codes(&inspection), ["GW1004"]);
    assert!(inspection.items.len() <= 20);
}

const MIB: usize = 1 << 20;

/// An archive of `count` entries of the same bytes.
fn numbered(count: usize, ending: &str, bytes: &[u8]) -> Vec<u8> {
    let entries = (0..count).map(|number| (format!("{number}.{ending}"), bytes.to_vec()));
    archive::zip(&entries.collect::<Vec<archive::Entry>>())
}

#[test]
fn archives_share_one_budget_of_inflated_bytes() {
    // Text may be a script; of zeros no package can be made, and they count apart.
    const KIB: usize = 1 << 10;
    let (script, zeros) = (vec![b' '; 500 * KIB], vec![0; 500 * KIB]);
    let settings = IntakeSettings {
        limits: Limits {
            archive_bytes: 2 << 20,
            ..Limits::default()
        },
        ..lab()
    };
    type Case<'a> = (&'a str, usize, usize, &'a [u8], usize, &'a [&'a str]);
    let table: [Case<'_>; 4] = [
        ("more than is read at all", 1, 6, &script, 0, &["GW1104"]),
        ("scripts of several", 6, 1, &script, 4, &["GW1104"]),
        ("zeros of several", 6, 1, &zeros, 4, &["GW1108"]),
        ("little", 4, 1, &script, 4, &[]),
    ];
    for (case, archives, files, bytes, read, expected) in table {
        let outer = numbered(archives, "zip", &numbered(files, "bin", bytes));
        let inspection = Downloads::new(&[("a.zip", outer)]).inspect_with(&settings);
        let inside = || {
            inspection
                .items
                .iter()
                .filter(|item| item.path.ends_with(".bin"))
        };
        assert_eq!(inside().count(), read, "{case}");
        assert!(
            inside().all(|item| item.size == bytes.len() as u64),
            "{case}"
        );
        let mut told: Vec<&str> = inspection
            .all_problems()
            .map(|problem| problem.code.id)
            .filter(|id| id.starts_with("GW11"))
            .collect();
        told.dedup();
        assert_eq!(told, expected, "{case}");
        let errors = expected.contains(&"GW1104");
        assert_eq!(inspection.has_errors(), errors, "{case}");
    }
}

#[test]
fn a_small_archive_of_archives_costs_little_however_deep_its_claims() {
    // 32 archives of 8 times 16 MiB less a byte, each layer within every bound of its own: 4 GiB
    // in 20 KB.
    let inner = numbered(8, "bin", &vec![0; 16 * MIB - 1]);
    let outer = numbered(32, "zip", &inner);
    assert!(outer.len() < 64 << 10, "{}", outer.len());
    let inspection = Downloads::new(&[("a.zip", outer)]).inspect();
    let read: u64 = inspection.items.iter().map(|item| item.size).sum();
    // Sixteen MiB of packages, the inner archives, and as much of what is none.
    assert!(read <= 32 << 20, "{read} bytes");
    assert_eq!(codes(&inspection), [""; 0]);
}

#[test]
fn large_files_that_are_no_package_stop_nothing() {
    let mut picture = vec![0; 15 * MIB];
    picture[..4].copy_from_slice(b"\x89PNG");
    let mut entries: Vec<archive::Entry> = (0..3)
        .map(|number| (format!("{number}.png"), picture.clone()))
        .collect();
    entries.push((CMD.to_owned(), script(BlobSpec::default())));
    let inspection = check(&[("a.zip", archive::zip(&entries))], &[]);
    assert!(
        inspection
            .of_role(Role::OnboardingScript)
            .next()
            .unwrap()
            .is_usable()
    );
    let mut unread = inspection.all_problems();
    let unread = unread
        .find(|problem| problem.code == &codes::LEFT_UNREAD)
        .unwrap();
    assert_eq!(
        unread.evidence,
        ["`1.png`: 15728640 bytes", "`2.png`: 15728640 bytes"]
    );
}
