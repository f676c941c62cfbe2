//! Who may publish, and what a publication does to permissions and filters.

use std::fs;

use gangway_e2e::Bundle;
use gangway_e2e::samba::{ADMINISTRATOR, CREATOR, DN, Domain, NAME, PLAIN};

use super::model::{bundle, gpos, one, task_only};
use super::{ENVIRONMENT, everything, text};

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
