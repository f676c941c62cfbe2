//! What goes to a program and comes back from it, all streams at once, within bounds.

use std::io::{self, Read, Write as _};
use std::process::Child;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::Scope;
use std::time::{Duration, Instant};

/// How much of what the programs say is read, in bytes.
const MAX_WORDS: u64 = 64 << 10;

/// What goes to a program, and what may come back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traffic<'a> {
    /// For its standard input.
    pub(super) send: Option<&'a [u8]>,
    /// Most that it may write to standard output, in bytes.
    pub(super) most: u64,
    /// Is that content, and not words?
    pub(super) receives: bool,
}

impl Traffic<'_> {
    /// Nothing but words comes back.
    pub(super) const NONE: Self = Self {
        send: None,
        most: MAX_WORDS,
        receives: false,
    };

    /// So many bytes of content may come back.
    pub(super) const fn receive(most: u64) -> Self {
        Self {
            send: None,
            most,
            receives: true,
        }
    }
}

/// Feeds a child and reads both its streams at once: one that is full would stop it. A child that
/// has not ended its streams after `time` is ended.
pub(super) fn exchange(
    child: &mut Child,
    traffic: Traffic<'_>,
    time: Duration,
) -> io::Result<(Vec<u8>, String)> {
    let until = Instant::now() + time;
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let too_much = |content: &io::Result<Vec<u8>>| {
        let content = content.as_ref();
        content.is_ok_and(|content| content.len() as u64 > traffic.most)
    };
    let (content, words, late) = std::thread::scope(|scope| {
        let words = reader(scope, errors, MAX_WORDS);
        let content = reader(scope, output, traffic.most + 1);
        if let (Some(mut input), Some(bytes)) = (input, traffic.send) {
            // A child that does not take it says why.
            scope.spawn(move || input.write_all(bytes));
        }
        let (content, mut late) = all_of(&content, until, child);
        if too_much(&content) {
            // It would write for ever.
            let _ = child.kill();
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
    if too_much(&content) {
        let _ = child.wait();
        return Err(io::Error::other(format!(
            "it has more than {} bytes, which no policy has",
            traffic.most
        )));
    }
    Ok((content?, String::from_utf8_lossy(&words?).into_owned()))
}

/// Reads a stream on a thread of its own.
fn reader<'scope>(
    scope: &'scope Scope<'scope, '_>,
    stream: Option<impl Read + Send + 'scope>,
    most: u64,
) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    scope.spawn(move || {
        let bytes = stream.map_or(Ok(Vec::new()), |stream| head(stream, most));
        let _ = sender.send(bytes);
    });
    receiver
}

/// What a reader gives, and whether the child had to be ended for it.
fn all_of(
    reader: &Receiver<io::Result<Vec<u8>>>,
    until: Instant,
    child: &mut Child,
) -> (io::Result<Vec<u8>>, bool) {
    let ended = || Err(io::Error::other("a thread ended"));
    let left = until.saturating_duration_since(Instant::now());
    match reader.recv_timeout(left) {
        Ok(bytes) => (bytes, false),
        Err(RecvTimeoutError::Disconnected) => (ended(), false),
        Err(RecvTimeoutError::Timeout) => {
            let _ = child.kill();
            (reader.recv().unwrap_or_else(|_| ended()), true)
        }
    }
}

/// The first bytes of a stream.
fn head(stream: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
