//! What others read in the domain after a publication.

use std::fs;

use gangway_e2e::samba::{ADMINISTRATOR, Domain, NAME, PLAIN};

use super::model::{assert_whole, bundle, files, gpos, version};
use super::{everything, text};

#[test]
fn published_policies_are_read_back_as_the_bundle_has_them() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let before = everything(&domain);
    let dry = domain.publish(bundle.folder(), ADMINISTRATOR, &[]).unwrap();
    assert!(dry.status.success(), "{}", text(&dry));
    assert!(dry.stdout.contains("nothing was written"), "{}", dry.stdout);
    assert_eq!(everything(&domain), before);
    let said = domain.published(bundle.folder(), &[]).unwrap();
    // What was announced is what was done, but for what only looks.
    let steps = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::to_owned);
        lines
            .filter(|line| !line.starts_with("read `") && !line.starts_with("note "))
            .collect()
    };
    let (dry, done) = (steps(&dry.stdout), steps(&said));
    assert_eq!(dry[..dry.len() - 1], done[..done.len() - 1]);
    let gpos = gpos(&bundle);
    assert_eq!(gpos.len(), 2);
    for gpo in &gpos {
        assert_eq!(assert_whole(&domain, gpo), 1);
        // The same over SMB, as an ordinary account.
        let target = domain.scratch().join(&gpo.id);
        fs::create_dir(&target).unwrap();
        let commands = format!(
            "cd \"{NAME}/Policies/{}\"; lcd \"{}\"; prompt OFF; recurse ON; mget *",
            gpo.id,
            target.display()
        );
        let output = domain.smbclient(PLAIN, &commands).unwrap();
        assert!(output.status.success(), "{}", text(&output));
        let mut found = files(&target);
        assert_eq!(version(&found.remove("GPT.INI").unwrap()), "1");
        assert_eq!(found, gpo.files);
    }
    let exe = bundle.exe();
    let there = domain
        .sysvol()
        .join("scripts/Gangway")
        .join(exe.file_name().unwrap());
    assert!(fs::read(there).unwrap() == fs::read(exe).unwrap());
}

#[test]
fn samba_tool_shows_and_backs_up_what_was_published() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    domain.published(bundle.folder(), &[]).unwrap();
    for gpo in gpos(&bundle) {
        let shown = domain.samba_tool(&["gpo", "show", &gpo.id]).unwrap();
        assert!(shown.status.success(), "{}", text(&shown));
        for line in [
            format!("display name : {}", gpo.name),
            "version      : 1".to_owned(),
            "flags        : GPO_FLAG_USER_DISABLE".to_owned(),
        ] {
            assert!(shown.stdout.contains(&line), "{line}\n{}", shown.stdout);
        }
        let folder = domain.scratch().join("backup");
        fs::create_dir_all(&folder).unwrap();
        let folder_text = folder.to_str().unwrap();
        let backup = ["gpo", "backup", &gpo.id, "--tmpdir", folder_text];
        let backup = domain.samba_tool(&backup).unwrap();
        assert!(backup.status.success(), "{}", text(&backup));
        let kept = files(&folder.join("policy").join(&gpo.id));
        for (name, bytes) in &gpo.files {
            let copies = [format!("{name}.SAMBABACKUP"), name.clone()];
            let copy = copies.iter().find_map(|name| kept.get(name));
            // What Samba knows itself it keeps as its own XML only.
            let known = kept.contains_key(&format!("{name}.xml"));
            assert!(
                copy.map_or(known, |copy| copy == bytes),
                "{name}: {:?}",
                kept.keys()
            );
        }
    }
}
