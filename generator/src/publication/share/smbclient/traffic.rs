//! What goes to a program and comes back from it, all streams at once, within bounds.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::Scope;
use std::time::{Duration, Instant};

use gangway_contract::Sha256;

use crate::interrupted::Running;
use crate::plain_file;

/// How much of what the programs say is read, in bytes.
const MAX_WORDS: u64 = 64 << 10;

/// What goes to a program, and what may come back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traffic<'a> {
    /// For its standard input.
    pub(super) send: Option<&'a [u8]>,
    /// What becomes its standard input instead.
    pub(super) from: Option<&'a File>,
    /// Most that it may write to standard output, in bytes.
    pub(super) most: u64,
    /// What standard output is.
    pub(super) receives: Receives,
}

/// What a program's standard output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receives {
    /// What it says to people.
    Words,
    /// Content, to be held.
    Content,
    /// Content too large to be held.
    Digest,
}

/// Content that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Received {
    /// Itself.
    Bytes(Vec<u8>),
    /// How much it was, and its digest.
    Digest(u64, Sha256),
}

impl Received {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Digest(size, _) => *size,
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Digest(..) => Vec::new(),
        }
    }
}

impl Traffic<'_> {
    /// Nothing but words comes back.
    pub(super) const NONE: Self = Self {
        send: None,
        from: None,
        most: MAX_WORDS,
        receives: Receives::Words,
    };

    /// So many bytes of content may come back.
    pub(super) const fn receive(most: u64) -> Self {
        Self {
            most,
            receives: Receives::Content,
            ..Self::NONE
        }
    }

    /// So many bytes of content may come back, of which the digest is wanted. One byte more is a
    /// digest of too much, and no error.
    pub(super) const fn digest(most: u64) -> Self {
        Self {
            most,
            receives: Receives::Digest,
            ..Self::NONE
        }
    }
}

/// Feeds a child and reads both its streams at once: one that is full would stop it. A child that
/// has not ended its streams after `time` is ended.
pub(super) fn exchange(
    child: &Running,
    traffic: Traffic<'_>,
    time: Duration,
) -> io::Result<(Received, String)> {
    let until = Instant::now() + time;
    let (input, output, errors) = child.streams();
    let too_much = |content: &io::Result<Received>| {
        let content = content.as_ref();
        content.is_ok_and(|content| content.len() > traffic.most)
    };
    let (content, words, late) = std::thread::scope(|scope| {
        let words = reader(scope, errors, MAX_WORDS, Receives::Words);
        let content = reader(scope, output, traffic.most + 1, traffic.receives);
        if let (Some(mut input), Some(bytes)) = (input, traffic.send) {
            // A child that does not take it says why.
            scope.spawn(move || input.write_all(bytes));
        }
        let (content, mut late) = all_of(&content, until, child);
        if too_much(&content) {
            // It would write for ever.
            child.kill();
        }
        let (words, is_late) = all_of(&words, until, child);
        late |= is_late;
        (content, words, late)
    });
    if late {
        let _ = child.wait();
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("it did not come to an end in {} s", time.as_secs()),
        ));
    }
    if too_much(&content) && traffic.receives != Receives::Digest {
        let _ = child.wait();
        return Err(io::Error::other(format!(
            "it has more than {} bytes, which no policy has",
            traffic.most
        )));
    }
    let words = words?.into_bytes();
    Ok((content?, String::from_utf8_lossy(&words).into_owned()))
}

/// Reads a stream on a thread of its own.
fn reader<'scope>(
    scope: &'scope Scope<'scope, '_>,
    stream: Option<impl Read + Send + 'scope>,
    most: u64,
    how: Receives,
) -> Receiver<io::Result<Received>> {
    let (sender, receiver) = mpsc::channel();
    scope.spawn(move || {
        let nothing = Ok(Received::Bytes(Vec::new()));
        let received = stream.map_or(nothing, |stream| head(stream, most, how));
        let _ = sender.send(received);
    });
    receiver
}

/// What a reader gives, and whether the child had to be ended for it.
fn all_of(
    reader: &Receiver<io::Result<Received>>,
    until: Instant,
    child: &Running,
) -> (io::Result<Received>, bool) {
    let ended = || Err(io::Error::other("a thread ended"));
    let left = until.saturating_duration_since(Instant::now());
    match reader.recv_timeout(left) {
        Ok(bytes) => (bytes, false),
        Err(RecvTimeoutError::Disconnected) => (ended(), false),
        Err(RecvTimeoutError::Timeout) => {
            child.kill();
            (reader.recv().unwrap_or_else(|_| ended()), true)
        }
    }
}

/// The first bytes of a stream, or their digest.
fn head(stream: impl Read, most: u64, how: Receives) -> io::Result<Received> {
    if how == Receives::Digest {
        // It reads one byte behind its limit.
        let (size, sha256) = plain_file::digest_of(stream, most.saturating_sub(1))?;
        return Ok(Received::Digest(size, sha256));
    }
    let mut bytes = Vec::new();
    stream.take(most).read_to_end(&mut bytes)?;
    Ok(Received::Bytes(bytes))
}
