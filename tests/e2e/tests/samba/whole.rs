//! `gangway publish BUNDLE`: payloads, program, policies and links by one command.

use std::fs;
use std::path::Path;

use gangway_e2e::samba::{Cut, DN, Domain};
use gangway_e2e::{Bundle, required};

use super::model::{assert_whole, bundle, gpos, recipe, task_only};
use super::payloads::{assert_read_only_for_computers, files, unc, with_folder};
use super::{ENVIRONMENT, everything, text};

/// What was said by a publication that has to go well.
#[track_caller]
pub(super) fn published(domain: &Domain, bundle: &Bundle, arguments: &[&str]) -> String {
    let output = domain.publish_whole(bundle.folder(), arguments).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    output.stdout
}

#[test]
fn from_nothing_to_a_server_that_reads_task_program_and_payloads_as_itself() {
    let domain = with_folder();
    let bundle = bundle();
    let (to, unit) = (unc(), format!("OU=Servers,{DN}"));
    let usual = ["--to", &to, "--link", &unit, "--enable-links"];
    let before = everything(&domain);
    let would = published(&domain, &bundle, &usual);
    assert!(would.contains("nothing was written"), "{would}");
    assert!(everything(&domain) == before);
    assert_eq!(files(&domain.payloads()), ["mde"]);

    let done = published(&domain, &bundle, &[&usual[..], &["--apply"]].concat());
    let at = |words: &str| {
        done.find(words)
            .unwrap_or_else(|| panic!("{words}: {done}"))
    };
    let order = [
        at("write `mde/releases/"),
        at("write `mde/control.json`"),
        at("/scripts/Gangway/"),
        at("GPO `Gangway Settings`"),
        at("GPO `Gangway Deploy`"),
        at("link `Gangway Settings`"),
        at("link `Gangway Deploy`"),
    ];
    assert!(order.is_sorted(), "{done}");
    for gpo in gpos(&bundle) {
        assert_whole(&domain, &gpo);
    }
    let object = domain.object(&unit).unwrap().unwrap();
    assert!(object["gPLink"][0].contains(&gpos(&bundle)[1].id));

    // As a server does with its own account: the task, the program that it names, the payloads.
    let task = &gpos(&bundle)[1];
    let exe = bundle.exe();
    let name = exe.file_name().unwrap().to_str().unwrap();
    let got = domain.scratch().join("got");
    let path = format!(
        "{}/Policies/{}/Machine/Preferences/ScheduledTasks/ScheduledTasks.xml",
        gangway_e2e::samba::NAME,
        task.id
    );
    let get = format!("get {path} {}", got.display());
    let output = domain.smbclient("srv1$", &get).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(fs::read_to_string(&got).unwrap().contains(name));
    let get = format!("get Gangway/{name} {}", got.display());
    let output = domain.smbclient_on("netlogon", "srv1$", &get).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(fs::read(&got).unwrap() == fs::read(bundle.exe()).unwrap());
    assert_read_only_for_computers(&domain, &bundle, "mde/");
}

#[test]
fn policies_are_not_switched_to_payloads_that_are_not_there() {
    let domain = with_folder();
    let bundle = bundle();
    let to = unc();
    let before = everything(&domain);
    let absent = to.replace("mde", "absent");
    let by_others = ["--apply", "--no-share", "--to"];
    for (arguments, told) in [
        (vec!["--apply", "--to", &absent], "there is no folder `"),
        ([&by_others[..], &[&to]].concat(), "is missing"),
    ] {
        let output = domain.publish_whole(bundle.folder(), &arguments).unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(ENVIRONMENT), "{said}");
        assert!(said.contains(told) && said.contains("hint: "), "{said}");
        assert!(everything(&domain) == before);
        assert_eq!(files(&domain.payloads()), ["mde"]);
    }
    // Others bring them; now they are compared, and the policies come.
    let output = domain
        .publish_share(bundle.folder(), "Administrator", &["--to", &to, "--apply"])
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let there = files(&domain.payloads());
    published(&domain, &bundle, &[&by_others[..], &[&to]].concat());
    assert_eq!(files(&domain.payloads()), there);
    for gpo in gpos(&bundle) {
        assert_whole(&domain, &gpo);
    }
}

/// The releases that lie on the share.
pub(super) fn releases(domain: &Domain) -> Vec<String> {
    releases_in(&domain.payloads().join("mde"))
}

/// The releases below a release root.
pub(super) fn releases_in(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join("releases")).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(super) fn sorted(bundles: &[&Bundle]) -> Vec<String> {
    let ids = bundles.iter().map(|bundle| bundle.release_id().to_owned());
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Bundles of one campaign with other payloads each.
pub(super) fn three_releases() -> [Bundle; 3] {
    let fewer = tempfile::tempdir().unwrap();
    let samples = required::path(required::FIXTURES)
        .unwrap()
        .join("downloads");
    for entry in fs::read_dir(samples).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if name != "Install.ps1" && path.is_file() {
            fs::copy(&path, fewer.path().join(name)).unwrap();
        }
    }
    let fewer = recipe().with_downloads(&[fewer.path()]);
    let bundles = [
        task_only(),
        recipe().applying_script().bundle().unwrap(),
        fewer.bundle().unwrap(),
    ];
    assert_eq!(sorted(&bundles.each_ref()).len(), 3);
    bundles
}

#[test]
fn campaigns_beside_each_other_come_and_go_and_take_nothing_of_each_other() {
    let domain = with_folder();
    let [first, second, third] = three_releases();
    let samples = required::path(required::FIXTURES).unwrap();
    let offboarding = recipe()
        .with_downloads(&[&samples.join("variants/offboarding")])
        .with_mode("offboard")
        .bundle()
        .unwrap();
    let to = unc();
    let apply = ["--apply", "--to", &to];
    let back = ["--apply", "--rollback", "--to", &to];
    let task = |bundle: &Bundle| gpos(bundle).pop().unwrap();
    published(&domain, &first, &apply);
    published(&domain, &offboarding, &apply);
    assert_eq!(releases(&domain), sorted(&[&first, &offboarding]));

    // The one goes, the other stays, with payloads, switch and policy.
    published(&domain, &offboarding, &back);
    assert_whole(&domain, &task(&first));
    assert_read_only_for_computers(&domain, &first, "mde/");
    let switch = domain.payloads().join("mde/control.json");
    assert!(switch.exists());
    published(&domain, &offboarding, &apply);

    // Forth and back and forth.
    published(&domain, &second, &apply);
    assert_whole(&domain, &task(&second));
    let said = published(&domain, &second, &back);
    let needs = format!("needs release `{}` first", first.release_id());
    assert!(said.contains(&needs), "{said}");
    assert_whole(&domain, &task(&first));
    published(&domain, &second, &apply);

    // The oldest goes by rule, and nothing that others need or put there.
    let foreign = domain
        .payloads()
        .join("mde/releases")
        .join(second.release_id())
        .join("notes.txt");
    fs::write(&foreign, "of somebody").unwrap();
    let keep = [&apply[..], &["--keep-releases", "2"]].concat();
    let said = published(&domain, &third, &keep);
    let removed = format!("remove release `{}`", first.release_id());
    assert!(said.contains(&removed), "{said}");
    assert_eq!(releases(&domain), sorted(&[&second, &third, &offboarding]));
    assert!(foreign.exists());
    assert_whole(&domain, &task(&third));
    assert_read_only_for_computers(&domain, &third, "mde/");
    assert_read_only_for_computers(&domain, &offboarding, "mde/");
    published(&domain, &third, &back);
    assert_whole(&domain, &task(&second));
    assert_read_only_for_computers(&domain, &second, "mde/");
}

/// The writes to the payload share, one of each kind: the claim, a campaign's document, folders, a
/// payload, the switch. Every write to SYSVOL and directory is cut by the tests beside this one.
#[test]
fn a_publication_that_is_killed_on_the_share_has_told_no_server_and_ends_whole() {
    let domain = with_folder();
    let bundle = task_only();
    let to = unc();
    let before = everything(&domain);
    let switch = domain.payloads().join("mde/control.json");
    for write in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12] {
        for entry in fs::read_dir(domain.payloads().join("mde")).unwrap() {
            fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
        let was_cut =
            domain.publish_whole_until(Cut::Share(write), bundle.folder(), &["--to", &to]);
        assert!(was_cut.unwrap(), "{write}");
        assert!(everything(&domain) == before, "{write}");
        assert!(!switch.exists(), "{write}");
    }
    published(&domain, &bundle, &["--apply", "--to", &to]);
    assert_read_only_for_computers(&domain, &bundle, "mde/");
    assert_whole(&domain, &gpos(&bundle)[0]);
    let left = files(&domain.payloads());
    assert!(!left.iter().any(|name| name.ends_with("-part")), "{left:?}");
}

/// The writes to SYSVOL and the directory, after those to the share: payloads are whole by then, and each
/// run is finished by the next or taken back.
#[test]
fn a_whole_publication_that_is_cut_in_the_domain_leaves_payloads_whole_and_ends_whole() {
    let domain = with_folder();
    let bundle = task_only();
    let to = unc();
    let to = ["--to", to.as_str()];
    let task = gpos(&bundle).pop().unwrap();
    let mut cuts = 0;
    // Uploads and names of the program and the policy's files, folders, permissions; then, with the
    // payloads there already, objects and links.
    for cut in [Cut::Share(19), Cut::Share(23), Cut::Directory(3)] {
        let was_cut = domain.publish_whole_until(cut, bundle.folder(), &to);
        assert!(was_cut.unwrap(), "{cut:?}");
        cuts += 1;
        assert_read_only_for_computers(&domain, &bundle, "mde/");
        assert!(domain.payloads().join("mde/control.json").exists());
        if cuts % 2 == 1 {
            published(&domain, &bundle, &[&["--apply"][..], &to].concat());
            assert_whole(&domain, &task);
        }
        published(
            &domain,
            &bundle,
            &[&["--apply", "--rollback"][..], &to].concat(),
        );
        assert_eq!(domain.object(&task.dn()).unwrap(), None);
        assert!(!task.folder(&domain).exists());
        let _ = fs::remove_dir_all(domain.sysvol().join("scripts/Gangway"));
        for entry in fs::read_dir(domain.payloads().join("mde")).unwrap() {
            let path = entry.unwrap().path();
            let _ = fs::remove_dir_all(&path);
            let _ = fs::remove_file(&path);
        }
    }
}
