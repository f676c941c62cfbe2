//! Signs in at a directory by a Kerberos ticket, as `gangway.exe` does on Windows, with
//! Samba's own client in the place of Windows' SSPI. The suite `samba` starts it.
//!
//! Ends with 0 when the directory was asked something that it tells those alone who are signed in.

use std::cell::RefCell;
use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use gangway::publication::{
    Budget, ContextStep, Depth, Directory as _, Encryption, Filter, LdapDirectory, Proof, SignedIn,
    Tickets,
};

const USAGE: &str = "usage: ticket HOST ldaps|starttls ACCOUNT PASSWORD DOMAIN REALM BASE";
const PEER: &str = include_str!("ticket.py");

#[expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "the one place where anything is shown"
)]
fn main() -> ExitCode {
    match run() {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, encryption, account, password, domain, realm, base] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let tickets = SambaTickets {
        account: [account, password, domain, realm].map(String::clone),
        asked: RefCell::default(),
    };
    let encryption = match encryption.as_str() {
        "starttls" => Encryption::StartTls,
        _ => Encryption::Tls,
    };
    let proof = Proof::Ticket(&tickets);
    let connected = LdapDirectory::connect(&host.parse()?, encryption, proof, &Budget::default());
    let mut directory = match connected {
        Ok(directory) => directory,
        Err(error) => {
            let hint = error.failure.hint().unwrap_or_default();
            return Err(format!("{error}\nhint: {hint}").into());
        }
    };
    let found = directory.search(base, Depth::Object, Filter::All, &["objectSid"])?;
    let found = found.first().ok_or("the directory shows nothing")?;
    found.bytes("objectSid").ok_or("it has no SID")?;
    let asked = tickets.asked.borrow();
    let asked = asked.first().ok_or("no ticket was asked for")?;
    Ok(format!("signed in by a ticket for {asked}"))
}

/// Tickets of an account: its name, its password, and its domain by both names.
struct SambaTickets {
    account: [String; 4],
    asked: RefCell<Vec<String>>,
}

impl Tickets for SambaTickets {
    fn begin(&self, service: &str, binding: Option<Vec<u8>>) -> Result<Box<dyn SignedIn>, String> {
        // Samba's client of Debian 12 takes no bindings.
        if binding.is_none() {
            return Err("the connection has no binding".to_owned());
        }
        self.asked.borrow_mut().push(service.to_owned());
        let host = service.strip_prefix("ldap/").unwrap_or(service);
        let context = Context::start(&self.account, host);
        Ok(Box::new(context.map_err(|error| error.to_string())?))
    }
}

/// A security context in a process of its own.
struct Context {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Context {
    fn start(account: &[String; 4], host: &str) -> io::Result<Self> {
        let mut child = Command::new("/usr/bin/python3")
            .args(["-c", PEER])
            .args(account)
            .arg(host)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        Ok(Self {
            to: to.ok_or(io::ErrorKind::BrokenPipe)?,
            from: BufReader::new(from.ok_or(io::ErrorKind::BrokenPipe)?),
            child,
        })
    }

    fn ask(&mut self, what: &str, token: &[u8]) -> Result<(String, Vec<u8>), String> {
        let digits: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut line = String::new();
        writeln!(self.to, "{what} {digits}")
            .and_then(|()| self.from.read_line(&mut line))
            .map_err(|error| error.to_string())?;
        let (said, rest) = line
            .trim_end()
            .split_once(' ')
            .unwrap_or((line.trim_end(), ""));
        if !matches!(said, "done" | "more" | "ok") {
            return Err(format!("Samba's client: {}", line.trim_end()));
        }
        Ok((said.to_owned(), bytes(rest)?))
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn bytes(digits: &str) -> Result<Vec<u8>, String> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let pair = std::str::from_utf8(pair).map_err(|error| error.to_string())?;
            u8::from_str_radix(pair, 16).map_err(|error| error.to_string())
        })
        .collect()
}

impl SignedIn for Context {
    fn step(&mut self, token: &[u8]) -> Result<ContextStep, String> {
        let (said, token) = self.ask("step", token)?;
        Ok(ContextStep {
            token,
            is_done: said == "done",
        })
    }

    fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        Ok(self.ask("unwrap", message)?.1)
    }

    fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, String> {
        Ok(self.ask("wrap", message)?.1)
    }
}
