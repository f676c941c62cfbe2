//! Messages to and from a server, under TLS, within bounds of time and size whatever it sends.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::ber;
use crate::plain_file;
use crate::publication::host::HostName;

/// Longest wait until a connection is there and encrypted.
pub(super) const CONNECT: Duration = Duration::from_secs(15);

/// A socket that gives up at a moment, and not only when nothing comes.
#[derive(Debug)]
struct Timed {
    socket: TcpStream,
    until: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Option<Duration>> {
        match self.until.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(too_late()),
        }
    }
}

fn too_late() -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        "the server did not come to an end in time",
    )
}

/// Both kinds mean that the time of a read or write is over; which one depends on the system.
fn named(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => too_late(),
        _ => error,
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer).map_err(named)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(bytes).map_err(named)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

/// A connection without encryption: for the question whether there may be one.
#[derive(Debug)]
pub(super) struct Open(Timed);

/// An encrypted connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: StreamOwned<ClientConnection, Timed>,
}

impl Open {
    /// Connects to the first address of the host that answers; `time` is for connection and
    /// encryption together.
    pub(super) fn connect(host: &HostName, port: u16, time: Duration) -> io::Result<Self> {
        let until = Instant::now() + time;
        let mut failed = io::Error::other("the name has no address");
        for address in (host.as_str(), port).to_socket_addrs()? {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match TcpStream::connect_timeout(&address, left) {
                Ok(socket) => return Ok(Self(Timed { socket, until })),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    pub(super) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.0.write_all(message)
    }

    /// Reads exactly one message: what follows it belongs to the encrypted part.
    pub(super) fn receive(&mut self, bytes: &mut usize) -> io::Result<Vec<u8>> {
        read_message(&mut self.0, bytes)
    }

    /// Encrypts the connection, if the server proves that it is `host`.
    pub(super) fn encrypt(self, host: &HostName, roots: RootCertStore) -> io::Result<Connection> {
        let name = ServerName::try_from(host.as_str().to_owned()).map_err(io::Error::other)?;
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(tls, self.0);
        // Here and now, so that a refused certificate is no failure of the first question.
        stream.conn.complete_io(&mut stream.sock).map_err(named)?;
        Ok(Connection { stream })
    }
}

impl Connection {
    /// The server's own certificate, which was checked.
    pub(super) fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.stream.conn.peer_certificates()?.first()
    }

    /// Does the certificate name this host, too?
    pub(super) fn proves(&self, host: &HostName) -> bool {
        let Some(certificate) = self.certificate() else {
            return false;
        };
        let parsed = ParsedCertificate::try_from(certificate);
        let name = ServerName::try_from(host.as_str());
        matches!((parsed, name), (Ok(parsed), Ok(name)) if verify_server_name(&parsed, &name).is_ok())
    }

    /// Begins a question, which has so much time for everything.
    pub(super) fn send(&mut self, message: &[u8], time: Duration) -> io::Result<()> {
        self.stream.sock.until = Instant::now() + time;
        self.stream.write_all(message)?;
        self.stream.flush()
    }

    /// The next message of its answer; `bytes` is what the answer may still have.
    pub(super) fn receive(&mut self, bytes: &mut usize) -> io::Result<Vec<u8>> {
        read_message(&mut self.stream, bytes)
    }
}

fn read_message(source: &mut impl Read, bytes: &mut usize) -> io::Result<Vec<u8>> {
    let mut head = [0; 2];
    source.read_exact(&mut head)?;
    let [tag, first] = head;
    if tag != ber::tag::SEQUENCE {
        return Err(malformed());
    }
    let mut digits = vec![0; ber::digits(first).map_err(|_| malformed())?];
    source.read_exact(&mut digits)?;
    let length = ber::length(first, &digits);
    *bytes = bytes.checked_sub(length).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the answer is larger than any that was asked for",
        )
    })?;
    let mut message = vec![0; length];
    source.read_exact(&mut message)?;
    Ok(message)
}

pub(super) fn malformed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the server does not speak LDAP as it should",
    )
}

/// Roots of trust: the system's, or those of the file that `SSL_CERT_FILE` names.
pub(super) fn roots() -> io::Result<RootCertStore> {
    if let Some(file) = std::env::var_os("SSL_CERT_FILE") {
        plain_file::open(file.as_ref()).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("the file that `SSL_CERT_FILE` names: {error}"),
            )
        })?;
    }
    let found = rustls_native_certs::load_native_certs();
    if let (Some(error), true) = (found.errors.first(), found.certs.is_empty()) {
        return Err(io::Error::other(error.to_string()));
    }
    let mut roots = RootCertStore::empty();
    // One that is not understood is no reason to trust none.
    let _ = roots.add_parsable_certificates(found.certs);
    Ok(roots)
}
