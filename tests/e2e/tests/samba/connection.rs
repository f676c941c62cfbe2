//! The way to the directory.

use gangway_e2e::samba::{self, ADMINISTRATOR, Domain, NAME};

use super::model::task_only;
use super::{ENVIRONMENT, text};

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
    let told = &told["result"];
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
