//! The directory over LDAP, always encrypted, the server's certificate always checked.
//!
//! Own code, because what a server sends has to be bounded in time, size and number before it
//! is kept: the publisher talks to whoever has a certificate of the right name.

mod ber;
mod budget;
mod connection;
mod end_point;
mod message;
mod refusal;
mod sasl;
#[cfg(test)]
mod tests;
mod ticket;
#[cfg(windows)]
mod windows;

use std::io;
use std::time::Instant;

use super::filter::Filter;
use super::{AttributeChange, Depth, Directory, DirectoryError, Entry, Failure};
use crate::publication::credentials::Credentials;
use crate::publication::host::HostName;
pub use budget::Budget;
use budget::{Limits, NOTHING};
use connection::{CONNECT, Connection, Open, malformed};
use message::{Answer, Question, operation};
use refusal::{Outcome, check, shown};
pub use sasl::{ContextStep, SignedIn, Tickets};
#[cfg(windows)]
pub(crate) use windows::WindowsTickets;

/// Is this one whole message of a server that could be read? For those who test the reader alone.
pub fn is_answer(bytes: &[u8]) -> bool {
    let mut reader = ber::Reader::new(bytes);
    let Ok(answer) = reader.expect(ber::tag::SEQUENCE).and_then(Answer::read) else {
        return false;
    };
    let mut values = MAX_TESTED_VALUES;
    answer.outcome().is_ok() || answer.entry(&["cn"], &mut values).is_ok()
}

/// Values that [`is_answer`] reads of one entry.
const MAX_TESTED_VALUES: usize = 1000;

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// LDAPS, port 636.
    Tls,
    /// StartTLS on port 389.
    StartTls,
}

impl Encryption {
    /// LDAPS, unless StartTLS is asked for.
    pub const fn or_start_tls(start_tls: bool) -> Self {
        match start_tls {
            true => Self::StartTls,
            false => Self::Tls,
        }
    }
}

/// How an account proves who it is.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    /// Sent as it is, under TLS (RFC 4513 5.1.3).
    Password(&'a Credentials),
    /// Of Kerberos, for whoever is signed in at this machine.
    Ticket(&'a dyn Tickets),
}

/// A bound connection.
#[derive(Debug)]
pub struct LdapDirectory {
    connection: Connection,
    /// Of one answer.
    limits: Limits,
    /// Left for the whole publication.
    budget: Budget,
    /// Number of the last question.
    last: u32,
}

impl LdapDirectory {
    /// Connects and binds, once; never without encryption.
    ///
    /// Roots of trust are the system's; the variable `SSL_CERT_FILE` names others. Whatever the
    /// server does, it gets no more than `budget`, which connections of one publication share.
    ///
    /// # Errors
    /// No connection, a certificate that is not trusted, or a refused account.
    pub fn connect(
        host: &HostName,
        encryption: Encryption,
        proof: Proof<'_>,
        budget: &Budget,
    ) -> Result<Self, DirectoryError> {
        let (url, port) = match encryption {
            Encryption::Tls => (format!("ldaps://{host}"), 636),
            Encryption::StartTls => (format!("ldap://{host}"), 389),
        };
        let doing = format!("connect to `{url}`");
        let start = Instant::now();
        let time = CONNECT.min(budget.next(Limits::USUAL).time);
        let connected = connection::roots().and_then(|roots| {
            let mut open = Open::connect(host, port, time)?;
            if encryption == Encryption::StartTls {
                ask_for_tls(&mut open)?;
            }
            open.encrypt(host, roots)
        });
        budget.spend(Limits {
            time: start.elapsed(),
            ..NOTHING
        });
        let connection = connected.map_err(|error| DirectoryError {
            failure: Failure::NoConnection,
            ..failed(&doing, &error)
        })?;
        Self::bind(connection, Limits::USUAL, budget, &url, proof)
    }

    fn bind(
        connection: Connection,
        limits: Limits,
        budget: &Budget,
        url: &str,
        proof: Proof<'_>,
    ) -> Result<Self, DirectoryError> {
        let mut directory = Self {
            connection,
            limits,
            budget: budget.clone(),
            last: 0,
        };
        match proof {
            Proof::Password(credentials) => {
                let doing = format!("sign in to `{url}` as `{}`", credentials.user());
                let question = message::bind(credentials.user(), credentials.password());
                directory.change(&doing, &question)?;
            }
            Proof::Ticket(tickets) => directory.show_ticket(url, tickets)?,
        }
        Ok(directory)
    }

    /// Asks, hands every message before the last to `take`, and gives the outcome.
    fn ask(
        &mut self,
        question: &Question,
        take: &mut dyn FnMut(&Answer<'_>) -> io::Result<()>,
    ) -> io::Result<Outcome> {
        let Limits {
            time, mut bytes, ..
        } = self.budget.next(self.limits);
        let (start, most) = (Instant::now(), bytes);
        self.last += 1;
        let sent = self.connection.send(&question.to_bytes(self.last), time);
        let answered = sent.and_then(|()| self.answer(question, &mut bytes, take));
        self.budget.spend(Limits {
            time: start.elapsed(),
            bytes: most - bytes,
            ..NOTHING
        });
        answered
    }

    /// The answer to the last question; `bytes` is what it may still have.
    fn answer(
        &mut self,
        question: &Question,
        bytes: &mut usize,
        take: &mut dyn FnMut(&Answer<'_>) -> io::Result<()>,
    ) -> io::Result<Outcome> {
        loop {
            let message = self.connection.receive(bytes)?;
            let answer = Answer::read(&message).map_err(|_| malformed())?;
            match answer.operation {
                end if end == question.end && answer.id == self.last => {
                    return answer.outcome().map_err(|_| malformed());
                }
                // RFC 4511, section 4.4: a server that ends the connection says so unasked.
                operation::EXTENDED_DONE if answer.id == 0 => {
                    let text = answer.outcome().map(|outcome| outcome.text);
                    return Err(io::Error::new(
                        io::ErrorKind::ConnectionAborted,
                        format!(
                            "the server ends the connection: {}",
                            shown(&text.unwrap_or_default())
                        ),
                    ));
                }
                _ if answer.id == self.last => take(&answer)?,
                _ => return Err(malformed()),
            }
        }
    }

    /// An operation whose answer is its outcome.
    fn change(&mut self, doing: &str, question: &Question) -> Result<(), DirectoryError> {
        let outcome = self
            .ask(question, &mut |_| Err(malformed()))
            .map_err(|error| failed(doing, &error))?;
        check(doing, &outcome)
    }
}

/// Asks a server on an open connection to encrypt it.
fn ask_for_tls(open: &mut Open) -> io::Result<()> {
    let question = message::start_tls();
    open.send(&question.to_bytes(1))?;
    let mut bytes = Limits::USUAL.bytes;
    let message = open.receive(&mut bytes)?;
    let answer = Answer::read(&message).map_err(|_| malformed())?;
    if answer.id != 1 || answer.operation != question.end {
        return Err(malformed());
    }
    let outcome = answer.outcome().map_err(|_| malformed())?;
    check("encrypt the connection", &outcome).map_err(io::Error::other)
}

fn failed(doing: &str, error: &io::Error) -> DirectoryError {
    let why = match error.kind() {
        io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
        _ => shown(&error.to_string()),
    };
    DirectoryError {
        doing: doing.to_owned(),
        failure: Failure::Other,
        why,
    }
}

impl Directory for LdapDirectory {
    fn search(
        &mut self,
        base: &str,
        depth: Depth,
        filter: Filter<'_>,
        attributes: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError> {
        let doing = format!("search `{base}`");
        let Limits {
            entries,
            mut values,
            ..
        } = self.budget.next(self.limits);
        let most = values;
        let too_many = || {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the answer has more objects than any that was asked for",
            )
        };
        let mut found = Vec::new();
        let outcome = self.ask(
            &message::search(base, depth, filter, attributes),
            &mut |answer| match answer.operation {
                operation::SEARCH_ENTRY if found.len() < entries => {
                    let entry = answer.entry(attributes, &mut values);
                    found.push(entry.map_err(|_| malformed())?.ok_or_else(too_many)?);
                    Ok(())
                }
                operation::SEARCH_ENTRY => Err(too_many()),
                // Other servers' parts of the tree are not followed.
                operation::SEARCH_REFERENCE => Ok(()),
                _ => Err(malformed()),
            },
        );
        self.budget.spend(Limits {
            entries: found.len(),
            values: most - values,
            ..NOTHING
        });
        let outcome = outcome.map_err(|error| failed(&doing, &error))?;
        match check(&doing, &outcome) {
            Ok(()) => Ok(found),
            Err(error) if error.failure == Failure::NoSuchObject => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn add(&mut self, dn: &str, attributes: &[(String, String)]) -> Result<(), DirectoryError> {
        self.change(&format!("add `{dn}`"), &message::add(dn, attributes))
    }

    fn modify(&mut self, dn: &str, changes: &[AttributeChange]) -> Result<(), DirectoryError> {
        self.change(&format!("change `{dn}`"), &message::modify(dn, changes))
    }

    fn set_permissions(&mut self, dn: &str, descriptor: &[u8]) -> Result<(), DirectoryError> {
        let doing = format!("change the permissions of `{dn}`");
        self.change(&doing, &message::set_permissions(dn, descriptor))
    }

    fn delete_tree(&mut self, dn: &str) -> Result<(), DirectoryError> {
        self.change(&format!("delete `{dn}`"), &message::delete_tree(dn))
    }
}
