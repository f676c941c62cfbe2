//! A directory service that does what none should, on this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gangway_fixtures::Lab;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::ber::{self, element, group, number, tag, text};
use super::connection::Open;
use super::*;

/// A name in the certificate.
pub(super) const NAME: &str = "localhost";

pub(super) type Stream = StreamOwned<ServerConnection, std::net::TcpStream>;
/// Answers the questions after the bind; an error is the end of the connection.
type Behaviour = fn(&mut Stream, u32) -> io::Result<()>;

pub(super) struct Server {
    port: u16,
    pub(super) binds: Arc<AtomicUsize>,
    pub(super) thread: JoinHandle<()>,
}

/// Serves one connection: the outcome of the bind, then the behaviour.
fn serve(bind: (u32, &'static str), behaviour: Behaviour) -> Server {
    serve_each(move |stream, id, operation| {
        if operation == operation::BIND {
            let answer = outcome(id, operation::BIND_DONE, bind.0, bind.1);
            return stream.write_all(&answer);
        }
        behaviour(stream, id)
    })
}

/// Serves one connection: each question by its number and operation.
pub(super) fn serve_each(
    mut answer: impl FnMut(&mut Stream, u32, u8) -> io::Result<()> + Send + 'static,
) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let binds: Arc<AtomicUsize> = Arc::default();
    let counted = Arc::clone(&binds);
    let thread = std::thread::spawn(move || {
        let chain = vec![CertificateDer::from(Lab::Tls.certificate_der())];
        let key = PrivateKeyDer::Pkcs8(Lab::Tls.key_der().into());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let (socket, _) = listener.accept().unwrap();
        let tls = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = StreamOwned::new(tls, socket);
        while let Ok((id, operation)) = question(&mut stream) {
            if operation == operation::BIND {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            let done = answer(&mut stream, id, operation);
            // Whoever was asked too much goes away.
            if done.and_then(|()| stream.flush()).is_err() {
                return;
            }
        }
    });
    Server {
        port,
        binds,
        thread,
    }
}

/// Number and operation of the next question.
fn question(stream: &mut Stream) -> io::Result<(u32, u8)> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let mut digits = vec![0; ber::digits(head[1]).unwrap()];
    stream.read_exact(&mut digits)?;
    let mut message = vec![0; ber::length(head[1], &digits)];
    stream.read_exact(&mut message)?;
    let question = Answer::read(&message).unwrap();
    Ok((question.id, question.operation))
}

pub(super) fn message(id: u32, operation: Vec<u8>) -> Vec<u8> {
    group(tag::SEQUENCE, &[number(tag::INTEGER, id), operation])
}

pub(super) fn outcome(id: u32, operation: u8, code: u32, said: &str) -> Vec<u8> {
    let parts = [number(tag::ENUMERATED, code), text(""), text(said)];
    message(id, group(operation, &parts))
}

pub(super) fn entry(id: u32, name: &str, values: &[Vec<u8>]) -> Vec<u8> {
    let attribute = group(tag::SEQUENCE, &[text(name), group(tag::SET, values)]);
    let parts = [text("CN=x"), group(tag::SEQUENCE, &[attribute])];
    message(id, group(operation::SEARCH_ENTRY, &parts))
}

fn connect(server: &Server, limits: Limits) -> Result<LdapDirectory, DirectoryError> {
    connect_within(server, limits, &Budget::default())
}

fn connect_within(
    server: &Server,
    limits: Limits,
    budget: &Budget,
) -> Result<LdapDirectory, DirectoryError> {
    let credentials = Credentials::new("admin@contoso.com", "secret").unwrap();
    bind(server, limits, budget, Proof::Password(&credentials))
}

pub(super) fn bind(
    server: &Server,
    limits: Limits,
    budget: &Budget,
    proof: Proof<'_>,
) -> Result<LdapDirectory, DirectoryError> {
    let mut roots = RootCertStore::empty();
    roots.add(Lab::Root.certificate_der().into()).unwrap();
    let open = Open::connect(&"127.0.0.1".parse().unwrap(), server.port, CONNECT).unwrap();
    let connection = open.encrypt(&NAME.parse().unwrap(), roots).unwrap();
    LdapDirectory::bind(connection, limits, budget, "ldaps://dc", proof)
}

fn search(server: &Server, limits: Limits) -> Result<Vec<Entry>, DirectoryError> {
    let mut directory = connect(server, limits)?;
    directory.search("DC=x", Depth::Tree, Filter::All, &["cn"])
}

const GOOD: (u32, &str) = (0, "");

/// Most memory that this process ever had, in bytes.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}

#[test]
fn what_a_server_answers_is_read() {
    let server = serve(GOOD, |stream, id| {
        stream.write_all(&entry(id, "CN", &[text("a"), text("b")]))?;
        stream.write_all(&entry(id, "other", &[text("c")]))?;
        stream.write_all(&outcome(id, operation::SEARCH_DONE, 0, ""))
    });
    let found = search(&server, Limits::USUAL).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].texts("cn"), ["a", "b"]);
    assert!(found[1].attributes.is_empty(), "not asked for");
    server.thread.join().unwrap();
}

#[test]
fn an_answer_without_end_ends() {
    let endless: [(&str, Behaviour); 4] = [
        ("more objects", |stream, id| {
            loop {
                stream.write_all(&entry(id, "cn", &[]))?;
            }
        }),
        ("larger", |stream, id| {
            let value = element(tag::OCTET_STRING, &vec![b'x'; 100_000]);
            let large = entry(id, "cn", &[value]);
            loop {
                stream.write_all(&large)?;
            }
        }),
        ("more objects", |stream, id| {
            // Values of two bytes each: small on the line, large in memory.
            let many = vec![text(""); 40_000];
            let large = entry(id, "cn", &many);
            loop {
                stream.write_all(&large)?;
            }
        }),
        ("larger", |stream, _| {
            // One message that says it has two gigabytes, and goes on and on.
            stream.write_all(&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff])?;
            loop {
                stream.write_all(&[0; 4096])?;
            }
        }),
    ];
    for (why, behaviour) in endless {
        let server = serve(GOOD, behaviour);
        let error = search(&server, Limits::USUAL).unwrap_err();
        assert!(error.why.contains(why), "{error}");
        server.thread.join().unwrap();
    }
    if std::env::var_os(ALONE).is_some() {
        #[cfg(target_os = "linux")]
        assert!(peak() < 64 << 20, "{} bytes", peak());
    }
}

/// Says that no other test runs in the process, whose memory is then that of one test.
const ALONE: &str = "GANGWAY_TEST_ALONE";

/// `cargo test` runs many tests in one process, and the peak is the process's.
#[test]
fn an_answer_without_end_takes_little_memory() {
    let module = module_path!().split_once("::").map_or("", |(_, rest)| rest);
    let name = format!("{module}::an_answer_without_end_ends");
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    alone.args(["--exact", &name]).env(ALONE, "1");
    let output = alone.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
fn an_answer_that_only_trickles_ends() {
    let trickles: [Behaviour; 2] = [
        |stream, id| {
            loop {
                stream.write_all(&entry(id, "cn", &[]))?;
                stream.flush()?;
                std::thread::sleep(Duration::from_millis(50));
            }
        },
        |stream, _| {
            let silence = Duration::from_secs(30);
            std::thread::sleep(silence);
            stream.write_all(&[])
        },
    ];
    let limits = Limits {
        time: Duration::from_secs(1),
        ..Limits::USUAL
    };
    for behaviour in trickles {
        let server = serve(GOOD, behaviour);
        let start = Instant::now();
        let error = search(&server, limits).unwrap_err();
        assert!(error.why.contains("in time"), "{error}");
        // Half of the silence, however busy the machine is; nobody waits for its end.
        assert!(start.elapsed() < Duration::from_secs(15), "{error}");
    }
}

/// Each answer is within the limits of one, and there is always another: over two connections, as a
/// publication has them.
#[test]
fn a_whole_publication_is_bounded_however_small_each_answer_is() {
    let dawdles: Behaviour = |stream, id| {
        std::thread::sleep(Duration::from_millis(200));
        stream.write_all(&outcome(id, operation::SEARCH_DONE, 0, ""))
    };
    let large: Behaviour = |stream, id| {
        let value = element(tag::OCTET_STRING, &vec![b'x'; 100_000]);
        stream.write_all(&entry(id, "cn", &[value]))?;
        stream.write_all(&outcome(id, operation::SEARCH_DONE, 0, ""))
    };
    let many: Behaviour = |stream, id| {
        for _ in 0..30 {
            stream.write_all(&entry(id, "cn", &[]))?;
        }
        stream.write_all(&outcome(id, operation::SEARCH_DONE, 0, ""))
    };
    let values: Behaviour = |stream, id| {
        stream.write_all(&entry(id, "cn", &vec![text(""); 300]))?;
        stream.write_all(&outcome(id, operation::SEARCH_DONE, 0, ""))
    };
    let whole = Limits {
        time: Duration::from_secs(5),
        bytes: 1_000_000,
        entries: 100,
        values: 1_000,
    };
    for (behaviour, why) in [
        (dawdles, "in time"),
        (large, "larger"),
        (many, "more objects"),
        (values, "more objects"),
    ] {
        let budget = Budget::of(whole);
        let start = Instant::now();
        let mut asked = 0;
        let error = 'publication: loop {
            let server = serve(GOOD, behaviour);
            let connected = connect_within(&server, Limits::USUAL, &budget);
            let mut directory = match connected {
                Ok(directory) => directory,
                Err(error) => break 'publication error,
            };
            for _ in 0..3 {
                let found = directory.search("DC=x", Depth::Tree, Filter::All, &["cn"]);
                if let Err(error) = found {
                    break 'publication error;
                }
                asked += 1;
            }
        };
        assert!(error.why.contains(why), "{error}");
        assert!((3..100).contains(&asked), "{asked} answers, then {error}");
        assert!(start.elapsed() < Duration::from_secs(30), "{error}");
    }
    assert_eq!(Budget::default().next(Limits::WHOLE).time.as_secs(), 60);
}

#[test]
fn what_is_no_answer_is_an_error_and_no_panic() {
    let table: [(&str, Behaviour); 6] = [
        ("as it should", |stream, _| {
            stream.write_all(b"HTTP/1.1 400\r\n\r\n")
        }),
        ("as it should", |stream, _| stream.write_all(&[0x30, 0x00])),
        ("as it should", |stream, id| {
            stream.write_all(&outcome(id + 1, operation::SEARCH_DONE, 0, ""))
        }),
        ("as it should", |stream, id| {
            stream.write_all(&outcome(id, operation::BIND_DONE, 0, ""))
        }),
        ("shutting\\u{a}down", |stream, _| {
            stream.write_all(&outcome(0, operation::EXTENDED_DONE, 52, "shutting\ndown"))
        }),
        ("closed the connection", |_, _| {
            Err(io::Error::other("goes away"))
        }),
    ];
    for (why, behaviour) in table {
        let server = serve(GOOD, behaviour);
        let error = search(&server, Limits::USUAL).unwrap_err();
        assert!(error.why.contains(why), "{error}");
        server.thread.join().unwrap();
    }
}

#[test]
fn nesting_without_end_costs_nothing() {
    // Read level by level as far as it is asked for, never by recursion.
    let deep = (0..10_000).fold(Vec::new(), |inner, _| element(tag::SEQUENCE, &inner));
    let parts = group(operation::SEARCH_ENTRY, &[text("CN=x"), deep]);
    let whole = message(2, parts);
    let answer = ber::Reader::new(&whole).expect(tag::SEQUENCE).unwrap();
    let answer = Answer::read(answer).unwrap();
    assert!(answer.entry(&["cn"], &mut 10).is_err());
}

/// A good message of every kind.
fn answers() -> Vec<Vec<u8>> {
    vec![
        outcome(2, operation::BIND_DONE, 49, "data 52e"),
        outcome(0, operation::EXTENDED_DONE, 0, ""),
        entry(2, "cn", &[text("a"), text("b")]),
        entry(3, "other", &[]),
        message(
            4,
            group(
                operation::BIND_DONE,
                &[
                    number(tag::ENUMERATED, 14),
                    text(""),
                    text(""),
                    element(0x87, b"token"),
                ],
            ),
        ),
    ]
}

proptest::proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(
        which in 0..5_usize,
        at in proptest::prelude::any::<proptest::sample::Index>(),
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..12),
    ) {
        let mut message = answers().swap_remove(which);
        let at = at.index(message.len());
        let end = message.len().min(at + bytes.len());
        message.splice(at..end, bytes);
        for start in [0, 2, at] {
            if let Ok(answer) = Answer::read(message.get(start..).unwrap_or_default()) {
                let _ = answer.outcome();
                let mut values = 3;
                let _ = answer.entry(&["cn"], &mut values);
                assert!(values <= 3);
            }
        }
    }
}

#[test]
fn a_refused_account_is_tried_once() {
    for (said, why) in [
        (
            "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 52e, v3839\0",
            "password are wrong",
        ),
        (
            "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 775, v3839\0",
            "locked",
        ),
    ] {
        let server = serve((49, said), |_, _| Ok(()));
        let error = connect(&server, Limits::USUAL).unwrap_err();
        assert_eq!(error.failure, Failure::NotSignedIn);
        let shown = error.to_string();
        assert!(shown.contains(why), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
        server.thread.join().unwrap();
        assert_eq!(server.binds.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn a_server_without_the_name_in_its_certificate_gets_no_password() {
    let server = serve(GOOD, |_, _| Ok(()));
    let mut roots = RootCertStore::empty();
    roots.add(Lab::Root.certificate_der().into()).unwrap();
    let open = Open::connect(&"127.0.0.1".parse().unwrap(), server.port, CONNECT).unwrap();
    let other = "dc1.contoso.com".parse().unwrap();
    assert!(open.encrypt(&other, roots).is_err());
    server.thread.join().unwrap();
    assert_eq!(server.binds.load(Ordering::Relaxed), 0);
}
