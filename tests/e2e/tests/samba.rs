//! Policies against a live Active Directory: published by the command, read back by others.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use std::fs;
use std::path::Path;

use gangway_e2e::Bundle;
use gangway_e2e::samba::{self, ADMINISTRATOR, CREATOR, DN, Domain, NAME, PLAIN};
use model::{Gpo, assert_whole, bundle, files, gpos, one, task_only, version};

#[path = "samba/cuts.rs"]
mod cuts;
#[path = "samba/model.rs"]
mod model;
#[path = "samba/registry_policy.rs"]
mod registry_policy;

/// Exit code "problems or differences were found".
const PROBLEMS: i32 = 1;
/// Exit code "the environment refused".
const ENVIRONMENT: i32 = 3;

/// Every object of policies, every link, every file: to see that nothing changed.
fn everything(domain: &Domain) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut objects = domain
        .search(&format!("CN=System,{DN}"), "sub", "(objectClass=*)")
        .unwrap();
    // The server's own servants write there at any time.
    objects.retain(|dn, _| dn.contains("CN=Policies,") || dn.contains("CN=WMIPolicy,"));
    let links = domain.search(DN, "sub", "(gPLink=*)").unwrap();
    let links: Vec<_> = links
        .into_iter()
        .map(|(dn, object)| (dn, one(&object, "gPLink").to_owned()))
        .collect();
    (objects, links, samba::tree(&domain.sysvol()).unwrap())
}

fn text(output: &gangway_e2e::program::Output) -> String {
    format!("{}{}", output.stdout, output.stderr)
}

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

#[test]
fn links_are_made_only_when_told_and_go_with_a_first_publication() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let unit = format!("OU=Servers,{DN}");
    let task = gpos(&bundle).pop().unwrap();
    let containers = || {
        let listed = domain
            .samba_tool(&["gpo", "listcontainers", &task.id])
            .unwrap();
        assert!(listed.status.success(), "{}", text(&listed));
        listed.stdout
    };
    let link = || {
        let object = domain.object(&unit).unwrap().unwrap();
        object.get("gPLink").map(|values| values[0].clone())
    };
    domain.published(bundle.folder(), &[]).unwrap();
    assert!(containers().contains("No Containers"), "{}", containers());
    assert_eq!(link(), None);
    let created = domain.samba_tool(&["gpo", "create", "Other"]).unwrap();
    let other = created.stdout.split(['{', '}']).nth(1).unwrap();
    let other = format!("{{{other}}}");
    let set = domain
        .samba_tool(&["gpo", "setlink", &unit, &other])
        .unwrap();
    assert!(set.status.success(), "{}", text(&set));
    let foreign = link().unwrap();
    domain
        .published(bundle.folder(), &["--link", &unit])
        .unwrap();
    let ours: Vec<String> = gpos(&bundle).iter().map(Gpo::dn).collect();
    let linked = |options: u32| {
        format!(
            "[LDAP://{};{options}][LDAP://{};{options}]{foreign}",
            ours[1], ours[0]
        )
    };
    assert_eq!(link(), Some(linked(1)));
    domain
        .published(bundle.folder(), &["--link", &unit, "--enable-links"])
        .unwrap();
    assert_eq!(link(), Some(linked(0)));
    assert!(containers().contains(&unit), "{}", containers());
    let absent = format!("OU=Absent,{DN}");
    let before = everything(&domain);
    let arguments = ["--apply", "--link", &absent];
    let output = domain
        .publish(bundle.folder(), ADMINISTRATOR, &arguments)
        .unwrap();
    assert_eq!(output.status.code(), Some(ENVIRONMENT));
    assert!(output.stderr.contains(&absent), "{}", output.stderr);
    assert_eq!(everything(&domain), before);
}

#[test]
fn a_first_publication_is_taken_back_with_its_links() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let unit = format!("OU=Servers,{DN}");
    domain
        .published(bundle.folder(), &["--link", &unit, "--enable-links"])
        .unwrap();
    domain.published(bundle.folder(), &["--rollback"]).unwrap();
    for gpo in gpos(&bundle) {
        assert_eq!(domain.object(&gpo.dn()).unwrap(), None);
        assert!(!gpo.folder(&domain).exists());
    }
    let unit = domain.object(&unit).unwrap().unwrap();
    assert_eq!(unit.get("gPLink"), None);
    let again = ["--apply", "--rollback"];
    let output = domain
        .publish(bundle.folder(), ADMINISTRATOR, &again)
        .unwrap();
    assert_eq!(output.status.code(), Some(ENVIRONMENT));
    assert!(
        output.stderr.contains("nothing is saved"),
        "{}",
        output.stderr
    );
}

/// Entries of a list in SDDL, sorted, each once.
fn entries(sddl: &str) -> Vec<String> {
    let list = sddl.split("D:P").nth(1).unwrap_or_default();
    let mut entries: Vec<String> = list
        .split('(')
        .filter_map(|entry| Some(entry.split_once(')')?.0.to_owned()))
        .collect();
    entries.sort();
    entries.dedup();
    entries
}

#[test]
fn the_folders_permissions_differ_by_the_one_entry_that_smb_cannot_set() {
    let domain = Domain::start().unwrap();
    let said = domain.published(task_only().folder(), &[]).unwrap();
    assert!(said.contains("Apply Group Policy"), "{said}");
    assert!(said.contains("sysvolreset"), "{said}");
    let check = domain.samba_tool(&["gpo", "aclcheck"]).unwrap();
    assert!(!check.status.success());
    let lists = check
        .stderr
        .split_once("Invalid GPO ACL ")
        .and_then(|(_, rest)| rest.split_once(" on path"))
        .and_then(|(found, rest)| Some((found, rest.split_once("should be ")?.1)));
    let (found, wanted) = lists.expect("both lists");
    let owner = |sddl: &str| sddl.split("D:").next().unwrap().to_owned();
    assert_eq!(owner(found), owner(wanted));
    assert!(found.contains("D:P"), "{found}");
    let (found, wanted) = (entries(found), entries(wanted));
    let missing: Vec<&String> = wanted.iter().filter(|one| !found.contains(one)).collect();
    assert_eq!(
        missing,
        ["OA;OICI;;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU"]
    );
    assert_eq!(found.len() + 1, wanted.len(), "{found:?} {wanted:?}");
    domain.reset_sysvol().unwrap();
    let check = domain.samba_tool(&["gpo", "aclcheck"]).unwrap();
    assert!(check.status.success(), "{}", text(&check));
}

#[test]
fn a_second_publication_raises_the_version_once_and_changes_nothing_else() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let state = || {
        let mut objects = domain
            .search(&format!("CN=Policies,CN=System,{DN}"), "sub", "(cn=*)")
            .unwrap();
        let filters = domain
            .search(&format!("CN=WMIPolicy,CN=System,{DN}"), "sub", "(cn=*)")
            .unwrap();
        objects.extend(filters);
        let mut versions = Vec::new();
        for object in objects.values_mut() {
            if let Some(version) = object.remove("versionNumber")
                && object.contains_key("adminDescription")
            {
                versions.push(version.concat());
                // Follow from the version.
                object.remove("uSNChanged");
                object.remove("whenChanged");
            }
        }
        let mut tree = samba::tree(&domain.sysvol()).unwrap();
        for gpo in gpos(&bundle) {
            let ini = tree
                .remove(&format!("Policies/{}/GPT.INI", gpo.id))
                .unwrap();
            versions.push(version(&ini.unwrap()));
        }
        (objects, tree, versions)
    };
    domain.published(bundle.folder(), &[]).unwrap();
    let (objects, tree, versions) = state();
    assert_eq!(versions, ["1"; 4]);
    let said = domain.published(bundle.folder(), &[]).unwrap();
    let (objects_after, tree_after, versions) = state();
    assert_eq!(versions, ["2"; 4]);
    assert_eq!(objects_after, objects);
    assert!(tree_after == tree);
    assert_eq!(said.matches("\nchange `").count(), 2, "{said}");
    assert_eq!(said.matches("\nwrite `").count(), 2, "{said}");
}

/// Adds an entry to the permissions of an object.
fn allow(domain: &Domain, dn: &str, entry: &str) {
    let arguments = ["dsacl", "set", "--objectdn", dn, "--sddl", entry];
    let set = domain.samba_tool(&arguments).unwrap();
    assert!(set.status.success(), "{}", text(&set));
}

#[test]
fn an_account_without_rights_gets_one_error_and_nothing_changes() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let refused = |account: &str, what: &str| {
        let before = everything(&domain);
        let output = domain
            .publish(bundle.folder(), account, &["--apply"])
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(ENVIRONMENT),
            "{account}: {}",
            text(&output)
        );
        assert_eq!(
            output.stderr.matches("error:").count(),
            1,
            "{}",
            output.stderr
        );
        assert!(output.stderr.contains(what), "{}", output.stderr);
        assert!(output.stderr.contains("hint:"), "{}", output.stderr);
        assert_eq!(everything(&domain), before);
    };
    refused(PLAIN, "add a GPO");
    // What Windows allows Group Policy Creator Owners, and Samba does not.
    allow(
        &domain,
        &format!("CN=Policies,CN=System,{DN}"),
        "(OA;;CC;f30e3bc2-9ff0-11d1-b603-0000f80367c1;;PA)",
    );
    let filters = format!("CN=SOM,CN=WMIPolicy,CN=System,{DN}");
    allow(&domain, &filters, "(A;;CC;;;PA)");
    // They may make GPOs, but no folder in NETLOGON. `smbclient` says so, and ends with 0 all
    // the same.
    let made = format!("mkdir \"{NAME}/scripts/Gangway\"");
    let output = domain.smbclient(CREATOR, &made).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("NT_STATUS_ACCESS_DENIED"),
        "{}",
        text(&output)
    );
    refused(CREATOR, "scripts/Gangway");
    domain.published(bundle.folder(), &[]).unwrap();
    refused(PLAIN, "change the GPO");
    let password = domain.scratch().join("password");
    fs::write(password, "wrong").unwrap();
    refused_password(&domain, &bundle);
}

fn refused_password(domain: &Domain, bundle: &Bundle) {
    let output = domain
        .publish(bundle.folder(), ADMINISTRATOR, &["--apply"])
        .unwrap();
    assert_eq!(output.status.code(), Some(ENVIRONMENT), "{}", text(&output));
    assert!(
        output.stderr.contains("account name or password are wrong"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_gpo_of_somebody_else_stops_the_publication() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let task = gpos(&bundle).pop().unwrap();
    let created = domain.samba_tool(&["gpo", "create", &task.name]).unwrap();
    assert!(created.status.success(), "{}", text(&created));
    let before = everything(&domain);
    let output = domain
        .publish(bundle.folder(), ADMINISTRATOR, &["--apply"])
        .unwrap();
    assert_eq!(output.status.code(), Some(PROBLEMS), "{}", text(&output));
    assert!(output.stderr.contains(&task.name), "{}", output.stderr);
    assert_eq!(everything(&domain), before);
}

#[test]
fn the_directory_is_reached_under_tls_with_a_checked_certificate_only() {
    let domain = Domain::start().unwrap();
    let bundle = task_only();
    let dry = |arguments: &[&str], root: Option<&str>| {
        let mut command = domain
            .publish_command(bundle.folder(), ADMINISTRATOR, arguments)
            .unwrap();
        if let Some(root) = root {
            command.env("SSL_CERT_FILE", root);
        }
        domain.run(&mut command).unwrap()
    };
    let controller = samba::CONTROLLER;
    for arguments in [
        // By the domain's name to the PDC emulator.
        &[][..],
        &["--dc", controller],
        &["--dc", controller, "--start-tls"],
    ] {
        let output = dry(arguments, None);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        let line = format!("server   {controller}\n");
        assert!(output.stdout.contains(&line), "{}", output.stdout);
    }
    let output = dry(&["--json"], None);
    let told: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(told["server"], controller);
    assert_eq!(told["domain"], NAME);
    assert_eq!(
        (&told["action"], &told["dry_run"]),
        (&"publish".into(), &true.into())
    );
    assert!(told["steps"].as_array().unwrap().len() > 10, "{told}");
    let system = "/etc/ssl/certs/ca-certificates.crt";
    for (arguments, root, why) in [
        (&["--dc", controller][..], Some(system), "certificate"),
        (
            &["--dc", controller, "--start-tls"],
            Some(system),
            "certificate",
        ),
        // The server's certificate names no address.
        (&["--dc", "127.0.0.1"], None, "certificate"),
    ] {
        let output = dry(arguments, root);
        assert_eq!(
            output.status.code(),
            Some(ENVIRONMENT),
            "{arguments:?}: {}",
            text(&output)
        );
        assert!(output.stderr.contains(why), "{}", output.stderr);
        assert!(output.stderr.contains("SSL_CERT_FILE"), "{}", output.stderr);
    }
    // The server would refuse an open password too.
    let mut open = domain.command("ldbsearch");
    open.args(["-H", &format!("ldap://{controller}"), "-s", "base"])
        .arg(format!("--simple-bind-dn={ADMINISTRATOR}@{NAME}"))
        .arg("--password=Passw0rd!lab");
    let output = domain.run(&mut open).unwrap();
    assert!(!output.status.success());
    assert!(
        text(&output).contains("LDAP_STRONG_AUTH_REQUIRED"),
        "{}",
        text(&output)
    );
}

#[test]
fn the_wmi_filter_and_the_security_filtering_are_the_directorys() {
    let domain = Domain::start().unwrap();
    let bundle = task_only();
    domain.published(bundle.folder(), &[]).unwrap();
    let task = gpos(&bundle).pop().unwrap();
    let object = domain.object(&task.dn()).unwrap().unwrap();
    let link = one(&object, "gPCWQLFilter").to_owned();
    let id = link.split(';').nth(1).unwrap();
    assert_eq!(link, format!("[{NAME};{id};0]"));
    let dn = format!("CN={id},CN=SOM,CN=WMIPolicy,CN=System,{DN}");
    let filter = domain.object(&dn).unwrap().expect("the filter");
    // The same values as in the file for an import by hand.
    let ldif = bundle.folder().join("gpo").join(NAME);
    let ldif = fs::read_to_string(ldif.join("wmi-filter.ldif")).unwrap();
    let ldif = ldif.replace("\r\n", "\n").replace("\n ", "");
    for name in ["msWMI-ID", "msWMI-Name", "msWMI-Parm1", "msWMI-Parm2"] {
        let line = format!("{name}: {}", one(&filter, name));
        assert!(ldif.contains(&line), "{line}\n{ldif}");
    }
    // Everybody who is signed in may read and apply it, until somebody narrows that.
    let list = |line: &str| {
        let shown = domain.samba_tool(&["gpo", "show", &task.id]).unwrap();
        assert!(shown.status.success(), "{}", text(&shown));
        shown.stdout.contains(line)
    };
    let apply = "(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)";
    assert!(list(apply));
    let narrowed = "(OD;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;BG)";
    allow(&domain, &task.dn(), narrowed);
    assert!(list(narrowed));
    let before = domain.object(&task.dn()).unwrap().unwrap();
    domain.published(bundle.folder(), &[]).unwrap();
    let after = domain.object(&task.dn()).unwrap().unwrap();
    assert_eq!(
        one(&after, "nTSecurityDescriptor"),
        one(&before, "nTSecurityDescriptor")
    );
}

#[test]
fn a_domain_ends_with_its_test_also_when_that_panics() {
    let init = std::panic::catch_unwind(|| {
        let domain = Domain::start().unwrap();
        std::panic::panic_any(domain.init());
    });
    let init = *init.unwrap_err().downcast::<u32>().unwrap();
    assert_ne!(init, 0);
    assert!(!Path::new("/proc").join(init.to_string()).exists());
}
