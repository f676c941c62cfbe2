//! `gangway verify --share`: shares of a live file server, and who may do what there.

use std::fs;

use gangway_e2e::program::Output;
use gangway_e2e::samba::{ADMINISTRATOR, CONTROLLER, Domain, NAME, PASSWORD};
use gangway_e2e::{Bundle, required};

use super::model::task_only;
use super::text;

/// Exit code "verification failed".
const NOT_VERIFIED: i32 = 4;

fn verified(domain: &Domain, bundle: &Bundle, more: &[&str]) -> Output {
    let password = domain.scratch().join("password");
    let mut command = domain.command(required::path(required::GANGWAY).unwrap());
    command
        .arg("verify")
        .arg(bundle.folder())
        .args(["--share", &format!(r"\\{CONTROLLER}\payloads")])
        .args(["--user", &format!("{ADMINISTRATOR}@{NAME}")])
        .arg("--password-file")
        .arg(password)
        .args(more);
    domain.run(&mut command).unwrap()
}

/// Lets an account do something on a share, as an administrator would.
fn grant(domain: &Domain, share: &str, entry: &str) {
    let mut command = domain.command("smbcacls");
    command.arg(format!("//{CONTROLLER}/{share}")).args([
        "/",
        "-U",
        &format!("{ADMINISTRATOR}%{PASSWORD}"),
        "-a",
        entry,
    ]);
    let output = domain.run(&mut command).unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn what_differs_on_a_share_and_who_may_do_too_much_is_named() {
    let domain = Domain::start().unwrap();
    let bundle = task_only();
    let to = format!(r"\\{CONTROLLER}\payloads");
    let arguments = ["--apply", "--to", &to];
    let published = domain.publish_share(bundle.folder(), ADMINISTRATOR, &arguments);
    assert!(published.unwrap().status.success());

    let good = verified(&domain, &bundle, &[]);
    assert!(good.status.success(), "{}", text(&good));
    assert!(!text(&good).contains("GW31"), "{}", text(&good));

    // The lab lets every account drop reports, which is more than computers need.
    let reports = format!(r"\\{CONTROLLER}\reports");
    let wide = verified(&domain, &bundle, &["--reports", &reports]);
    assert_eq!(wide.status.code(), Some(NOT_VERIFIED), "{}", text(&wide));
    assert!(
        text(&wide).contains("`S-1-5-11` may change it"),
        "{}",
        text(&wide)
    );

    grant(&domain, "payloads", "ACL:S-1-1-0:ALLOWED/0x3/0x001200a9");
    let readable = verified(&domain, &bundle, &[]);
    let said = text(&readable);
    assert!(readable.status.success(), "{said}");
    assert!(
        said.contains("GW3104") && said.contains("`S-1-1-0` may read it"),
        "{said}"
    );

    grant(&domain, "payloads", "ACL:S-1-5-11:ALLOWED/0x3/0x001301bf");
    let name = bundle.payloads().unwrap().remove(0);
    let path = domain.payloads().join("releases").join(bundle.release_id());
    fs::write(path.join(&name), "another").unwrap();
    fs::write(path.join("more.exe"), "of somebody").unwrap();
    let worse = verified(&domain, &bundle, &[]);
    let said = text(&worse);
    assert_eq!(worse.status.code(), Some(NOT_VERIFIED), "{said}");
    for told in [
        "GW3103",
        "`S-1-5-11` may change it",
        "GW3101",
        &format!("{name}`: it has other bytes"),
        "GW3102",
        "more.exe",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}
