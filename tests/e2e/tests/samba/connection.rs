//! The way to the directory.

use gangway_e2e::samba::{self, ADMINISTRATOR, Domain, NAME, PASSWORD};

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

/// The program itself does it on Windows alone; here its code shows the tickets of Samba's own client.
#[test]
fn a_ticket_signs_in_at_the_directory_under_tls() {
    let controller = samba::CONTROLLER;
    let domain = Domain::start_taking_tickets().unwrap();
    let sign_in = |host: &str, encryption: &str, password: &str| {
        domain
            .signed_in_by_ticket(host, encryption, password)
            .unwrap()
    };
    // By the domain's name too, which no ticket is for: the server says its own.
    for (host, encryption) in [
        (controller, "ldaps"),
        (controller, "starttls"),
        (NAME, "ldaps"),
    ] {
        let output = sign_in(host, encryption, PASSWORD);
        assert!(output.status.success(), "{host}: {}", text(&output));
        let ticket = format!("signed in by a ticket for ldap/{controller}\n");
        assert_eq!(output.stdout, ticket);
    }
    let output = sign_in(controller, "ldaps", "wrong");
    assert!(!output.status.success());
    assert!(output.stderr.contains("local account"), "{}", output.stderr);
}

/// Samba's own setting; Windows has none like it.
#[test]
fn a_directory_that_takes_no_tickets_under_tls_is_told_with_the_way_out() {
    let domain = Domain::start().unwrap();
    let output = domain
        .signed_in_by_ticket(samba::CONTROLLER, "ldaps", PASSWORD)
        .unwrap();
    assert!(!output.status.success());
    for words in ["inside TLS", "hint: name an account by `--user`"] {
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
}
