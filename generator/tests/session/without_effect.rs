//! Options that would do nothing are refused and not ignored.

use gangway_fixtures::authenticode::{Signature, sign_pe};

use super::desk::NOW;
use super::publish::{ACCOUNT, built};

#[test]
fn what_has_no_effect_is_refused_and_not_ignored() {
    let desk = built();
    std::fs::create_dir(desk.path("share")).unwrap();
    let user = &ACCOUNT[..2];
    for (command, more, told) in [
        (
            &["publish", "gpo", "out", "--offline"][..],
            user,
            "`--user` has no effect",
        ),
        (
            &["publish", "out", "--offline"],
            &["--dc", "dc1.contoso.com"],
            "`--dc` has no effect",
        ),
        (
            &["publish", "out", "--offline"],
            &["--start-tls"],
            "`--start-tls` has no effect",
        ),
        (
            &["publish", "share", "out", "--offline"],
            user,
            "`--user` has no effect",
        ),
        (
            &["publish", "share", "out", "--to", "share"],
            user,
            "reached as a folder",
        ),
        (
            &["publish", "share", "out", "--to", "share"],
            &ACCOUNT[2..],
            "`--password-file` has no effect",
        ),
        (
            &["verify", "out", "--share", "share"],
            user,
            "reached as a folder",
        ),
        (
            &["publish", "share", "out", "--offline"],
            &["--state", "elsewhere"],
            "`--state` has no effect",
        ),
        (
            &["publish", "gpo", "out", "--offline"],
            &["--state", "elsewhere"],
            "`--state` has no effect",
        ),
        (
            &["publish", "out", "--offline"],
            &["--state", "elsewhere"],
            "`--state` has no effect",
        ),
        (
            &["publish", "out", "--offline", "--no-share"],
            &["--to", "share"],
            "`--to` has no effect",
        ),
    ] {
        let allowed: &[&str] = match command[0] {
            "publish" => &["--allow-unsigned"],
            _ => &[],
        };
        let line = [command, more, allowed, &["--as-of", NOW]].concat();
        desk.run(&line).fails_with(2, &[told, "hint: leave `--"]);
    }
    let back = [
        "publish",
        "out",
        "--rollback",
        "--no-share",
        "--to",
        "share",
    ];
    let line = [&back[..], &ACCOUNT, &["--as-of", NOW]].concat();
    desk.run(&line)
        .fails_with(2, &["`--to` has no effect", "leaves the share out"]);
    // What needs an option that another one shuts out.
    for (line, told) in [
        (
            &["publish", "out", "--rollback", "--enable-links"][..],
            &["--enable-links", "--rollback"],
        ),
        (
            &["publish", "gpo", "out", "--remove", "--enable-links"],
            &["--enable-links", "--remove"],
        ),
        (
            &["publish", "share", "out", "--rollback", "--dc", "dc1.x"],
            &["--dc", "--rollback"],
        ),
        (
            &["publish", "share", "out", "--rollback", "--domain", "x"],
            &["--domain", "--rollback"],
        ),
        (
            &["publish", "share", "out", "--offline", "--dc", "dc1.x"],
            &["--dc", "--offline"],
        ),
        (
            &["build", "-o", "x", "--locked", "--allow-downgrade"],
            &["--allow-downgrade", "--locked"],
        ),
    ] {
        let account: &[&str] = match line {
            ["publish", "share" | "out" | "gpo", ..] => &ACCOUNT,
            _ => &[],
        };
        desk.run(&[line, account].concat()).fails_with(2, told);
    }
    for (more, told) in [
        (&["--keep-releases", "2"][..], "--user"),
        (&["--dc", "dc1.contoso.com"], "--keep-releases"),
        (&["--offline", "--apply"], "--apply"),
        (&["--rollback", "--keep-releases", "2"], "--rollback"),
    ] {
        let line = [&["publish", "share", "out"], more].concat();
        desk.run(&line).fails_with(2, &[told]);
    }
}

#[test]
fn a_permission_that_nothing_needs_is_refused() {
    let desk = built();
    let exe = desk.exe();
    let signed = sign_pe(&std::fs::read(&exe).unwrap(), &Signature::default());
    std::fs::write(exe, signed).unwrap();
    std::fs::create_dir(desk.path("share")).unwrap();
    let usual = ["-c", "gangway.toml", "--as-of", NOW];
    for command in [
        &["publish", "share", "out", "--to", "share"][..],
        &["publish", "gpo", "out", "--offline"],
    ] {
        let line = [command, &usual].concat();
        desk.run(&line).succeeds();
        desk.run(&[&line[..], &["--allow-unsigned"]].concat())
            .fails_with(2, &["`--allow-unsigned` has no effect", "is signed"]);
    }
}
