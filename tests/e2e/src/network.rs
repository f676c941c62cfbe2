//! The network of a test: a proxy on this machine behind which every host of the service
//! lives, and what servers have to be told to use it.
//!
//! Servers go by it because a policy or the machine's settings name it, as they would name a
//! proxy of a company; no program under test knows of it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result};
use gangway_fixtures::Lab;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha1::Digest as _;

use crate::server::ServerBuilder;
use crate::wine::Value;

const DATA_COLLECTION: &str = r"Software\Policies\Microsoft\Windows\DataCollection";
const CONNECTIONS: &str =
    r"Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections";

/// No peer of a test is slower.
const LIMIT: Duration = Duration::from_secs(30);

/// What becomes of a connection to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A server with this certificate and its issuers' gives this status to every request.
    Serve(Lab, u16),
    /// The proxy answers with this status, whatever is asked.
    Refuse(u16),
    /// The proxy lets the connection through to a server that ends it at once.
    Break,
    /// The proxy takes the connection and never answers.
    Silence,
}

/// The proxy. It ends with the value.
#[derive(Debug)]
pub struct LabProxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What the proxy does, by host; `*` for all others.
type Acts = BTreeMap<String, Act>;

impl LabProxy {
    /// A proxy that does this for every host, and something else for some.
    ///
    /// # Errors
    /// There is no free port.
    pub fn new(others: Act, some: &[(&str, Act)]) -> Result<Self> {
        let mut acts: Acts = some
            .iter()
            .map(|(host, act)| ((*host).to_owned(), *act))
            .collect();
        acts.insert("*".to_owned(), others);
        let listener = TcpListener::bind("127.0.0.1:0").context("listen on this machine")?;
        let address = listener.local_addr().context("read the listening port")?;
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let stop: Arc<AtomicBool> = Arc::default();
        let (asked_here, stop_here) = (Arc::clone(&asked), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stop_here.load(Ordering::Relaxed) {
                    return;
                }
                let (acts, asked, stop) = (
                    acts.clone(),
                    Arc::clone(&asked_here),
                    Arc::clone(&stop_here),
                );
                // A peer that goes away in the middle is a peer's right.
                thread::spawn(move || {
                    stream.and_then(|stream| serve(stream, &acts, &asked, &stop))
                });
            }
        });
        Ok(Self {
            address,
            asked,
            stop,
            thread: Some(thread),
        })
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// First lines of all requests so far, sorted, each once.
    pub fn asked(&self) -> Vec<String> {
        let mut asked = self
            .asked
            .lock()
            .map(|list| list.clone())
            .unwrap_or_default();
        asked.sort();
        asked.dedup();
        asked
    }
}

impl Drop for LabProxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the listener, so that it sees the word.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A port of this machine on which nothing listens.
///
/// # Errors
/// There is no free port.
pub fn closed_port() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    let address = listener.local_addr().context("read the port")?;
    Ok(address.to_string())
}

fn serve(
    mut stream: TcpStream,
    acts: &Acts,
    asked: &Mutex<Vec<String>>,
    stop: &AtomicBool,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(LIMIT))?;
    let head = read_head(&mut stream)?;
    let line = head.lines().next().unwrap_or_default().to_owned();
    let mut words = line.split(' ');
    let (verb, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let target = target.trim_start_matches("http://");
    let host = target.split(['/', ':']).next().unwrap_or("");
    if let Ok(mut list) = asked.lock() {
        list.push(format!("{verb} {host}"));
    }
    let act = acts.get(host).or(acts.get("*")).copied();
    match (verb, act) {
        (_, Some(Act::Silence)) => {
            while !stop.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(50));
            }
            Ok(())
        }
        (_, Some(Act::Refuse(status))) => answer(&mut stream, status),
        ("CONNECT", Some(Act::Break)) => {
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        }
        ("CONNECT", Some(Act::Serve(identity, status))) => {
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            serve_tls(stream, identity, status)
        }
        (_, Some(Act::Serve(_, status))) => answer(&mut stream, status),
        _ => answer(&mut stream, 400),
    }
}

fn serve_tls(stream: TcpStream, identity: Lab, status: u16) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::new(tls(identity)?)).map_err(other)?;
    let mut stream = StreamOwned::new(connection, stream);
    read_head(&mut stream)?;
    answer(&mut stream, status)?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn tls(identity: Lab) -> std::io::Result<ServerConfig> {
    // As servers do: everything but the root.
    let chain = std::iter::once(identity)
        .chain(identity.issuers())
        .filter(|one| one.issuer() != *one)
        .map(|one| CertificateDer::from(one.certificate_der()))
        .collect();
    let key = PrivateKeyDer::Pkcs8(identity.key_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(other)
}

fn other(error: rustls::Error) -> std::io::Error {
    std::io::Error::other(error)
}

fn read_head(stream: &mut impl Read) -> std::io::Result<String> {
    /// No request of a test is longer.
    const LONGEST: usize = 16 * 1024;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn answer(stream: &mut impl Write, status: u16) -> std::io::Result<()> {
    let authenticate = match status {
        407 => "Proxy-Authenticate: Basic realm=\"proxy\"\r\n",
        _ => "",
    };
    let head = format!(
        "HTTP/1.1 {status} As ordered\r\n{authenticate}Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.flush()
}

impl ServerBuilder {
    /// Sets the sensor's static proxy by policy.
    #[must_use]
    pub fn with_sensor_proxy(self, proxy: &str) -> Self {
        self.with_registry(DATA_COLLECTION, "TelemetryProxyServer", proxy)
    }

    /// Sets the machine's WinHTTP proxy and the hosts that go past it, as `netsh winhttp set
    /// proxy` does.
    #[must_use]
    pub fn with_machine_proxy(self, proxy: &str, bypass: &str) -> Self {
        let mut value = vec![0x18, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0];
        for text in [proxy, bypass] {
            value.extend(u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
            value.extend(text.as_bytes());
        }
        self.with_registry(CONNECTIONS, "WinHttpSettings", Value::Other(3, value))
    }

    /// Puts a certificate among the machine's trusted roots.
    #[must_use]
    pub fn with_trusted_root(self, root: Lab) -> Self {
        /// `CERT_CERT_PROP_ID` (`wincrypt.h`): the certificate itself.
        const CERTIFICATE: u32 = 32;
        let der = root.certificate_der();
        let thumbprint: String = sha1::Sha1::digest(&der)
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let mut blob = Vec::new();
        for number in [CERTIFICATE, 1, u32::try_from(der.len()).unwrap_or(0)] {
            blob.extend(number.to_le_bytes());
        }
        blob.extend(&der);
        let key = format!(r"Software\Microsoft\SystemCertificates\Root\Certificates\{thumbprint}");
        self.with_registry(&key, "Blob", Value::Other(3, blob))
    }
}
