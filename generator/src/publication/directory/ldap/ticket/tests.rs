//! A domain controller of our own, and tickets that are none.

use std::cell::RefCell;
use std::io::Write as _;
use std::sync::atomic::Ordering;

use gangway_fixtures::Lab;

use super::super::ber::{element, group, number, tag, text};
use super::super::budget::{Budget, Limits};
use super::super::message::operation;
use super::super::sasl::tests::Fake;
use super::super::sasl::{SignedIn, Tickets};
use super::super::tests::{NAME, Server, bind, entry, message, outcome, serve_each};
use super::super::{Proof, end_point};
use super::*;

/// What a server answers to a bind: the result, its words, and the token of the mechanism.
type Answered = (u32, &'static str, &'static [u8]);

/// A domain controller that calls itself so, and answers one bind after the other.
fn controller(name: &'static str, answers: &'static [Answered]) -> Server {
    let mut answers = answers.iter();
    serve_each(move |stream, id, asked| {
        if asked == operation::SEARCH {
            stream.write_all(&entry(id, "dnsHostName", &[text(name)]))?;
            return stream.write_all(&outcome(id, operation::SEARCH_DONE, 0, ""));
        }
        let (code, said, token) = answers.next().copied().unwrap_or((1, "no more", b""));
        let parts = [
            number(tag::ENUMERATED, code),
            text(""),
            text(said),
            element(0x87, token),
        ];
        stream.write_all(&message(id, group(operation::BIND_DONE, &parts)))
    })
}

/// Tickets that need two steps; keeps what was asked for.
#[derive(Default)]
struct FakeTickets {
    asked: RefCell<Vec<(String, Option<Vec<u8>>)>>,
}

impl Tickets for FakeTickets {
    fn begin(&self, service: &str, binding: Option<Vec<u8>>) -> Result<Box<dyn SignedIn>, String> {
        self.asked.borrow_mut().push((service.to_owned(), binding));
        Ok(Box::new(Fake { steps: 2 }))
    }
}

struct NoTickets;

impl Tickets for NoTickets {
    fn begin(&self, _: &str, _: Option<Vec<u8>>) -> Result<Box<dyn SignedIn>, String> {
        Err("No credentials are available\nin the security package".to_owned())
    }
}

fn sign_in(server: &Server, tickets: &dyn Tickets) -> Result<LdapDirectory, DirectoryError> {
    let budget = Budget::default();
    bind(server, Limits::USUAL, &budget, Proof::Ticket(tickets))
}

const NO_LAYER: &[u8] = b"s\x01\0\0\0";

#[test]
fn a_ticket_for_the_servers_own_name_bound_to_its_certificate_signs_in() {
    let server = controller(
        NAME,
        &[(14, "", b"AP-REP"), (14, "", NO_LAYER), (0, "", b"")],
    );
    let tickets = FakeTickets::default();
    let mut directory = sign_in(&server, &tickets).unwrap();
    let found = directory.search("", Depth::Object, Filter::All, &["dnsHostName"]);
    assert_eq!(found.unwrap().len(), 1);
    drop(directory);
    server.thread.join().unwrap();
    assert_eq!(server.binds.load(Ordering::Relaxed), 3);
    let binding = end_point::binding(&Lab::Tls.certificate_der());
    assert!(binding.is_some());
    let wanted = ("ldap/localhost".to_owned(), binding);
    assert_eq!(tickets.asked.into_inner(), [wanted]);
}

#[test]
fn a_bind_that_does_not_go_well_says_why_and_is_not_tried_again() {
    let bad_bindings = "80090346: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, \
                        data 80090346, v4563\0";
    let bad_bindings: &[Answered] = &[(49, bad_bindings, b"")];
    let table: [(&[Answered], Failure, &str, usize); 7] = [
        // Before the server has proven who it is.
        (&[(0, "", b"")], Failure::Other, "content before", 1),
        (
            &[(14, "", b"wrong")],
            Failure::NoTicket,
            "principal name",
            1,
        ),
        (
            &[(14, "", b"AP-REP"), (14, "", b"s\x06\x01\0\0")],
            Failure::NeedsPassword,
            "inside TLS",
            2,
        ),
        (
            &[(14, "", b"AP-REP"), (14, "", b"altered")],
            Failure::NoTicket,
            "altered",
            2,
        ),
        (bad_bindings, Failure::NoTicket, "another certificate", 1),
        (
            &[
                (14, "", b"AP-REP"),
                (14, "", NO_LAYER),
                (8, "SASL:[GSSAPI]: Sign or Seal are required.", b""),
            ],
            Failure::NeedsPassword,
            "inside TLS",
            3,
        ),
        (
            &[(14, "", b"AP-REP"), (14, "", NO_LAYER), (14, "", b"more")],
            Failure::Other,
            "after the last answer",
            3,
        ),
    ];
    for (answers, failure, why, binds) in table {
        let answers: &'static [Answered] = Box::leak(answers.to_vec().into_boxed_slice());
        let server = controller(NAME, answers);
        let error = sign_in(&server, &FakeTickets::default()).unwrap_err();
        assert_eq!(error.failure, failure, "{error}");
        assert!(error.why.contains(why), "{error}");
        assert!(error.to_string().contains("ldap/localhost"), "{error}");
        server.thread.join().unwrap();
        assert_eq!(server.binds.load(Ordering::Relaxed), binds, "{error}");
    }
}

#[test]
fn a_server_gets_no_ticket_for_a_name_that_its_certificate_does_not_have() {
    for name in ["dc1.contoso.com", "", "dc1/other", "192.0.2.1"] {
        let server = controller(name, &[]);
        let tickets = FakeTickets::default();
        let error = sign_in(&server, &tickets).unwrap_err();
        assert_eq!(error.failure, Failure::NoConnection, "{error}");
        assert!(error.why.contains("calls itself"), "{error}");
        server.thread.join().unwrap();
        assert_eq!(server.binds.load(Ordering::Relaxed), 0, "{error}");
        assert!(tickets.asked.into_inner().is_empty(), "{error}");
    }
}

#[test]
fn a_machine_without_tickets_says_so_on_one_line() {
    let server = controller(NAME, &[]);
    let error = sign_in(&server, &NoTickets).unwrap_err();
    assert_eq!(error.failure, Failure::NoTicket, "{error}");
    assert!(error.why.contains("No credentials"), "{error}");
    assert!(!error.why.contains('\n'), "{error}");
    let hint = error.failure.hint().unwrap();
    for cure in ["local account", "clock", "klist", "--user"] {
        assert!(hint.contains(cure), "{hint}");
    }
}
