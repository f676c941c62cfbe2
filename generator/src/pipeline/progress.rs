//! Long work tells how far it is; who listens decides whether and how to show it.

/// Receives progress. The default of every method is silence.
pub trait Progress: Sync {
    /// A phase begins; `total` is in bytes and 0 when unknown.
    fn begin(&self, _phase: &str, _total: u64) {}
    /// So many more bytes are done.
    fn advance(&self, _bytes: u64) {}
    /// The phase is over.
    fn end(&self) {}
}

/// Shows nothing: pipes, tests, `--quiet`.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {}
