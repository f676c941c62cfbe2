//! `--remove`: policies leave the domain by GUID and mark, and what merely has the name stays.

use std::fs;

use gangway_e2e::samba::{ADMINISTRATOR, DN, Domain};

use super::model::{bundle, gpos};
use super::{PROBLEMS, everything, text};

/// A WMI filter of somebody else that has the name of ours.
const OTHER_FILTER: &str = "{0B0B0B0B-0000-4000-8000-000000000001}";

#[test]
fn policies_go_by_identity_and_their_namesakes_stay() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let unit = format!("OU=Servers,{DN}");
    let clean = everything(&domain);
    domain
        .published(bundle.folder(), &["--link", &unit, "--enable-links"])
        .unwrap();
    let filters = format!("CN=SOM,CN=WMIPolicy,CN=System,{DN}");
    let ours = domain
        .search(&filters, "one", "(objectClass=msWMI-Som)")
        .unwrap();
    let (_, filter) = ours.first_key_value().unwrap();
    let name = &filter["msWMI-Name"][0];
    domain.published(bundle.folder(), &["--remove"]).unwrap();
    // The program stays, for servers may be running it.
    fs::remove_dir_all(domain.sysvol().join("scripts/Gangway")).unwrap();
    assert_eq!(everything(&domain), clean);

    // Somebody imports by hand: the same names, other objects.
    let task = gpos(&bundle).pop().unwrap();
    let created = domain.samba_tool(&["gpo", "create", &task.name]).unwrap();
    assert!(created.status.success(), "{}", text(&created));
    domain
        .change(&format!(
            "dn: CN={OTHER_FILTER},{filters}\nchangetype: add\nobjectClass: msWMI-Som\n\
             msWMI-ID: {OTHER_FILTER}\nmsWMI-Name: {name}\nmsWMI-Author: admin@contoso.com\n\
             msWMI-Parm2: 1;3;10;61;WQL;root\\CIMv2;SELECT * FROM Win32_OperatingSystem;\n"
        ))
        .unwrap();
    let before = everything(&domain);
    let output = domain
        .publish(bundle.folder(), ADMINISTRATOR, &["--remove", "--apply"])
        .unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(PROBLEMS), "{said}");
    for told in ["left alone", &task.name, OTHER_FILTER, "hint: "] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(everything(&domain), before);
}
